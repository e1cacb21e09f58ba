"""The cluster that helm takes by itself: the current context of the user's kubeconfig.

https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...core.errors import BadInput
from ...core.yaml_file import parse_yaml, read_yaml_text

CONTEXT = "HELM_KUBECONTEXT"


@dataclass(frozen=True)
class KubeContext:
    """A context by its name, and the URL of its cluster, if a kubeconfig has it.

    `has_proxy` tells whether the cluster is reached only through a proxy.
    """

    name: str
    server: str = ""
    has_proxy: bool = False

    def __str__(self) -> str:
        if not self.server:
            return f"context {self.name}"
        return f"context {self.name} ({self.server})"


def find_context(environ: Mapping[str, str]) -> KubeContext | None:
    """Return the context that helm takes in this environment; None if no kubeconfig names one."""
    configs = list(_read_configs(environ))
    name = environ.get(CONTEXT, "")
    for config in configs:
        name = name or str(config.get("current-context") or "")
    if not name:
        return None
    context = _find(configs, "contexts", "context", name)
    cluster = _find(configs, "clusters", "cluster", context.get("cluster"))
    server = cluster.get("server", "")
    return KubeContext(name, str(server), "proxy-url" in cluster)


def _read_configs(environ: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
    """Yield the kubeconfigs that can be read, in the order in which they count."""
    default = str(Path(environ.get("HOME", "~"), ".kube", "config").expanduser())
    listed = environ.get("KUBECONFIG") or default
    for file in filter(None, listed.split(os.pathsep)):
        with suppress(OSError, BadInput):
            text = read_yaml_text(Path(file))
            config = parse_yaml(text, file, "`kubectl config view`")
            if isinstance(config, dict):
                yield config


def _find(
    configs: list[Mapping[str, Any]],
    plural: str,
    singular: str,
    name: object,
) -> Mapping[str, Any]:
    """Return the first entry of a name in a list of the kubeconfigs, or an empty one."""
    for config in configs:
        entries = config.get(plural)
        if not isinstance(entries, list):
            continue
        for entry in entries:
            if isinstance(entry, dict) and entry.get("name") == name:
                found = entry.get(singular)
                return found if isinstance(found, dict) else {}
    return {}
