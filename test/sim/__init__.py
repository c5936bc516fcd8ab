"""A simulated Pylontech battery stack on a pty; see README.md."""
