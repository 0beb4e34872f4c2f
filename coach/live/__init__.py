"""The live session: what is rendered, played, and led by keys or by voice."""
