"""Puts the parts together: command line, web application, desktop window, sandbox networks."""
