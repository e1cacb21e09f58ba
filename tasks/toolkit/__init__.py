"""How it is done: packages that stand on one another and know nothing of the sections."""
