"""The coach as a web page: for phones at home, and as a folder of static files."""
