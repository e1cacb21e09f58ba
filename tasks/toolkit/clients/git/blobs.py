"""Files of commits: a few processes read them, however many they are."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence

from ...core.errors import BadInput
from ..program import Program
from .names import is_full_hash

LARGEST_FILE = 1 << 20  # bytes
KIND_ID_SIZE = "%(objecttype) %(objectname) %(objectsize)"


class Files:
    """The files in the commits of a clone. Texts are decoded as UTF-8, with replacements.

    Where several texts are returned, one of more than LARGEST_FILE bytes is left out.
    """

    def __init__(self, git: Program) -> None:
        self._git = git
        # By name, such as `COMMIT:README.md`, of full hashes only: these commits do not change.
        self._texts: dict[str, str] = {}
        self._folders: dict[str, list[str]] = {}

    def read(self, commit: str, path: str) -> str:
        """Return the text of a file at a commit, or nothing if it is missing there.

        Raises BadInput for a file of more than LARGEST_FILE bytes.
        """
        name = f"{commit}:{path}"
        if name in self._texts:
            return self._texts[name]
        blobs = self._blobs([name])
        if name not in blobs:
            return ""
        _, size = blobs[name]
        if size > LARGEST_FILE:
            what = f"{path} at {commit[:12]} has {size} bytes"
            raise BadInput(what, f"at most {LARGEST_FILE} are read")
        text = self._contents([name])[name]
        if is_full_hash(commit):
            self._texts[name] = text
        return text

    def listed(self, commit: str) -> list[str]:
        """Return the paths of all files at a commit."""
        argv = ["ls-tree", "-r", "-z", "--full-tree", "--name-only", commit]
        return self._git.read(*argv, check=False).stdout.split("\0")[:-1]

    def named(self, commit: str, name: str) -> list[str]:
        """Return the paths of the files of that name at a commit."""
        return [path for path in self.listed(commit) if path.rpartition("/")[2] == name]

    def of_commits(self, commits: Iterable[str], path: str) -> dict[str, str]:
        """Return the text of one file at each of the commits that has it."""
        names = {}
        for commit in commits:
            names[f"{commit}:{path}"] = commit
        return self._texts_by_key(names)

    def of_paths(self, commit: str, paths: Iterable[str]) -> dict[str, str]:
        """Return the texts of those files that exist at a commit, by path."""
        names = {}
        for path in paths:
            names[f"{commit}:{path}"] = path
        return self._texts_by_key(names)

    def in_folder(self, commit: str, folder: str) -> dict[str, str]:
        """Return the texts of the files in a folder at a commit by path, without subfolders."""
        key = f"{commit}:{folder}"
        if key in self._folders:
            return {path: self._texts[f"{commit}:{path}"] for path in self._folders[key]}
        argv = ["ls-tree", "-z", "--name-only", "--full-tree", commit, f"{folder}/"]
        paths = self._git.read(*argv, check=False).stdout.split("\0")[:-1]
        texts = self.of_paths(commit, paths)
        if texts and is_full_hash(commit):
            for path, text in texts.items():
                self._texts[f"{commit}:{path}"] = text
            self._folders[key] = list(texts)  # last, for who asks at the same time
        return texts

    def ids(self, names: Iterable[str]) -> dict[str, str]:
        """Return the id of each blob that exists, by its name, such as `HEAD:README.md`."""
        ids = {}
        for name, (blob, _) in self._blobs(names).items():
            ids[name] = blob
        return ids

    def texts(self, names: Iterable[str]) -> dict[str, str]:
        """Return the text of each blob that exists, by its name, such as `HEAD:README.md`."""
        blobs = self._blobs(names)
        return self._contents([name for name, (_, size) in blobs.items() if size <= LARGEST_FILE])

    def _contents(self, found: Sequence[str]) -> dict[str, str]:
        """Return the texts of blobs that exist, by their names."""
        mark = secrets.token_hex(16)  # sizes are in bytes, and the output is decoded
        printed = self._read(f"--batch={mark}", found)
        parts = printed.split(f"{mark}\n")[1:]
        texts = {}
        for name, part in zip(found, parts, strict=True):
            texts[name] = part.removesuffix("\n")
        return texts

    def _texts_by_key(self, names: Mapping[str, str]) -> dict[str, str]:
        texts = {}
        for name, text in self.texts(names).items():
            key = names[name]
            texts[key] = text
        return texts

    def _blobs(self, names: Iterable[str]) -> dict[str, tuple[str, int]]:
        """Return the id and the size of each blob that exists, by its name."""
        names = [name for name in dict.fromkeys(names) if "\n" not in name]
        checked = self._read(f"--batch-check={KIND_ID_SIZE}", names)
        blobs = {}
        for name, line in zip(names, checked.split("\n"), strict=False):
            kind, _, rest = line.partition(" ")
            blob, _, size = rest.partition(" ")
            if kind == "blob":
                blobs[name] = blob, int(size)
        return blobs

    def _read(self, option: str, names: Sequence[str]) -> str:
        """Return what `git cat-file` prints of the names; it reads one on each line."""
        asked = "".join(f"{name}\n" for name in names)
        return self._git.read("cat-file", option, stdin=asked).stdout if names else ""
