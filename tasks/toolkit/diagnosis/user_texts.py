"""What is written for users: documents and notes at origin, and the newest release's notes."""

from __future__ import annotations

import re

from ..core.errors import RecipeError
from ..core.recipes_files import recipes_folders
from ..core.tag_pattern import possible_charts
from ..incident.project import Project

DOCUMENT = re.compile(
    r"readme[^/]*|notes\.txt|[^/]+\.(md|mdx|markdown|rst|adoc|asciidoc|txt)(\.gotmpl)?", re.I
)
VALUES = re.compile(r"values[^/]*\.ya?ml", re.I)
# What was true once, and what is somebody else's.
HISTORY = re.compile(r"(changelog|changes|history|news|release[-_]notes)\b[^/]*", re.I)
NOTES_OF = "notes of "
LEFT_OUT = re.compile(r"(^|/)(node_modules|vendor|third_party|changelogs?)/|^\.github/workflows/")


def read_documents(project: Project, commit: str) -> dict[str, str]:
    """Return the texts for users at a commit by path, those in the top folders first."""
    listed = project.git.files.listed(commit)
    recipes = recipes_folders(listed)
    paths = []
    for path in filter(is_for_users, listed):
        if not path.startswith(recipes):
            paths.append(path)
    ordered = sorted(paths, key=lambda path: (path.count("/"), path))
    texts = project.git.files.of_paths(commit, ordered)
    return {path: _comments_only(path, text) for path, text in texts.items()}


def is_for_users(path: str) -> bool:
    """Return whether the file is a document, a chart's notes or its values."""
    name = path.rpartition("/")[2]
    if LEFT_OUT.search(path) or HISTORY.fullmatch(name):
        return False
    return bool(DOCUMENT.fullmatch(name) or VALUES.fullmatch(name))


def _comments_only(path: str, text: str) -> str:
    """Return the text; of values only the lines with a comment, the others empty."""
    if not VALUES.fullmatch(path.rpartition("/")[2]):
        return text
    lines = []
    for line in text.split("\n"):
        lines.append(line if "#" in line else "")
    return "\n".join(lines)


def read_notes(project: Project) -> tuple[dict[str, str], str]:
    """Return the notes of the newest release by their name, and why they could not be read.

    Of one of several charts they are read if it is among the repository's newest releases.
    """
    try:
        if project.label:
            return _listed_notes(project), ""
        newest = project.releases.newest(1)
        if not newest:
            return {}, ""
        tag = newest[0].tag
        return {f"{NOTES_OF}{tag}": project.github.releases.notes_of(tag)}, ""
    except RecipeError as error:
        return {}, f"the newest release's notes could not be read: {error.what}"


def _listed_notes(project: Project) -> dict[str, str]:
    """Return the notes of the newest listed release whose tag can only be the chart's."""
    notes = project.ask_once("notes", project.github.releases.newest_notes)
    for tag, text in notes.items():
        if possible_charts(tag, project.releases.charts) == {project.chart_name}:
            return {f"{NOTES_OF}{tag}": text}
    return {}
