"""An OCI registry on loopback."""

from .registry import Registry

__all__ = ["Registry"]
