"""Whether helm could reach a cluster: it pulls a chart before it looks for one."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from urllib.parse import urlsplit

from ...console.waiting import in_background
from .kube_context import find_context

CONNECTION_LIMIT = 5.0  # seconds, for the name and the connection
PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")
PORTS = {"http": 80, "https": 443}


def may_have_cluster(environ: Mapping[str, str]) -> bool:
    """Return whether a cluster may answer helm: False if nothing accepts a connection there.

    Where that cannot be told, as behind a proxy, helm has to try.
    """
    is_proxied = any(environ.get(name) or environ.get(name.lower()) for name in PROXIES)
    server = find_server(environ)
    if is_proxied or not server:
        return True
    return _accepts_connections(server)


def find_server(environ: Mapping[str, str]) -> str:
    """Return the URL of the API server that helm takes; nothing if that is unclear.

    Without a kubeconfig it is that of the pod in which helm runs, or else one on this machine:
    https://pkg.go.dev/k8s.io/client-go/tools/clientcmd
    """
    given = environ.get("HELM_KUBEAPISERVER", "")
    if given:
        return given
    context = find_context(environ)
    if context:
        return "" if context.has_proxy else context.server
    host = environ.get("KUBERNETES_SERVICE_HOST", "")
    if host:
        port = environ.get("KUBERNETES_SERVICE_PORT", "443")
        return f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    return environ.get("KUBERNETES_MASTER") or "http://localhost:8080"


def _accepts_connections(server: str) -> bool:
    try:
        parts = urlsplit(server if "://" in server else f"http://{server}")
        address = parts.hostname or "", parts.port or PORTS[parts.scheme]
    except (ValueError, LookupError):
        return True
    connection = in_background(lambda: _connect(address))
    try:
        connection.result(CONNECTION_LIMIT)
    except OSError:  # so is the end of the limit: a name may be looked up for long
        return False
    return True


def _connect(address: tuple[str, int]) -> None:
    with socket.create_connection(address, CONNECTION_LIMIT):
        return
