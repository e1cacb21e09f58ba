"""Scripts that the local stand-ins of actions run, each by itself and with Python alone."""
