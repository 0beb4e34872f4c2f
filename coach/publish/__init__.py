"""Files: what a compiled routine becomes, and what goes beside it."""
