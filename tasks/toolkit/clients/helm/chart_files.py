"""The files of a chart's folder: helm takes in what links lead to, so all must be its own.

https://github.com/helm/helm/issues/8540
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from ...console.output import status
from ...core.errors import Refused
from ...core.recipes_files import MARK
from .dependency import local_dependencies

LARGE = 1 << 20  # bytes
MOST_NAMED = 5
# What a clone has beside its files: nothing of a chart, and it may hold a token.
KEPT_IN_CLONE = (".git", ".env", ".helm-rollback.env", ".rollback", ".tools", ".venv")
# A rule of .helmignore that is a name; all others can only make helm leave out more.
NAME_RULE = r"[A-Za-z0-9_.*?+@-]+/?"
MOST_RULES = 1000
ADVICE = (
    "helm would package what it leads to: remove it or put a copy in its place;"
    " when that is on the default branch: `invoke publish.all --ref BRANCH`"
)

SUBMODULE_ADVICE = (
    "run `git submodule update --init` and `helm package` in a clone at that commit, then "
    "`invoke publish.push --archive FILE`"
)


def ensure_own_files(top: Path, chart_dir: str, *, submodules: bool = True) -> None:
    """Check a chart in the tree `top`, and the folders that it depends on, before helm reads any.

    Raises Refused for a link that leads out of its chart's folder, and for devices, pipes and
    sockets; BadInput for files that are not YAML. Warns of large files and of hard links.
    Without `submodules`, `top` is a commit that git checked out: an empty folder in it is a
    submodule, which is refused, since helm would leave out its files.
    """
    chart = top / chart_dir
    if not chart.exists():  # whoever reads it says so
        return
    _ensure_within(chart, top, f"the chart's folder {chart_dir}", "the repository")
    try:
        _check_folder(chart, chart_dir, submodules)
        for path in local_dependencies(chart):
            name = f"file://{path}"
            _ensure_within(chart / path, top, f"the dependency {name}", "the repository")
            _check_folder(chart / path, name, submodules)
    except OSError as error:
        what = f"{error.filename or chart} cannot be read ({error.strerror})"
        raise Refused(what, "check its permissions") from error


def folders_to_copy(top: Path, chart_dir: str) -> list[str]:
    """Return a chart's folder in the tree `top`, and those outside it that it depends on."""
    folders = [chart_dir]
    for path in local_dependencies(top / chart_dir):
        folder = os.path.normpath(Path(chart_dir, path))
        is_inside = Path(folder).is_relative_to(chart_dir)
        if not Path(path).is_absolute() and not is_inside:
            folders.append(folder)
    return folders


def files_of_clone(folder: Path) -> list[str]:
    """Return the names of what is in a chart's folder and belongs to the clone, such as `.git`."""
    names = [name for name in KEPT_IN_CLONE if os.path.lexists(folder / name)]
    for mark in folder.glob(f"*/{MARK}"):
        copy_of_recipes = mark.relative_to(folder).parts[0]
        names.append(copy_of_recipes)
    return names


def _ensure_within(
    path: Path,
    folder: Path,
    what: str,
    where: str,
) -> None:
    """Refuse a path that leads out of a folder; `what` and `where` are their names."""
    try:
        is_within = path.resolve().is_relative_to(folder.resolve())
    except (RuntimeError, ValueError):  # links in a circle, a name with a zero byte
        is_within = False
    if not is_within:
        raise Refused(f"{what} leads out of {where}", ADVICE)


def _check_folder(chart: Path, where: str, submodules: bool) -> None:
    """Refuse what is not the chart's own, and warn of what is unusual; `where` is its name."""
    linked = []
    large = []
    hard_links = []
    for entry in _walk(chart):
        path = Path(entry.path)
        state = entry.stat(follow_symlinks=False)
        name = str(path.relative_to(chart))
        if entry.is_symlink():
            name += f" -> {path.readlink()}"
            _ensure_within(path, chart, f"the link {name}", where)
            linked.append(path)
        elif stat.S_ISREG(state.st_mode):
            if state.st_nlink > 1:
                hard_links.append(name)
            if state.st_size > LARGE:
                large.append(f"{name} ({state.st_size / LARGE:.1f} MiB)")
        elif not entry.is_dir():
            raise Refused(f"{name} in {where} is a device, pipe or socket", ADVICE)
        elif not submodules and not any(path.iterdir()):
            what = f"{name} in {where} is a submodule, whose files git does not check out"
            raise Refused(what, SUBMODULE_ADVICE)
    _refuse_nested(linked, where)
    _warn(large, f"files over 1 MiB in {where}")
    _warn(hard_links, f"hard links in {where}, whose content may be another file's")


def _refuse_nested(links: Sequence[Path], where: str) -> None:
    """Refuse links to a folder that has links to folders: helm follows a circle of these."""
    folders = [link for link in links if link.is_dir()]
    holders: set[Path] = set()
    for link in folders:
        parent = link.parent.resolve()
        holders |= {parent, *parent.parents}
    for link in folders:
        if link.resolve() in holders:
            what = f"the link {link.name} in {where} leads to a folder with links to folders"
            raise Refused(what, ADVICE)


def _warn(names: Sequence[str], what: str) -> None:
    if not names:
        return
    shown = ", ".join(names[:MOST_NAMED])
    more = len(names) - MOST_NAMED
    if more > 0:
        shown += f" and {more} more"
    status(f"{what}: {shown}", "warning")


def _walk(chart: Path) -> Iterator[os.DirEntry[str]]:
    """Yield what helm reads of a chart's folder; links are not followed."""
    rules = _ignored_names(chart)
    kept = files_of_clone(chart)
    folders = [str(chart)]
    while folders:
        folder = folders.pop()
        is_top = folder == str(chart)
        for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
            if is_top and entry.name in kept:
                continue
            if any(_is_ignored(entry, rule) for rule in rules):
                continue
            yield entry
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)


def _is_ignored(entry: os.DirEntry[str], rule: str) -> bool:
    if rule.endswith("/") and not entry.is_dir():
        return False
    return fnmatchcase(entry.name, rule.removesuffix("/"))


def _ignored_names(chart: Path) -> list[str]:
    """Return those rules of a chart's .helmignore that are names, since they are simple."""
    file = chart / ".helmignore"
    if not file.is_file():
        return []
    _ensure_within(file, chart, "the link .helmignore", str(chart))
    with file.open("rb") as stream:  # a lone \r ends no line: helm reads on
        content = stream.read(LARGE + 1)
    lines = content.decode(errors="replace").split("\n")
    if len(content) > LARGE:
        lines.pop()  # it may be cut off
    rules = []
    for line in lines[:MOST_RULES]:
        rules.append(line.strip(" \t\r"))
    return [rule for rule in rules if re.fullmatch(NAME_RULE, rule)]
