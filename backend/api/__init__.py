"""The documented HTTP API: thin edges over the services."""
