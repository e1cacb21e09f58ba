"""The wheel in a bare environment and an empty HOME, without a clone of the recipes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from .conftest import FOLDERS, PROJECT
from .wheels import build_wheel, copy_of_tree

SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"
OF_PIP = ("PIP_", "SSL_", "REQUESTS_")  # how this machine reaches its package index
UV_CACHE = "archive-v0"  # in its cache, uvx makes environments in a folder of this name
KEPT = "Ctrl-C here deletes the sandbox"
LONGEST_START = 300.0  # seconds, with the downloads

pytestmark = pytest.mark.thorough


def environment(home: Path, programs: Sequence[Path] = ()) -> dict[str, str]:
    """Return the variables of somebody with an empty HOME, who has `programs` in these folders."""
    path = os.pathsep.join([*map(str, programs), SYSTEM_PATH])
    env = {"HOME": str(home), "PATH": path, "TMPDIR": tempfile.gettempdir()}
    for name, value in os.environ.items():
        if name.startswith(OF_PIP):
            env[name] = value
    return env


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel and its pinned requirements without pip; return the command."""
    folder = tmp_path_factory.mktemp("installed")
    wheel = build_wheel(copy_of_tree(folder / "tree"), folder / "dist")
    bare = folder / UV_CACHE / "bare"
    venv.create(bare, symlinks=True)
    python = str(bare / "bin" / "python")
    pip = [sys.executable, "-m", "pip", f"--python={python}", "install", "--quiet", "--no-deps"]
    requirements = str(PROJECT / "requirements.txt")
    subprocess.run([*pip, "--require-hashes", "-r", requirements], check=True)
    subprocess.run([*pip, str(wheel)], check=True)
    return bare / "bin" / "helm-rollback"


def files_of(installed: Path) -> list[Path]:
    """Return the files of an environment, without what Python compiles."""
    files = installed.parents[1].rglob("*")
    return sorted(file for file in files if "__pycache__" not in file.parts)


def test_advice_names_the_command_as_it_is_typed(installed: Path, tmp_path: Path) -> None:
    on_path = environment(tmp_path, [installed.parent])
    cases = [
        ([str(installed)], environment(tmp_path), f"{installed} when.check"),
        ([str(installed)], on_path, "  helm-rollback when.check"),
        (
            [str(installed.with_name("python")), "-m", "helm_rollback"],
            on_path,
            "  helm-rollback when.check",
        ),
        ([str(installed)], on_path | {"UV": "/usr/bin/uv"}, "  uvx helm-rollback when.check"),
    ]
    for argv, env, expected in cases:
        page = subprocess.run(argv, env=env, capture_output=True, text=True, check=True).stdout
        assert expected in page


@contextmanager
def kept_drill(installed: Path, home: Path) -> Iterator[Path]:
    """Run `drill --keep`; give the file of what it prints when the sandbox is ready."""
    output = home.with_suffix(".txt")
    with output.open("w") as stream:
        drill = subprocess.Popen(
            [str(installed), "drill", "--keep"],
            cwd=home,
            env=environment(home),
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + LONGEST_START
        while KEPT not in output.read_text():
            assert drill.poll() is None, output.read_text()
            assert time.monotonic() < deadline
            time.sleep(0.2)
        yield output
    finally:
        drill.send_signal(signal.SIGINT)
        assert drill.wait(60) == 0


def test_the_drill_needs_no_pip_and_writes_nothing_beside_the_package(
    installed: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    before = files_of(installed)
    with kept_drill(installed, home) as output:
        printed = output.read_text()
        assert "$ helm-rollback recover --pr 42" in printed
        assert "invoke" not in printed
        *_, lines = printed.partition("\ncd ")
        moved, _, _ = lines.partition("\ndrill ")
        script = f"cd {moved}\nhelm-rollback recover --pr 42"
        recover = subprocess.run(
            ["sh", "-e"],
            input=script,
            env=environment(home),
            capture_output=True,
            text=True,
            check=False,
        )
        assert recover.returncode == 0, recover.stdout + recover.stderr
        assert "already" in recover.stdout + recover.stderr
    assert files_of(installed) == before
    assert [file.name for file in home.iterdir()] == [".cache"]


def test_a_recovery_by_hand(installed: Path, tmp_path: Path) -> None:
    drill = subprocess.run(
        [str(installed), "drill", "--hands-on"],
        cwd=tmp_path,
        env=environment(tmp_path, FOLDERS),
        input="helm-rollback recover --pr 42\nhelm-rollback verify.all\n",
        capture_output=True,
        text=True,
        check=False,
    )
    printed = drill.stdout + drill.stderr
    assert drill.returncode == 0, printed
    assert "solved: " in printed
    assert "merged as" in printed
