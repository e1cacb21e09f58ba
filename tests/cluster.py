"""A Kubernetes API with the part that helm uses: discovery, and objects that are ready at once.

https://kubernetes.io/docs/reference/using-api/api-concepts/
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

import yaml

from tasks.sandbox.server import Reply, Request, Server

from .protobuf import read_fields, read_map

Object = dict[str, Any]
# The kinds of objects by API and plural name, and whether they are in a namespace.
KINDS = {
    ("api/v1", "secrets"): ("Secret", True),
    ("api/v1", "pods"): ("Pod", True),
    ("api/v1", "services"): ("Service", True),
    ("api/v1", "serviceaccounts"): ("ServiceAccount", True),
    ("apis/apps/v1", "deployments"): ("Deployment", True),
    ("apis/apps/v1", "replicasets"): ("ReplicaSet", True),
    ("apis/networking.k8s.io/v1", "ingresses"): ("Ingress", True),
    ("apis/rbac.authorization.k8s.io/v1", "clusterroles"): ("ClusterRole", False),
    ("apis/rbac.authorization.k8s.io/v1", "clusterrolebindings"): ("ClusterRoleBinding", False),
}
APIS = sorted({api for api, _ in KINDS})
KUBECONFIG = """kind: Config
clusters: [{{name: c, cluster: {{server: "http://{host}"}}}}]
users: [{{name: u}}]
contexts: [{{name: c, context: {{cluster: c, user: u}}}}]
current-context: c
"""


class Cluster:
    """A cluster on a loopback port during the `with` block; `objects` are by path."""

    def __init__(self) -> None:
        self.objects = dict[str, Object]()
        self.server = Server(self._answer)

    def __enter__(self) -> Self:
        self.server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.stop()

    def use(self, file: Path) -> dict[str, str]:
        """Write a kubeconfig, and return the environment in which helm uses the cluster."""
        file.write_text(KUBECONFIG.format(host=self.server.host))
        return {"KUBECONFIG": str(file)}

    def kinds(self) -> list[str]:
        """Return the kinds of the objects, sorted."""
        return sorted(item["kind"] for item in self.objects.values())

    def _answer(self, request: Request) -> Reply:
        path = request.path.strip("/")
        if request.method == "POST":
            item = _parse(request)
            return self._keep(f"{path}/{item['metadata']['name']}", item, request)
        if request.method in ("PUT", "PATCH"):
            return self._keep(path, _parse(request), request)
        if "sendInitialEvents" in request.query:
            return _failure(422, "Invalid", path)
        if "watch" in request.query:  # nothing changes
            return Reply()
        found = self.objects.get(path) or DISCOVERY.get(path) or self._list(path, request.query)
        if not found:
            return _failure(404, "NotFound", path)
        return Reply(body=found)

    def _keep(self, path: str, item: Object, request: Request) -> Reply:
        is_new = path not in self.objects
        if is_new and request.method == "PUT":
            return _failure(404, "NotFound", path)
        if not is_new and request.method == "POST":
            return _failure(409, "AlreadyExists", path)
        item["metadata"] |= {"uid": path, "resourceVersion": "1", "generation": 1}
        if item["kind"] == "Deployment":
            item["status"] = _ready(item)
        if "dryRun" not in request.query:
            self.objects[path] = item
        status = 201 if is_new else 200
        return Reply(status, item)

    def _list(self, path: str, query: Mapping[str, str]) -> Object | None:
        """Return the objects at a path such as api/v1/namespaces/x/secrets, or None."""
        folder, _, plural = path.rpartition("/")
        api = folder.partition("/namespaces/")[0]
        if (api, plural) not in KINDS:
            return None
        kind, _ = KINDS[api, plural]
        selector = query.get("labelSelector", "")
        here = [item for key, item in self.objects.items() if key.rpartition("/")[0] == path]
        items = [item for item in here if _matches(item, selector)]
        version = api.partition("/")[2]
        return {"kind": f"{kind}List", "apiVersion": version, "metadata": {}, "items": items}


def _ready(item: Object) -> Object:
    """Return the status of a Deployment whose pods run."""
    replicas = item.get("spec", {}).get("replicas", 1)
    counts = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
    available = {"type": "Available", "status": "True"}
    progressing = {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}
    conditions = [available, progressing]
    status = dict.fromkeys(counts, replicas)
    return {"observedGeneration": 1, **status, "conditions": conditions}


def _matches(item: Object, selector: str) -> bool:
    labels = item["metadata"].get("labels", {})
    pairs = [pair.split("=") for pair in selector.split(",") if pair]
    return all(labels.get(name) == value for name, value in pairs)


def _failure(code: int, reason: str, message: str) -> Reply:
    status = {"kind": "Status", "apiVersion": "v1", "status": "Failure"}
    return Reply(code, {**status, "reason": reason, "code": code, "message": message})


def _discovery() -> Iterator[tuple[str, Object]]:
    """Yield the answers, by path, about the APIs and kinds of the cluster."""
    yield "version", {"major": "1", "minor": "34", "gitVersion": "v1.34.0"}
    yield "api", {"kind": "APIVersions", "versions": ["v1"]}
    groups = [_group(api) for api in APIS if api.startswith("apis/")]
    yield "apis", {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}
    yield (
        "openapi/v3",
        {"paths": {api: {"serverRelativeURL": f"/openapi/v3/{api}"} for api in APIS}},
    )
    for api in APIS:
        yield api, _resources(api)
        yield f"openapi/v3/{api}", _schema(api)


def _group(api: str) -> Object:
    _, name, version = api.split("/")
    supported = {"groupVersion": f"{name}/{version}", "version": version}
    return {"name": name, "versions": [supported], "preferredVersion": supported}


def _resources(api: str) -> Object:
    verbs = ["create", "get", "list", "patch", "update"]
    resources = [
        {"name": plural, "kind": kind, "namespaced": namespaced, "verbs": verbs}
        for (other, plural), (kind, namespaced) in KINDS.items()
        if other == api
    ]
    version = api.partition("/")[2]
    listed = {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version}
    return {**listed, "resources": resources}


def _schema(api: str) -> Object:
    """Return the OpenAPI document that lets helm leave the validation of fields to the server."""
    group_version = api.partition("/")[2]
    validation = [{"name": "fieldValidation", "in": "query"}]
    paths = dict[str, Object]()
    for (other, plural), (kind, _) in KINDS.items():
        if other == api:
            group = {"group": group_version.rpartition("/")[0], "version": "v1", "kind": kind}
            patch = {"x-kubernetes-group-version-kind": group, "parameters": validation}
            paths[f"/{api}/{plural}/x"] = {"patch": {**patch, "responses": {}}}
    info = {"title": group_version, "version": "v1"}
    return {"openapi": "3.0.0", "info": info, "paths": paths}


DISCOVERY = dict(_discovery())


def _parse(request: Request) -> Any:
    """Return the object in a request.

    Helm sends its own record, a Secret, as protobuf: generated.proto of k8s.io/api/core/v1.
    """
    if "protobuf" not in request.headers.get("content-type", ""):
        return yaml.safe_load(request.body)
    secret = read_fields(read_fields(request.body[4:])[2][0])
    metadata = read_fields(secret[1][0])
    labels = {name: value.decode() for name, value in read_map(metadata[11]).items()}
    data = {name: base64.b64encode(value).decode() for name, value in read_map(secret[2]).items()}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": secret[3][0].decode(),
        "metadata": {"name": metadata[1][0].decode(), "labels": labels},
        "data": data,
    }
