"""Get ready, in the background, for what comes next: reads, and the login of this process.

Nothing here changes what others see. What fails is tried again by the step that needs it, and
explained there.
"""

from __future__ import annotations

import tarfile
import tempfile
from contextlib import suppress
from functools import partial
from pathlib import Path

from ..console.waiting import in_background
from ..core.errors import RecipeError
from ..core.invocation import typed_words
from ..incident.project import Project

PUBLISHING = {"publish.all", "publish.push", "recover"}
LEFT_OUT = "--skip-publish"


def prepare_login(project: Project) -> None:
    """Begin to log in, and to get the tokens for looking at what is published, if that is typed."""
    if not _is_publication_typed() or project.helm.login.is_begun:
        return
    with suppress(RecipeError):
        user, token = project.login
        project.helm.login.begin(project.push_reference.host, user, token)
    for is_anonymous in (False, True):
        in_background(partial(_prepare_looks, project, is_anonymous))


def prepare_chart(project: Project, tree: str) -> None:
    """Begin to check the chart in a tree, if its publication is typed.

    A chart that turns out to be another is checked again.
    """
    if _is_publication_typed():
        in_background(partial(_check_chart, project, tree))


def _is_publication_typed() -> bool:
    words = typed_words()
    return not PUBLISHING.isdisjoint(words) and LEFT_OUT not in words


def _prepare_looks(project: Project, is_anonymous: bool) -> None:
    for reference in project.published_references():
        project.registry(reference, anonymous=is_anonymous).prepare(reference)


def _check_chart(project: Project, tree: str) -> None:
    """Check the chart in a tree if all in its folder are plain files."""
    folder = Path(tempfile.mkdtemp(prefix="ahead-", dir=project.scratch))
    archive = folder / "chart.tar"
    project.git.trees.export(tree, project.chart_dir, archive)
    with tarfile.open(archive) as tar:
        if not all(member.isfile() or member.isdir() for member in tar):
            return
        tar.extractall(folder, filter="data")
    chart_folder = folder / project.chart_dir
    project.helm.check_chart(chart_folder, project.helm.read_chart(chart_folder))
