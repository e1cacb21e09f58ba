"""What to type where a version is already published with other content."""

from __future__ import annotations

from ..core.invocation import typed_with_option

# The tasks that take a new --version, and those that may overwrite one.
VERSIONED = ("recover", "publish", "publish.all", "publish.package")
OVERWRITING = ("publish", "publish.all", "publish.push", "publish.alias")


def publish_otherwise(version: str, free: str) -> str:
    """Return the command that publishes a `free` version, and the one that overwrites `version`."""
    other = typed_with_option("--version", VERSIONED, free, default="publish.all")
    overwriting = typed_with_option("--overwrite", OVERWRITING, version, default="publish.push")
    return f"publish under the next free version: {other}; only {overwriting} replaces it"
