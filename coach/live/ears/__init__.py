"""Spoken commands: microphone, echo, recogniser."""
