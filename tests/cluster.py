"""A cluster's API as far as helm asks it: discovery, and objects kept as they are sent; no controller acts on them.

https://kubernetes.io/docs/reference/using-api/api-concepts/
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import yaml

from tasks.sandbox.server import Reply, Request, Server

# What a chart may hold here, by its path: kind, and whether it lives in a namespace.
KINDS = {
    "api/v1/secrets": ("Secret", True),
    "api/v1/services": ("Service", True),
    "api/v1/serviceaccounts": ("ServiceAccount", True),
    "apis/apps/v1/deployments": ("Deployment", True),
    "apis/networking.k8s.io/v1/ingresses": ("Ingress", True),
    "apis/rbac.authorization.k8s.io/v1/clusterroles": ("ClusterRole", False),
    "apis/rbac.authorization.k8s.io/v1/clusterrolebindings": ("ClusterRoleBinding", False),
}
VERSIONS = sorted({path.rpartition("/")[0] for path in KINDS})


class Cluster:
    """Serves on loopback while the block lasts; `objects` are known by their paths, `config` is the kubeconfig's text."""

    def __init__(self) -> None:
        self.objects, self.server = dict[str, dict[str, Any]](), Server(self._answer)
        where = {"cluster": {"server": f"http://{self.server.host}"}, "name": "c"}
        context = {"context": {"cluster": "c", "user": "u"}, "name": "c"}
        self.config = yaml.safe_dump(
            {
                "kind": "Config",
                "clusters": [where],
                "contexts": [context],
                "users": [{"name": "u"}],
                "current-context": "c",
            }
        )

    def __enter__(self) -> Cluster:
        self.server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.server.stop()

    def use(self, file: Path) -> dict[str, str]:
        """Write the kubeconfig, and return the environment in which helm finds the cluster."""
        file.write_text(self.config)
        return {"KUBECONFIG": str(file)}

    def kinds(self) -> list[str]:
        """Return the kinds of the objects, sorted."""
        return sorted(item["kind"] for item in self.objects.values())

    def _answer(self, request: Request) -> Reply:
        path = request.path.strip("/")
        if request.method == "POST":
            item = _parsed(request)
            return self._keep(f"{path}/{item['metadata']['name']}", item, request)
        if request.method in ("PUT", "PATCH"):
            return self._keep(path, _parsed(request), request)
        if found := self.objects.get(path) or _discovery(path) or self._list(path, request.query):
            return Reply(body=found)
        return _status(404, "NotFound", path)

    def _keep(self, path: str, item: dict[str, Any], request: Request) -> Reply:
        new = path not in self.objects
        if request.method == ("PUT" if new else "POST"):
            return _status(404, "NotFound", path) if new else _status(409, "AlreadyExists", path)
        item["metadata"] |= {"uid": path, "resourceVersion": "1"}
        if "dryRun" not in request.query:
            self.objects[path] = item
        return Reply(201 if new else 200, item)

    def _list(self, path: str, query: Mapping[str, str]) -> dict[str, Any]:
        version, _, plural = path.rpartition("/")
        kind, _ = KINDS.get(f"{version.partition('/namespaces/')[0]}/{plural}", ("", False))
        wanted = dict(pair.split("=") for pair in query.get("labelSelector", "=").split(","))
        labels = {
            key: {"": "", **item["metadata"].get("labels", {})}
            for key, item in self.objects.items()
        }
        names = [
            key
            for key in self.objects
            if key.rpartition("/")[0] == path and wanted.items() <= labels[key].items()
        ]
        items = [self.objects[name] for name in names]
        return (
            {
                "kind": f"{kind}List",
                "apiVersion": version.partition("/")[2][:2],
                "metadata": {},
                "items": items,
            }
            if kind
            else {}
        )


def _status(code: int, reason: str, path: str) -> Reply:
    return Reply(
        code,
        {
            "kind": "Status",
            "apiVersion": "v1",
            "status": "Failure",
            "reason": reason,
            "code": code,
            "message": path,
        },
    )


def _discovery(path: str) -> dict[str, Any]:  # noqa: PLR0911
    """Answer which versions and kinds there are, and that the server itself checks the fields of what it is sent."""
    if path == "version":
        return {"major": "1", "minor": "34", "gitVersion": "v1.34.0"}
    if path == "api":
        return {"kind": "APIVersions", "versions": ["v1"]}
    if path == "apis":
        versions = [
            {"groupVersion": version.partition("/")[2], "version": "v1"}
            for version in VERSIONS
            if version.startswith("apis/")
        ]
        groups = [
            {
                "name": one["groupVersion"].partition("/")[0],
                "versions": [one],
                "preferredVersion": one,
            }
            for one in versions
        ]
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}
    if path == "openapi/v3":
        return {
            "paths": {
                version: {"serverRelativeURL": f"/openapi/v3/{version}"} for version in VERSIONS
            }
        }
    version = path.removeprefix("openapi/v3/")
    found = {
        key.rpartition("/")[2]: told
        for key, told in KINDS.items()
        if key.rpartition("/")[0] == version
    }
    group = version.partition("/")[2]
    if not found:
        return {}
    if version == path:
        verbs = ["create", "get", "list", "patch", "update"]
        told = [
            {"name": name, "kind": kind, "namespaced": inside, "verbs": verbs}
            for name, (kind, inside) in found.items()
        ]
        return {
            "kind": "APIResourceList",
            "apiVersion": "v1",
            "groupVersion": group,
            "resources": told,
        }
    paths = {}
    for name, (kind, _) in found.items():
        which = {"group": group.rpartition("/")[0], "version": "v1", "kind": kind}
        checked = [{"name": "fieldValidation", "in": "query"}]
        paths[f"/{version}/{name}/x"] = {
            "patch": {
                "x-kubernetes-group-version-kind": which,
                "parameters": checked,
                "responses": {},
            }
        }
    return {"openapi": "3.0.0", "info": {"title": group, "version": "v1"}, "paths": paths}


def _parsed(request: Request) -> Any:
    """Return the object that was sent; helm's own record, a Secret, comes as protobuf: generated.proto of k8s.io/api/core/v1."""
    if "protobuf" not in request.headers.get("content-type", ""):
        return yaml.safe_load(request.body)
    secret = _fields(_fields(request.body[4:])[2][0])
    meta = _fields(secret[1][0])
    labels, data = (
        {pair[1][0].decode(): pair[2][0] for pair in map(_fields, found)}
        for found in (meta[11], secret[2])
    )
    metadata = {
        "name": meta[1][0].decode(),
        "labels": {key: value.decode() for key, value in labels.items()},
    }
    coded = {key: base64.b64encode(value).decode() for key, value in data.items()}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": secret[3][0].decode(),
        "metadata": metadata,
        "data": coded,
    }


def _fields(message: bytes) -> dict[int, list[bytes]]:
    """Return a message's length-delimited fields by their numbers: https://protobuf.dev/programming-guides/encoding."""
    found, rest = dict[int, list[bytes]](), iter(message)

    def number() -> int:
        value = shift = 0
        for byte in rest:
            value, shift = value | (byte & 127) << shift, shift + 7
            if byte < 128:
                break
        return value

    while key := number():
        value = number()
        if key & 7 == 2:
            found.setdefault(key >> 3, []).append(bytes(next(rest) for _ in range(value)))
    return found
