"""One package for each program or service; nothing else speaks to it."""
