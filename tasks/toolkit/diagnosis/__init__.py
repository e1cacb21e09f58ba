"""Checks that change nothing: triggers, suspects, readiness, releases, verification."""
