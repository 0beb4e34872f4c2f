"""Players: where a session is heard. Each is imported only when it is picked."""
