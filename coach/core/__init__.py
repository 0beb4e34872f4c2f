"""The pure core: scripts, breath, the engine and the timeline.

Nothing here opens a file, reads a clock, starts a thread or a process, or knows a voice: given the same input it
returns the same output. The edges (``coach.*``) import the core, never the other way round.
"""
