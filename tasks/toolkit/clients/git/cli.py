"""The git program in one clone: how it is started, and what its errors mean."""

from __future__ import annotations

from pathlib import Path

from ...core.errors import Advice, BadInput, ServiceError
from ...core.secret import Secret
from ..process import ProcessRunner
from ..program import Program

ENVIRONMENT = {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_EDITOR": "true"}
IDENTITY_UNKNOWN = "dentity unknown"
IDENTITY_ADVICE = (
    'git config --global user.name "Your Name" && git config --global user.email you@example.com'
)
NETWORK_ADVICE = "check the network, then re-run the same command"

LOCAL_ADVICE: Advice = ((IDENTITY_UNKNOWN, BadInput, IDENTITY_ADVICE),)
REMOTE_ADVICE: Advice = (
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
    (r"unable to access|Could not resolve|Connection|timed out", ServiceError, NETWORK_ADVICE),
)
CLONE_ADVICE: Advice = (
    (
        r"could not read|Authentication failed|[Nn]ot found|does not exist",
        BadInput,
        "the repository is private or does not exist: check GITHUB_REPOSITORY",
    ),
    (r"unable to access|Could not resolve|Connection", ServiceError, NETWORK_ADVICE),
)


def local_git(runner: ProcessRunner, folder: Path) -> Program:
    """Return git for what needs no remote."""
    return Program(runner, ["git", "-C", str(folder)], ENVIRONMENT, LOCAL_ADVICE)


def remote_git(runner: ProcessRunner, folder: Path, token: Secret) -> Program:
    """Return git for what asks origin; `token` serves an HTTPS remote that wants a login."""
    # The login of gh, asked only after the user's own credential helpers.
    helper = "credential.https://github.com.helper=!gh auth git-credential"
    env = dict(ENVIRONMENT)
    if token:
        env["GH_TOKEN"] = token.reveal()
    return Program(runner, ["git", "-C", str(folder), "-c", helper], env, REMOTE_ADVICE)


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
