"""Sound: clips, signals, tone, background, and the mixer that turns a timeline into samples."""
