"""Only the programs that need the token get it: strace watches whole chains of recipes."""

from __future__ import annotations

import base64
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest

from tasks.sandbox.scenarios import SCENARIOS
from tasks.sandbox.world import World

from .conftest import FOLDERS, PROJECT
from .scenes import happen, new_world

RECOVER = "rollback.revert --pr 42 --merge publish.all verify.all"
CHAINS = (
    f"--dry {RECOVER}",
    f"--echo {RECOVER}",
    "doctor publish.check publish.good when.check",
    "support.incident support.notify timeline.stop support.lessons --close",
    "rollback.revert --pr 42 --merge prevention.dispatch --ref main"
    " --input chart_version=1.7.0 --input app_version=1.7.0 prevention.test-tag --clean",
    "workaround.source workaround.tarball workaround.instructions timeline.history",
    f"{RECOVER} publish.withdraw --version 1.6.1 --delete publish.restore --version 1.6.1",
    "rollback.commit --sha HEAD --push-to-default contact.issues contact.status",
)
TRACED = "execve,write,writev,pwrite64"
STRACE = (
    *("strace", "-f", "--seccomp-bpf", "-qq", "-y", "-v"),
    *("-s", "1000000", "-e", f"trace={TRACED}", "-e", "signal=none", "-o"),
)
CALL = re.compile(r"^\d+ +(?P<name>\w+)\((?P<arguments>.*)", re.DOTALL)
ENVIRONMENT = '], ["'  # between the argv and the environment of an execve
ORIGIN = "credential.https://github.com.helper="  # an option of git for what asks origin
# What git for origin starts: its own programs, from its own folder, and the shell that finds them.
STARTED_BY_GIT = re.compile(r'"[^"]*/git-core/[^"]*"|"/bin/sh", \["/bin/sh", "-c", "(git|gh) ?')
# The login of helm, in our scratch folder, which is deleted with the file.
LOGIN_OF_HELM = re.compile(r"\d+</[^>]*/rollback-[^>]*/(registry|oras_credstore)[^>]*>")
TO_A_STREAM = re.compile(r"\d+<(socket|pipe|UNIX|TCP)[^>]*>")
HOOKS = ("post-checkout", "pre-push", "reference-transaction", "pre-commit", "fsmonitor")


@dataclass
class Search:
    """The search of one chain: where the token was found, and how much was searched."""

    finds: list[str]
    calls: int = 0
    files: int = 0


def forms_of(token: str) -> list[str]:
    """Return the token as it is, in a URL, and in base64 at each of its three alignments."""
    forms = {token, quote(token, safe="")}
    for before in range(3):
        encoded = base64.b64encode(b" " * before + token.encode()).decode()
        forms.add(encoded.rstrip("=")[2 * before : -2])
    return sorted(forms)


def may_have_token(call: re.Match[str]) -> bool:
    """Return whether a system call passes the token to whom it belongs."""
    arguments = call["arguments"]
    if call["name"] != "execve":
        return bool(TO_A_STREAM.match(arguments) or LOGIN_OF_HELM.match(arguments))
    program, _, _ = arguments.partition(ENVIRONMENT)
    path, _, _ = program.partition(", ")
    name = Path(path.strip('"')).name
    if name == "git" and ORIGIN in program:
        return True
    return name == "gh" or bool(STARTED_BY_GIT.match(program))


def is_in_argv(call: re.Match[str], forms: list[str]) -> bool:
    """Return whether a program is started with the token in its arguments."""
    program, _, _ = call["arguments"].partition(ENVIRONMENT)
    return call["name"] == "execve" and any(form in program for form in forms)


def search_calls(search: Search, trace: Path, forms: list[str]) -> None:
    """Search the system calls of all programs but the first, which the maintainer starts."""
    for line in trace.read_text(errors="replace").splitlines()[1:]:
        call = CALL.match(line)
        if not call:
            continue
        search.calls += 1
        if not any(form in line for form in forms):
            continue
        if is_in_argv(call, forms) or not may_have_token(call):
            search.finds.append(line[:300])


def search_texts(search: Search, texts: Iterator[tuple[str, str]], forms: list[str]) -> None:
    """Search texts, each with the name of its place."""
    for place, text in texts:
        search.files += 1
        if any(form in text for form in forms):
            search.finds.append(place)


def texts_of(world: World, ended: subprocess.CompletedProcess[str]) -> Iterator[tuple[str, str]]:
    """Yield the output, all files of the sandbox, and what GitHub and the registry hold."""
    yield "stdout", ended.stdout
    yield "stderr", ended.stderr
    yield "the services", repr(world.snapshot())
    for file in world.folder.rglob("*"):
        if file.is_file() and not file.is_symlink():
            yield str(file), file.read_text(errors="replace")


def add_hooks(world: World) -> None:
    """Let the clone have hooks, which see the environment of git."""
    for name in HOOKS:
        hook = world.clone / ".git" / "hooks" / name
        hook.write_text(f"#!/bin/sh\nenv > {shlex.quote(str(world.folder))}/{name}.$$\n")
        hook.chmod(0o755)
    world.git("config", "core.fsmonitor", str(world.clone / ".git/hooks/fsmonitor"))


def watch(chain: str) -> Search:
    """Type a chain in a sandbox, and search for the token in all that it does and leaves."""
    with new_world(FOLDERS) as world:
        happen(world, SCENARIOS["publish"].happen)
        world.github.check_seconds = 0.1
        add_hooks(world)
        temporary = world.folder / "temporary"
        temporary.mkdir()
        trace = world.folder / "trace"
        argv = [*STRACE, str(trace), sys.executable, "-m", "invoke", *shlex.split(chain)]
        env = {"TMPDIR": str(temporary)}
        ended = world.run(*argv, at=PROJECT, env=env)
        assert ended.returncode in (0, 1), ended.stdout + ended.stderr
        forms = forms_of(world.token)
        search = Search([])
        search_calls(search, trace, forms)
        trace.unlink()
        search_texts(search, texts_of(world, ended), forms)
        return search


@pytest.mark.thorough
def test_the_token_is_found_nowhere_in_eight_chains(
    record_property: Callable[[str, object], None],
) -> None:
    assert shutil.which("strace"), "strace is not installed (the Debian package of that name)"
    searches = [watch(chain) for chain in CHAINS]
    finds = [find for search in searches for find in search.finds]
    calls = sum(search.calls for search in searches)
    files = sum(search.files for search in searches)
    summary = f"{len(CHAINS)} chains, {calls} system calls, {files} texts, {len(finds)} finds"
    record_property("summary", f"token search: {summary}")
    assert not finds, "\n".join(finds[:20])
