"""What a rehearsal is like: the sandbox has one, which no check imports."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol


class Step(Protocol):
    """A step of a job; it ended with success, failure, cancelled or skipped.

    `not_rehearsed` says what it could not do here, `doubts` why it may end otherwise on GitHub.
    """

    @property
    def job(self) -> str:
        """The name of its job."""

    @property
    def file(self) -> str:
        """The workflow file that has it."""

    @property
    def name(self) -> str:
        """Its own name."""

    @property
    def conclusion(self) -> str:
        """How it ended."""

    @property
    def log(self) -> str:
        """The last lines of what it printed."""

    @property
    def not_rehearsed(self) -> Sequence[str]:
        """What it could not do here."""

    @property
    def may_push(self) -> bool:
        """Whether it may push a chart if it ends otherwise."""

    @property
    def doubts(self) -> Sequence[str]:
        """Why it may end otherwise on GitHub."""


class Pushed(Protocol):
    """A tag that was pushed."""

    @property
    def host(self) -> str:
        """The registry."""

    @property
    def repository(self) -> str:
        """The repository in it."""

    @property
    def tag(self) -> str:
        """The tag."""

    @property
    def digest(self) -> str:
        """The digest of the manifest."""

    @property
    def file(self) -> str:
        """The workflow file with the step that pushed it; empty if that is not clear."""

    @property
    def archive(self) -> bytes:
        """The archive of a chart; empty if it is none."""

    @property
    def doubts(self) -> Sequence[str]:
        """Why it may go elsewhere on GitHub."""

    @property
    def content_doubts(self) -> Sequence[str]:
        """Why it may be another chart on GitHub."""


class Results(Protocol):
    """What a rehearsal found."""

    @property
    def conclusion(self) -> str:
        """How the run ended."""

    @property
    def is_late(self) -> bool:
        """Whether it was ended at its limit."""

    @property
    def steps(self) -> Sequence[Step]:
        """Each step of each job, in order."""

    @property
    def pushed(self) -> Sequence[Pushed]:
        """Each tag that was pushed, in order."""

    @property
    def refused(self) -> Sequence[str]:
        """What was asked for, and is not to be had in a rehearsal."""

    @property
    def faults(self) -> Sequence[str]:
        """Why GitHub does not run this, or not all of it, whatever was seen here."""

    @property
    def log(self) -> str:
        """What act printed about the run itself."""

    @property
    def isolation(self) -> str:
        """The program that isolated the steps; empty if none did."""


class Output(Protocol):
    """What a program answered."""

    @property
    def returncode(self) -> int:
        """Its exit code."""

    @property
    def stdout(self) -> str:
        """What it printed."""

    @property
    def stderr(self) -> str:
        """What it printed about errors."""


class Rehearsal(Protocol):
    """A release that is run on this machine."""

    def begin(self) -> None:
        """Start the workflow."""

    def has_ended(self) -> bool:
        """Return whether the workflow has ended."""

    def current(self) -> str:
        """Return the step that runs now, in words."""

    def stop(self) -> None:
        """End the workflow early."""

    def collect(self) -> Results:
        """Return what was found."""

    def read(self, *argv: str) -> Output:
        """Run a program where the workflow ran, as anybody without credentials."""


# Gets the fields of a release and what makes an error of words; the block ends the rehearsal.
Open = Callable[..., AbstractContextManager[Rehearsal]]
