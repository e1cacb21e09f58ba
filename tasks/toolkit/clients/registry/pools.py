"""Pools of connections, direct or through a proxy that the environment names."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

if TYPE_CHECKING:
    from urllib3 import PoolManager

CONNECTIONS_KEPT = 16  # for each host; as many checks may run in parallel


def proxy_for(url: str) -> str:
    """Return the proxy that the environment names for a URL, or ""."""
    parts = urlsplit(url)
    if proxy_bypass(parts.netloc):
        return ""
    return getproxies().get(parts.scheme, "")


def make_pool(scheme: str, proxy: str) -> PoolManager:
    """Return connections for a scheme, through a proxy if there is one."""
    import urllib3  # noqa: PLC0415

    tls = None
    if scheme == "https":
        tls = ssl.create_default_context()  # honours SSL_CERT_FILE
    if not proxy:
        return urllib3.PoolManager(maxsize=CONNECTIONS_KEPT, ssl_context=tls)
    proxy_url = proxy if "://" in proxy else f"http://{proxy}"
    parts = urlsplit(proxy_url)
    login, _, _ = parts.netloc.rpartition("@")
    headers = urllib3.make_headers(proxy_basic_auth=unquote(login) or None)
    return urllib3.ProxyManager(
        proxy_url, maxsize=CONNECTIONS_KEPT, ssl_context=tls, proxy_headers=headers
    )
