"""Pictures and tables of a timeline."""
