"""One module per page: load, draw, wire."""
