"""Stretch Coach: scripts become a timeline, the timeline becomes sound.

Importing this package loads no audio library; see ``coach.recipe`` for the way from a routine to a file.
"""

__version__ = "0.1.0"
__all__ = ["__version__"]
