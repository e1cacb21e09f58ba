"""Get ready, in the background, for what comes next: reads, and the login of this process.

Nothing here changes what others see. What fails is tried again by the step that needs it, and
explained there.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial

from ..console.waiting import in_background
from ..core.errors import RecipeError
from ..core.invocation import typed_words
from ..incident.project import Project

PUBLISHING = {"publish.all", "publish.push", "recover"}
LEFT_OUT = "--skip-publish"


def prepare_publication(project: Project) -> None:
    """Begin to log in, and to get the tokens for looking at what is published, if that is typed."""
    words = typed_words()
    if PUBLISHING.isdisjoint(words) or LEFT_OUT in words:
        return
    with suppress(RecipeError):
        user, token = project.login
        project.helm.login.begin(project.push_reference.host, user, token)
    for is_anonymous in (False, True):
        in_background(partial(_prepare_looks, project, is_anonymous))


def _prepare_looks(project: Project, is_anonymous: bool) -> None:
    for reference in project.published_references():
        project.registry(reference, anonymous=is_anonymous).prepare(reference)
