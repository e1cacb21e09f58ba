"""Install requirements with uv or pip, whichever is here."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def install_requirements(file: Path, *options: str) -> bool:
    """Install a requirements file with hashes by uv or pip; return whether that succeeded."""
    environ = dict[str, str]()
    for name, value in os.environ.items():
        if "TOKEN" not in name:
            environ[name] = value
    with _installer() as argv:
        argv += ["--quiet", "--require-hashes", *options, "-r", str(file)]
        ended = subprocess.run(argv, check=False, env=environ)
    return ended.returncode == 0


@contextmanager
def _installer() -> Iterator[list[str]]:
    """Give the command that installs into this Python.

    Where neither uv nor pip is, it is the pip of a temporary environment, since the folders of
    this Python may be read-only.
    """
    uv = shutil.which("uv") or os.environ.get("UV")  # uv sets UV for what it runs
    if uv:
        yield [uv, "pip", "install", f"--python={sys.executable}"]
        return
    pip = ["-m", "pip", f"--python={sys.executable}", "--disable-pip-version-check", "install"]
    if importlib.util.find_spec("pip"):
        yield [sys.executable, *pip]
        return
    with tempfile.TemporaryDirectory() as folder:
        make = [sys.executable, "-m", "venv", folder]
        subprocess.run(make, check=False, stdout=subprocess.DEVNULL)
        yield [str(Path(folder, "bin", "python")), *pip]
