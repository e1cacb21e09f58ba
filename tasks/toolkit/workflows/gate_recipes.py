"""The recipes that workflows run: a copy in the repository, or a commit of their own repository."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..clients.git.cli import local_git
from ..clients.git.clones import find_root
from ..clients.git.origin import Origin, repository_in_url
from ..clients.process import ProcessRunner
from ..core.errors import BadInput
from ..core.invocation import CHECKOUT
from ..core.package_origin import find_package_origin
from ..core.recipes_files import MARK
from ..core.shell import quote
from ..incident.project import Project
from ..incident.recipes_place import is_checkout

COPY_ADVICE = "run `invoke init --copy rollback` first, and commit the copy"


@dataclass(frozen=True)
class GateRecipes:
    """The recipes: the `program` of a copy in the repository, as a shell reads it.

    Or else the `commit` of their own `repository`, as owner/name on GitHub. `untracked` is the
    folder of a copy that is still to be committed.
    """

    program: str = ""
    repository: str = ""
    commit: str = ""
    untracked: str = ""

    @property
    def action(self) -> str:
        """The recipes as an action, as `uses:` has it."""
        if self.repository:
            return f"{self.repository}@{self.commit}"
        return self.program.removesuffix("/inv")


def find_recipes(project: Project) -> GateRecipes:
    """Return what the gate can run on GitHub. Raises BadInput."""
    tracked = _copies(project, "--cached")
    untracked = _copies(project, "--others")
    if tracked:
        return GateRecipes(_program_in(_preferred(project, tracked)))
    if untracked:
        folder = _preferred(project, untracked)
        return GateRecipes(_program_in(folder), untracked=folder or ".")
    return _own_repository(project.runner)


def _copies(project: Project, kind: str) -> list[str]:
    """Return the folders with a copy, of which git tracks or sees the files, with a `/` each."""
    git = local_git(project.runner, project.root)
    pathspec = f":(top,glob)**/{MARK}"
    listed = git.read("ls-files", "-z", kind, "--exclude-standard", "--", pathspec)
    files = listed.stdout.split("\0")[:-1]
    folders = [file.removesuffix(MARK) for file in files]
    return sorted(folder for folder in folders if (project.root / folder / "inv").is_file())


def _preferred(project: Project, folders: Sequence[str]) -> str:
    """Return the folder of the recipes that run now if it is one of these, else the first one."""
    for folder in folders:
        if (project.root / folder).resolve() == CHECKOUT:
            return folder
    return folders[0]


def _program_in(folder: str) -> str:
    return quote(f"./{folder}inv")


def _own_repository(runner: ProcessRunner) -> GateRecipes:
    """Return the commit of the running recipes, which GitHub must have. Raises BadInput."""
    missing = "the workflow would find no recipes on GitHub"
    package = find_package_origin()
    if package:
        repository = repository_in_url(package.url)
        if not repository:
            what = f"{missing}: this package was not installed from a commit there"
            install = "`pip install git+https://github.com/OWNER/RECIPES`"
            raise BadInput(what, f"{install}, or run `init --copy rollback` from a clone of them")
        return GateRecipes(repository=repository, commit=package.commit)
    if not is_checkout(find_root(runner, CHECKOUT)):
        what = f"{missing}: {CHECKOUT} is ignored by git, and no repository of its own"
        raise BadInput(what, COPY_ADVICE)
    git = local_git(runner, CHECKOUT)
    url = Origin(git).url()
    repository = repository_in_url(url)
    if not repository:
        origin = f"{url} is not on github.com" if url else "their clone has no origin"
        raise BadInput(f"{missing}: {origin}", COPY_ADVICE)
    commit = git.text("rev-parse", "HEAD")
    if not git.text("for-each-ref", "--count=1", f"--contains={commit}", "refs/remotes/origin"):
        what = f"{missing}: {repository} has no commit {commit[:12]} as far as its clone tells"
        raise BadInput(what, f"push it, or {COPY_ADVICE}")
    return GateRecipes(repository=repository, commit=commit)
