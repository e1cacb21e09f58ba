"""helm, and charts."""
