"""Looks: triggers, suspects, readiness, releases, verification. It changes nothing."""
