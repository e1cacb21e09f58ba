"""The git program in one clone: how it is started, and what its errors mean."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ...console.output import status
from ...core.errors import AccessDenied, Advice, BadInput, PassingFault, ServiceError
from ...core.secret import Secret
from ..process import ProcessRunner
from ..program import Program, always_usable

# Programs that the clone's config names are neither part of a recovery nor to see a token.
WITHOUT_HOOKS = ["-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false"]
# The remotes of submodules are no part of it either, and may be gone.
FETCH = ("fetch", "--no-recurse-submodules", "--quiet")
# One fetch at a time: each replaces FETCH_HEAD, and locks the refs that it updates.
FETCHING = threading.RLock()
PUSH = ("push", "--no-recurse-submodules")
USES_GH_LOGIN = re.compile(r"^origin\thttps://([^/@]*@)?github\.com[/:]", re.M)
# In a clone of actions/checkout the token of the job is kept, and would go before ours.
WITHOUT_CHECKOUT_LOGIN = ["-c", "http.https://github.com/.extraheader="]
ENVIRONMENT = {
    "LC_ALL": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_EDITOR": "true",
    # Commits are what origin has, whatever the clone has in their place.
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_GRAFT_FILE": "/dev/null/none",  # git warns about a file that exists, even if it is empty
}
IDENTITY_UNKNOWN = "dentity unknown"
IDENTITY_ADVICE = (
    'git config --global user.name "Your Name" && git config --global user.email you@example.com'
)
NETWORK_ADVICE = "check the network, then re-run the same command"
DENIED = "returned error: 403"
WRITE_ACCESS = "give the token write access to contents; a job has it by its `permissions:`"
PASSING = (
    r"returned error: (5\d\d|429)|Could not resolve host|Failed to connect|Couldn't connect"
    r"|Connection (reset|refused|closed|timed out)|timed out|early EOF|hung up unexpectedly"
    r"|RPC failed"
)

LOCAL_ADVICE: Advice = ((IDENTITY_UNKNOWN, BadInput, IDENTITY_ADVICE),)
REMOTE_ADVICE: Advice = (
    (DENIED, AccessDenied, WRITE_ACCESS),
    (
        r"couldn't find remote ref",
        BadInput,
        "set DEFAULT_BRANCH, or give a branch that exists at origin",
    ),
    (
        r"does not appear to be a git repository|No such remote",
        BadInput,
        "run `git remote add origin URL` in your clone, or set REPO_DIR to it",
    ),
    (PASSING, PassingFault, NETWORK_ADVICE),
    (r"unable to access|Could not resolve|Connection", ServiceError, NETWORK_ADVICE),
)
CLONE_ADVICE: Advice = (
    (
        r"could not read|Authentication failed|[Nn]ot found|does not exist",
        BadInput,
        "the repository is private or does not exist: check GITHUB_REPOSITORY",
    ),
    (PASSING, PassingFault, NETWORK_ADVICE),
    (r"unable to access|Could not resolve|Connection", ServiceError, NETWORK_ADVICE),
)


def pathspec(folder: str) -> str:
    """Return the pathspec of a folder of the repository; git takes `:(top).` for nothing."""
    path = "" if folder == "." else folder
    return f":(top){path}"


def local_git(runner: ProcessRunner, folder: Path) -> Program:
    """Return git for what needs no remote."""
    argv = ["git", "-C", str(folder), *WITHOUT_HOOKS]
    return Program(runner, argv, ENVIRONMENT, LOCAL_ADVICE)


def remote_git(
    runner: ProcessRunner,
    folder: Path,
    token: Secret,
    ensure_origin: Callable[[], None] = always_usable,
) -> Program:
    """Return git for what asks origin; `token` serves GitHub over HTTPS, and nothing else.

    `ensure_origin` is called before each command, and may refuse it.
    """
    # The login of gh, asked only after the user's own credential helpers.
    helper = "credential.https://github.com.helper=!gh auth git-credential"
    local = local_git(runner, folder)
    env = dict(ENVIRONMENT)
    remotes = local.text("remote", "--verbose", check=False)
    if token and USES_GH_LOGIN.search(remotes):  # ssh and its commands need no token
        env["GH_TOKEN"] = token.reveal()
    argv = [*local.argv, "-c", helper]
    if token and runner.environ.get("GITHUB_ACTIONS") == "true":
        argv += WITHOUT_CHECKOUT_LOGIN
    return Program(runner, argv, env, REMOTE_ADVICE, ensure_usable=ensure_origin)


def report_hooks(git: Program) -> None:
    """Print which hooks of the clone of `git` do not run for what is pushed."""
    plain = replace(git, argv=git.argv[: -len(WITHOUT_HOOKS)])
    folder = Path(plain.argv[-1], plain.text("rev-parse", "--git-path", "hooks", check=False))
    files = sorted(folder.glob("*")) if folder.is_dir() else []
    names = []
    for file in files:
        if not file.suffix and os.access(file, os.X_OK):
            names.append(file.name)
    if names:
        status(f"the clone's hooks do not run for this: {', '.join(names)}", "warning")


def fetch_from_origin(remote: Program, *args: str, check: bool = True) -> None:
    """Fetch from origin, when no other thread does."""
    with FETCHING:
        remote.read(*FETCH, "--no-write-fetch-head", *args, check=check)


def objects_at_origin(remote: Program, kind: str) -> dict[str, str]:
    """Return the names at origin of one `kind`, heads or tags, with what each names.

    That is a commit or a tag object.
    """
    listed = remote.read("ls-remote", f"--{kind}", "--refs", "origin").stdout
    objects = {}
    for line in listed.split("\n")[:-1]:  # other ends of line may be part of a name
        sha, _, name = line.partition(f"\trefs/{kind}/")
        objects[name] = sha
    return objects
