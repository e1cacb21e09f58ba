"""The stand-in for GitHub: one repository with its pull requests, issues and workflow runs."""

from .service import GitHub
from .web import Web

__all__ = ["GitHub", "Web"]
