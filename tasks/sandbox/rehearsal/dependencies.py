"""The charts in registries that the charts of a commit depend on."""

from __future__ import annotations

from typing import Any

import yaml

from ..github.repository import Repository

OCI = "oci://"


def declared_references(repository: Repository, commit: str) -> set[str]:
    """Return what the Chart.yaml files of a commit declare, such as ghcr.io/owner/library."""
    references = set[str]()
    for path in repository.git("ls-tree", "-r", "--name-only", commit).splitlines():
        if path.rpartition("/")[2] != "Chart.yaml":
            continue
        for dependency in _dependencies_in(repository.git("show", f"{commit}:{path}")):
            place = str(dependency.get("repository", ""))
            if place.startswith(OCI):
                references.add(f"{place.removeprefix(OCI).rstrip('/')}/{dependency.get('name')}")
    return references


def _dependencies_in(text: str) -> list[dict[str, Any]]:
    """Return the dependencies of a Chart.yaml; none if it is not well-formed."""
    try:
        parsed = yaml.safe_load(text)
    except yaml.YAMLError:
        return []
    found = parsed.get("dependencies") if isinstance(parsed, dict) else None
    listed = found if isinstance(found, list) else []
    return [dependency for dependency in listed if isinstance(dependency, dict)]
