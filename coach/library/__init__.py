"""Scripts: where they lie, and how text becomes models."""
