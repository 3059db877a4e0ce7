"""Elements of our own, each with its JavaScript beside it."""
