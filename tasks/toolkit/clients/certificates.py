"""Servers with a certificate of a private CA: what programs say of it, and what to do."""

from __future__ import annotations

from ..core.errors import ServiceError

PRIVATE_CA = (
    # Go (helm, gh) on Linux and on macOS, then Python
    r"x509: certificate signed by unknown|x509: .{0,200} not trusted|certificate verify failed",
    ServiceError,
    "the server has a private CA: set SSL_CERT_FILE to a file with the CA's certificate",
)
