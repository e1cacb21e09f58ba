"""GitHub's own descriptions of its APIs, from npm packages that `npm pack` downloads once.

`.tools` keeps the one file of each that the tests read. Nothing of the packages is executed.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tasks.sandbox.place import PROJECT


@dataclass(frozen=True)
class Description:
    """A file of an npm package, which is pinned by its version and its SHA-256."""

    package: str
    sha256: str
    file: str

    def text(self) -> str:
        """Return the description, after downloading it if needed. Skip the test without npm."""
        name = self.package.lstrip("@").replace("/", "-").replace("@", "-")
        kept = PROJECT / ".tools" / name
        if not kept.exists():
            if not shutil.which("npm"):
                pytest.skip("npm, which fetches GitHub's descriptions, is not installed")
            kept.parent.mkdir(exist_ok=True)
            self._download(kept)
        return kept.read_text("utf-8")

    def _download(self, kept: Path) -> None:
        environ = {name: value for name, value in os.environ.items() if "TOKEN" not in name}
        with TemporaryDirectory(dir=kept.parent) as temporary:
            folder = Path(temporary)
            argv = ["npm", "pack", "--silent", "--ignore-scripts", self.package]
            subprocess.run(argv, cwd=folder, env=environ, check=True, stdout=subprocess.DEVNULL)
            (archive,) = folder.glob("*.tgz")
            digest = hashlib.sha256(archive.read_bytes()).hexdigest()
            assert digest == self.sha256, f"{self.package} is not the package that is pinned"
            with tarfile.open(archive) as tar:
                member = tar.extractfile(f"package/{self.file}")
                assert member
                content = folder / "content"
                content.write_bytes(member.read())
            content.rename(kept)  # at once: another process may do the same


REST = Description(
    "@octokit/openapi@23.0.2",
    "71a18407dd5e8464f4e0525daf03deabbe65abd9287d6adc7b5d98f516cd0d0c",
    "generated/api.github.com.json",
)
GRAPHQL = Description(
    "@octokit/graphql-schema@15.26.1",
    "053e74249dafce2118fd9b7ae499b067d57c5f910c57745699ac45108bc68d1e",
    "schema.graphql",
)
