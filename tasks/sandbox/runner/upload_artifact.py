"""Copy the files that match PATHS to the folder ARTIFACT, with the folders that they share.

https://github.com/actions/upload-artifact#upload-using-multiple-paths-and-exclusions
"""

from __future__ import annotations

import glob
import hashlib
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

WITH_HIDDEN = os.environ["HIDDEN"] == "true"


def search_path(pattern: str) -> Path:
    """Return where the search for a pattern begins: what is before its first wildcard."""
    parts = []
    for part in Path(pattern).parts:
        if glob.has_magic(part):
            break
        parts.append(part)
    return Path(*parts)


def files_under(path: Path) -> Iterator[Path]:
    """Return the files at a path and below it."""
    if path.is_file():
        yield path
        return
    for child in sorted(path.iterdir()):
        if WITH_HIDDEN or not child.name.startswith("."):
            yield from files_under(child)


def is_hidden(path: Path, start: Path) -> bool:
    """Return whether the path, or a folder from the last of `start` on, is hidden."""
    parts = (start.name, *path.relative_to(start).parts)
    return any(part.startswith(".") for part in parts)


def find_matches(pattern: str) -> list[Path]:
    """Return the paths that match a pattern, in which `**` means any folders."""
    start = search_path(pattern)
    rest = Path(pattern).relative_to(start)
    if rest == Path():
        return [start] if start.exists() else []
    return list(start.glob(str(rest)))


def find_files(pattern: str) -> set[Path]:
    """Return the files that a pattern means."""
    found = set[Path]()
    for path in find_matches(pattern):
        if WITH_HIDDEN or not is_hidden(path, search_path(pattern)):
            found.update(files_under(path))
    return found


def root_of(starts: list[Path], files: set[Path]) -> Path:
    """Return the folder whose part below it is kept."""
    outer = set[Path]()
    for start in starts:
        if not any(other in start.parents for other in starts):
            outer.add(start)
    if len(outer) > 1:
        return Path(os.path.commonpath(outer))
    (root,) = outer
    return root.parent if files == {root} else root


def absolute(pattern: str) -> str:
    """Return a pattern from the root of the file system."""
    return os.path.normpath(Path(pattern).expanduser().absolute())


def write_output(name: str, value: str) -> None:
    """Write an output of the step."""
    with Path(os.environ["GITHUB_OUTPUT"]).open("a") as file:
        file.write(f"{name}={value}\n")


def digest_of(folder: Path) -> str:
    """Return a digest of the files of a folder."""
    digest = hashlib.sha256()
    for path in files_under(folder):
        digest.update(str(path.relative_to(folder)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def main() -> None:
    """Copy the files, or say that there are none."""
    wanted, unwanted = list[str](), set[Path]()
    for line in os.environ["PATHS"].splitlines():
        pattern = line.strip()
        if pattern.startswith("!"):
            unwanted |= find_files(absolute(pattern[1:]))
        elif pattern and not pattern.startswith("#"):
            wanted.append(absolute(pattern))
    files = set[Path]()
    for pattern in wanted:
        files |= find_files(pattern)
    files -= unwanted
    if not files:
        if os.environ["NO_FILES"] != "ignore":
            print(f"No files were found with the provided path: {os.environ['PATHS']}")
        sys.exit(os.environ["NO_FILES"] == "error")
    root = root_of([search_path(pattern) for pattern in wanted], files)
    artifact = Path(os.environ["ARTIFACT"])
    for file in sorted(files):
        target = artifact / file.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)  # GitHub keeps no permissions
        print(target.relative_to(artifact))
    digest = digest_of(artifact)
    number = int(digest[:8], 16)
    run = "{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}"
    write_output("id", str(number))
    write_output("url", f"{run.format(**os.environ)}/artifacts/{number}")
    write_output("digest", digest)


if __name__ == "__main__":
    main()
