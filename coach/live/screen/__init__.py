"""What a terminal shows and takes while a session plays."""
