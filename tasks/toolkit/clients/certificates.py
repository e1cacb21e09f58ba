"""Servers with a certificate of a private CA: what programs say of it, and what to do."""

from __future__ import annotations

from ..core.errors import ServiceError

PRIVATE_CA = (
    # Go (helm and gh) on Linux and on macOS, then Python
    r"x509: certificate signed by unknown|x509: .{0,200}certificate is not trusted"
    r"|certificate verify failed: (unable to get local issuer|self.signed)",
    ServiceError,
    "the server has a private CA: `export SSL_CERT_FILE=FILE`, with the CA's certificate in FILE",
)
