"""Set up how programs are run: their environment, their limits and their temporary folder."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from ..clients.dry_run import Executor
from ..clients.git.worktrees import remove_worktree
from ..clients.process import ProcessRunner
from ..clients.retry import Retries
from ..clients.scratch import ScratchFolder
from ..core.errors import ServiceError
from ..core.secret import TOKENS
from ..core.settings import Settings

TIMEOUT_BEFORE_SETTINGS = 30.0  # seconds
GIT_HOOK_VARIABLES = (  # a git hook sets them, and they mean its own clone
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
)


def make_runner(environ: Mapping[str, str], executor: Executor, *, echo: bool) -> ProcessRunner:
    """Return the runner of programs; a token goes only to the program that needs it."""
    inherited = dict(environ)
    for name in (*TOKENS, *GIT_HOOK_VARIABLES):
        inherited.pop(name, None)
    return ProcessRunner(inherited, TIMEOUT_BEFORE_SETTINGS, executor, echo=echo)


def set_limits(runner: ProcessRunner, settings: Settings) -> None:
    """Let programs, retries and the waits of a plan end within the limits of the settings."""
    runner.limit = settings.command_timeout
    runner.executor.bound_waits(settings.poll_interval, settings.wait_timeout)
    runner.retries = Retries(settings.poll_interval / 5, settings.wait_timeout)


def make_scratch(runner: ProcessRunner) -> ScratchFolder:
    """Return a folder that is deleted at the end. Raises ServiceError."""
    try:
        scratch = ScratchFolder(partial(remove_worktree, runner))
    except OSError as error:
        what = f"no temporary folder can be written ({error.strerror})"
        raise ServiceError(what, "free some space, or set TMPDIR") from error
    runner.inherited_locks.append(scratch.descriptor)
    return scratch
