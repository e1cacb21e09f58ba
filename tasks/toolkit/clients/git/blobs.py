"""Many files of commits, read by a few processes however many they are."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from ..program import Program

LARGEST_FILE = 1 << 20  # bytes; a larger one is left out
KIND_AND_SIZE = "%(objecttype) %(objectsize)"


class Files:
    """The files in the commits of a clone. Texts are decoded as UTF-8, with replacements."""

    def __init__(self, git: Program) -> None:
        self._git = git

    def of_commits(self, commits: Iterable[str], path: str) -> dict[str, str]:
        """Return the text of one file at each of the commits that has it."""
        blobs = self.texts(f"{commit}:{path}" for commit in commits)
        return {name.partition(":")[0]: text for name, text in blobs.items()}

    def named(self, commit: str, name: str) -> list[str]:
        """Return the paths of the files of that name at a commit."""
        argv = ["ls-tree", "-r", "-z", "--name-only", "--full-tree", commit]
        paths = self._git.read(*argv, check=False).stdout.split("\0")[:-1]
        return [path for path in paths if path.rpartition("/")[2] == name]

    def in_folder(self, commit: str, folder: str) -> dict[str, str]:
        """Return the texts of the files in a folder at a commit by path, without subfolders."""
        argv = ["ls-tree", "-z", "--name-only", "--full-tree", commit, f"{folder}/"]
        paths = self._git.read(*argv, check=False).stdout.split("\0")[:-1]
        return self.of_paths(commit, paths)

    def listed(self, commit: str) -> list[str]:
        """Return the paths of all files at a commit."""
        argv = ["ls-tree", "-r", "-z", "--full-tree", "--name-only", commit]
        return self._git.read(*argv).stdout.split("\0")[:-1]

    def of_paths(self, commit: str, paths: Iterable[str]) -> dict[str, str]:
        """Return the texts of those files that exist at a commit, by path."""
        blobs = self.texts(f"{commit}:{path}" for path in paths)
        return {name.partition(":")[2]: text for name, text in blobs.items()}

    def ids(self, names: Iterable[str]) -> dict[str, str]:
        """Return the id of each blob that exists, by its name, such as `HEAD:README.md`."""
        names = [name for name in dict.fromkeys(names) if "\n" not in name]
        if not names:
            return {}
        argv = ["cat-file", "--batch-check=%(objecttype) %(objectname)"]
        checked = self._git.read(*argv, stdin=_lines(names)).stdout
        found = {}
        for name, line in zip(names, checked.split("\n"), strict=False):
            kind, _, blob = line.partition(" ")
            if kind == "blob":
                found[name] = blob
        return found

    def paths(self, commit: str) -> set[str]:
        """Return the paths of all files at a commit."""
        argv = ["ls-tree", "-r", "-z", "--name-only", commit]
        return set(self._git.read(*argv).stdout.split("\0")[:-1])

    def texts(self, names: Iterable[str]) -> dict[str, str]:
        """Return the text of each blob that exists, by its name, such as `HEAD:README.md`."""
        names = [name for name in dict.fromkeys(names) if "\n" not in name]
        if not names:
            return {}
        argv = ["cat-file", f"--batch-check={KIND_AND_SIZE}"]
        checked = self._git.read(*argv, stdin=_lines(names)).stdout
        found = []
        for name, line in zip(names, checked.split("\n"), strict=False):
            kind, _, size = line.partition(" ")
            if kind == "blob" and int(size) <= LARGEST_FILE:
                found.append(name)
        mark = secrets.token_hex(16)  # sizes are in bytes, and the output is decoded
        printed = self._git.read("cat-file", f"--batch={mark}", stdin=_lines(found)).stdout
        texts = printed.split(f"{mark}\n")[1:]
        return {name: text.removesuffix("\n") for name, text in zip(found, texts, strict=True)}


def _lines(words: Iterable[str]) -> str:
    return "".join(f"{word}\n" for word in words)
