"""How the tables came to be. ``python -m backend.migrations "why"`` writes the next revision from the models."""
