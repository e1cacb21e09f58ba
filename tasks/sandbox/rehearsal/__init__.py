"""Rehearse a release: run a repository's own workflow here, against a registry of ours."""
