"""What is to be rehearsed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Plan:
    """The release of a commit of the clone `clone`, whose repository is `slug` (owner/name).

    `edits` are the files of the release's own commit by path, which is made on top of `commit` with
    the message `message`; without edits `commit` itself is released. The workflow file `path` of
    the result runs as the `event` on `ref`, such as refs/tags/v1.7.1, with the `inputs` of a run by
    hand. `tag` and `version` are those of the release. `actions` are folders by owner/name, given
    by the person. Steps get `limit` seconds in all.
    """

    clone: Path
    slug: str
    default_branch: str
    commit: str
    path: str
    event: str  # push, release or workflow_dispatch
    ref: str
    tag: str
    version: str
    message: str = ""
    edits: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    actions: Mapping[str, Path] = field(default_factory=dict)
    limit: float = 600.0
