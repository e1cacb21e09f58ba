"""The registry, through its own API."""
