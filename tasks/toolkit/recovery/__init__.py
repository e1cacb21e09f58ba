"""Acts: revert, merge, package, push, alias, withdraw."""
