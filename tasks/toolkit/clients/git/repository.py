"""git: reading commits, and reverting one in a worktree of its own, so that the person's checkout is never touched."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from ...console.signals import interrupt
from ...core.errors import Advice, BadInput, ProgramFailed, Refused, ServiceError
from ...core.secret import Secret
from ..process import ProcessRunner, Program
from .history import History
from .tags import Tags

IDENTITY_ADVICE = (
    'git config --global user.name "Your Name" && git config --global user.email you@example.com'
)

CLONE_ADVICE: Advice = (
    (
        r"could not read|Authentication failed|[Nn]ot found|does not exist",
        BadInput,
        "private, or not there: check GITHUB_REPOSITORY",
    ),
    (
        r"unable to access|Could not resolve|Connection",
        ServiceError,
        "check the network, then run the same command again",
    ),
)


REMOTE_ADVICE: Advice = (
    (
        r"couldn't find remote ref",
        BadInput,
        "set DEFAULT_BRANCH, or give a branch, that origin has",
    ),
    (
        r"does not appear to be a git repository|No such remote",
        BadInput,
        "`git remote add origin URL` in your clone, or set REPO_DIR to it",
    ),
    (
        r"unable to access|Could not resolve|Connection|timed out",
        ServiceError,
        "check the network, then run the same command again",
    ),
)


class NoRepository(BadInput):
    """There is no clone where one is needed."""


def find_root(commands: ProcessRunner, folder: Path) -> Path:
    """Return the top folder of the clone that `folder` is in. Raises NoRepository outside one."""
    found = (
        Program(commands, ["git", "-C", str(folder)], {}).read(
            "rev-parse", "--show-toplevel", check=False
        )
        if folder.is_dir()
        else None
    )
    if not found or found.status:
        raise NoRepository(
            f"{folder} is not a git repository", "run inside your clone, or set REPO_DIR to it"
        )
    return Path(found.stdout.strip())


def clone_repository(commands: ProcessRunner, url: str, folder: Path) -> None:
    """Clone the newest commit as anybody does, with no credentials. Raises BadInput, ServiceError."""
    anybody = {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "true"}
    Program(commands, ["git"], anybody, CLONE_ADVICE).change(
        "clone", "--quiet", "--depth=1", url, str(folder), scratch=True
    )


def remove_worktree(commands: ProcessRunner, tree: Path) -> None:
    """Take away a worktree that was left behind, whichever clone it belongs to."""
    Program(commands, ["git", "-C", str(tree)], {}).read(
        "worktree", "remove", "--force", "--force", str(tree), check=False
    )


class Git(Tags, History):
    """git in the clone `folder`; `scratch` is where worktrees are made; `token` serves a https remote that asks for one."""

    def __init__(self, commands: ProcessRunner, folder: Path, scratch: Path, token: Secret) -> None:
        self.folder, self._scratch = folder, scratch
        env = {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_EDITOR": "true"}
        self._git = Program(
            commands,
            ["git", "-C", str(folder)],
            env,
            ((r"dentity unknown", BadInput, IDENTITY_ADVICE),),
        )
        # gh lends git its login, asked only after the person's own credential helpers.
        lent = [
            "git",
            "-C",
            str(folder),
            "-c",
            "credential.https://github.com.helper=!gh auth git-credential",
        ]
        self._remote = Program(
            commands, lent, env | ({"GH_TOKEN": token.reveal()} if token else {}), REMOTE_ADVICE
        )

    def own(self, name: str) -> Path:
        """Return where a file of that name is among git's own, which no status shows."""
        return self.folder / self._git.read("rev-parse", "--git-path", name).stdout.strip()

    def remote(self) -> str:
        """Return the URL of `origin` as it was configured (`insteadOf` not applied), or nothing."""
        return self._git.read("config", "--get", "remote.origin.url", check=False).stdout.strip()

    def default_branch(self) -> str:
        """Return the remote's default branch, as the clone remembers it or else as the remote says."""
        known = self._git.read("symbolic-ref", "--short", "refs/remotes/origin/HEAD", check=False)
        if known.status == 0:
            return known.stdout.strip().removeprefix("origin/")
        asked = self._remote.read("ls-remote", "--symref", "origin", "HEAD").stdout
        return asked.split("\t")[0].removeprefix("ref: refs/heads/")

    def fetch(self, branch: str, *, show: bool = False) -> str:
        """Fetch `branch` from origin and return its commit; a dry run shows that if told to."""
        args = ["fetch", "--quiet", "origin", f"refs/heads/{branch}"]
        self._remote.change(*args, scratch=True) if show else self._remote.read(*args)
        return self.commit("FETCH_HEAD")

    def remote_commit(self, branch: str) -> str:
        """Return the commit of `branch` at origin, or nothing when it has no such branch."""
        return self.remote_object(f"refs/heads/{branch}")

    def commit(self, name: str, at: Path | None = None) -> str:
        """Return the full hash of the commit that `name` means: a hash, short or full, a tag or a branch. Raises BadInput."""
        where = ["-C", str(at)] if at else []
        found = self._git.read(
            *where,
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            f"{name}^{{commit}}",
            check=False,
        )
        if found.status:
            advice = "give a commit's hash, a tag or a branch; `git fetch` if it is new"
            raise BadInput(f"{name!r} names no commit in {self.folder}", advice)
        return found.stdout.strip()

    def file(self, commit: str, path: str) -> str:
        """Return a file's text at a commit, or nothing when it is not there."""
        return self._git.read("show", "--end-of-options", f"{commit}:{path}", check=False).stdout

    def current_branch(self) -> str:
        """Return the branch that is checked out, or nothing when none is."""
        return self._git.read(
            "symbolic-ref", "--short", "--quiet", "HEAD", check=False
        ).stdout.strip()

    def merge_base(self, ours: str, theirs: str) -> str:
        """Return the commit at which two lines of commits parted, or nothing."""
        return self._git.read("merge-base", ours, theirs, check=False).stdout.strip()

    def behind(self, commit: str, tip: str) -> int:
        """Return how many commits of `tip` a commit lacks."""
        return int(self._git.read("rev-list", "--count", f"{commit}..{tip}").stdout)

    def summary(self, commit: str) -> str:
        """Return the commit's short hash and subject."""
        return self._git.read("log", "-1", "--format=%h %s", commit).stdout.strip()

    def last_change(self, tip: str, path: str, lines: str) -> str:
        """Return the short hash and subject of the last commit up to `tip` that changed `lines` (a pattern) of `path`."""
        return self._git.read(
            "log", "-1", f"-G{lines}", "--format=%h %s", tip, "--", path
        ).stdout.strip()

    def changes(self, path: Path) -> list[str]:
        """Return the uncommitted changes under `path`, as `git status --short` writes them."""
        return self._git.read("status", "--porcelain", "--", str(path)).stdout.splitlines()

    def differing(self, commit: str, other: str, folder: str) -> list[str]:
        """Return the files of a folder that differ between two commits, or between one and the working copy, built dependencies aside."""
        found = self._git.read(
            "diff", "--name-only", commit, *[other] * bool(other), "--", f":(top){folder}"
        ).stdout
        new = [
            "ls-files",
            "--others",
            "--exclude-standard",
            "--full-name",
            "--",
            f":(top){folder}",
            f":(top,exclude){folder}/charts/*.tgz",
        ]
        return (found if other else found + self._git.read(*new).stdout).splitlines()

    def charts(self) -> list[str]:
        """Return the folders of the working copy that hold a chart which git knows, without charts inside charts."""
        files = self._git.read(
            "ls-files", "-z", "--full-name", "--", ":(top,glob)**/Chart.yaml"
        ).stdout.split("\0")
        folders = sorted(str(Path(file).parent) for file in files if file)
        return [
            folder
            for folder in folders
            if not any(Path(other) in Path(folder).parents for other in folders)
        ]

    @contextmanager
    def worktree(self, commit: str, *, shown: str = "", quiet: bool = False) -> Iterator[Path]:
        """Check `commit` out into a folder of its own while the block lasts; `quiet` in a dry run.

        `shown` stands for the commit in a dry run whose own commit will exist only later.
        """
        tree, act = (
            self._scratch / f"tree-{commit[:12]}",
            self._git.read if quiet else partial(self._git.change, scratch=True),
        )
        add = ["worktree", "add", "--quiet", "--detach", str(tree)]
        if shown and self._git.commands.dry:
            self._git.change(*add, shown)
        try:
            with interrupt.deferred():  # git removes no worktree that is half made
                self._git.read(*add, commit) if shown else act(*add, commit)
            yield tree
        finally:
            with interrupt.deferred():
                act("worktree", "remove", "--force", str(tree), check=False)
                if tree.exists():
                    remove_worktree(self._git.commands, tree)

    def revert(self, tree: Path, commit: str, *, quiet: bool = False) -> bool:
        """Commit in the worktree `tree` the revert of `commit`, a merge as against its first parent; `quiet` in a dry run.

        Tells whether anything was left to take back. Raises Refused with the files on a conflict; the tree is the caller's to drop.
        """
        args = [
            "-C",
            str(tree),
            "revert",
            "--no-edit",
            "-m",
            "1",
            commit,
        ]  # -m 1 is accepted on ordinary commits too
        done = (
            self._git.read(*args, check=False)
            if quiet
            else self._git.change(*args, scratch=True, check=False)
        )
        if done.status == 0:
            return True
        files = self._git.read(
            "-C", str(tree), "diff", "--name-only", "--diff-filter=U"
        ).stdout.split("\n")
        if any(files):
            advice = "revert by hand on a branch, and open a pull request; nothing was changed"
            raise Refused(
                f"{commit[:12]} cannot be reverted without a conflict in {', '.join(filter(None, files))}",
                advice,
            )
        if "nothing to commit" in done.stdout + done.stderr:
            return False
        raise ProgramFailed(
            ["git", "revert"],
            done.status,
            done.stderr,
            IDENTITY_ADVICE if "dentity unknown" in done.stderr else "",
        )

    def push(self, tree: Path, branch: str, instead: str) -> None:
        """Push the worktree's commit to `branch` at origin. Raises Refused when the remote does; `instead` is what to do then."""
        done = self._remote.change(
            "-C",
            str(tree),
            "push",
            "--porcelain",
            "origin",
            f"HEAD:refs/heads/{branch}",
            check=False,
        )
        if done.status == 0:
            return
        said = self._git.commands.mask(done.stdout + done.stderr)
        if any(
            word in said
            for word in ("pre-receive hook declined", "GH006", "GH013", "protected branch")
        ):
            raise Refused(f"{branch} is protected, so that nothing was pushed", instead)
        if any(word in said for word in ("fetch first", "non-fast-forward", "stale info")):
            raise Refused(
                f"{branch} has moved on at origin meanwhile; nothing was pushed",
                "run the same command again",
            )
        raise ProgramFailed(
            ["git", "push"],
            done.status,
            said,
            "nothing was pushed; check the network and your access to origin",
        )
