"""The helm program, and charts."""
