"""The wheel, built from a copy of the tracked files, and unpacked as an installer would."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

PROJECT = Path(__file__).parents[1]
MODE_IN_ZIP = 16  # bits that the mode of a file is shifted by


def tracked_files(*paths: str) -> list[str]:
    """Return the files of this repository that git tracks, or that it would."""
    argv = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *paths]
    listed = subprocess.run(argv, cwd=PROJECT, capture_output=True, text=True, check=True)
    names = listed.stdout.split("\0")[:-1]
    return [name for name in names if (PROJECT / name).exists()]


def copy_of_tree(folder: Path, forbidden: int = 0o022) -> Path:
    """Return a copy of the tracked files, made now; `forbidden` is the umask of its owner."""
    for name in tracked_files():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(PROJECT / name, target)
        mode = 0o777 if os.access(PROJECT / name, os.X_OK) else 0o666
        target.chmod(mode & ~forbidden)
    return folder


def build_wheel(tree: Path, target: Path, umask: int = 0o022, **env: str) -> Path:
    """Build the wheel of a tree with the pinned tools into `target`, and return it."""
    argv = [sys.executable, "-m", "hatchling", "build", "--target=wheel", f"--directory={target}"]
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    subprocess.run(argv, cwd=tree, env=inherited | env, umask=umask, check=True)
    (wheel,) = target.glob("*.whl")
    return wheel


def unpack_wheel(wheel: Path, folder: Path) -> Path:
    """Unpack a wheel with the executable bits of its files; return the folder, for PYTHONPATH."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
        for entry in archive.infolist():
            (folder / entry.filename).chmod(entry.external_attr >> MODE_IN_ZIP)
    return folder
