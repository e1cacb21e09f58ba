"""Plain helpers that know nothing of rollbacks: errors, settings, versions, files."""
