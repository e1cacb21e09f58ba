"""Begin a rehearsal, after what it needs was installed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from ..errors import BadOption
from ..programs import InstallError, find_installed, install_for_rehearsal
from .isolation import Isolation
from .plan import Plan

if TYPE_CHECKING:
    from .rehearsal import Rehearsal


def find_rehearsal() -> Callable[..., AbstractContextManager[Rehearsal]] | None:
    """Return `open_rehearsal` if act is here and can be isolated, without a download; else None."""
    if not shutil.which("act") and not find_installed("act"):
        return None
    isolation = Isolation.find(os.environ)
    return open_rehearsal if isolation.name else None


@contextmanager
def open_rehearsal(
    *,
    report_set_up: Callable[[str], None],
    refusal: type[Exception],
    missing: type[Exception],
    **plan: Any,
) -> Iterator[Rehearsal]:
    """Make a rehearsal of a Plan with these fields, which the end of the block deletes.

    `report_set_up` gets a line for each download. Raises `missing` if something cannot be
    installed, and `refusal` for an option that does not fit the workflow.
    """
    try:
        programs = install_for_rehearsal(report_set_up)
    except InstallError as error:
        raise missing(str(error)) from error
    path = os.pathsep.join([*map(str, programs), os.environ.get("PATH", os.defpath)])
    from .rehearsal import Rehearsal  # imports what is installed now  # noqa: PLC0415

    try:
        with Rehearsal(Plan(**plan), path) as rehearsal:
            yield rehearsal
    except BadOption as error:
        raise refusal(str(error)) from error
