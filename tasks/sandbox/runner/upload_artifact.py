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


def digest_of(folder: Path) -> str:
    """Return a digest of the files of a folder."""
    digest = hashlib.sha256()
    for path in files_under(folder):
        digest.update(str(path.relative_to(folder)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def wanted_files() -> tuple[list[Path], set[Path]]:
    """Return where the searches begin, and the files that they find."""
    starts = list[Path]()
    files = set[Path]()
    unwanted = set[Path]()
    for line in os.environ["PATHS"].splitlines():
        pattern = line.strip()
        if not pattern or pattern.startswith("#"):
            continue
        if pattern.startswith("!"):
            unwanted |= find_files(absolute(pattern[1:]))
            continue
        pattern = absolute(pattern)
        starts.append(search_path(pattern))
        files |= find_files(pattern)
    return starts, files - unwanted


def end_without_files() -> None:
    """Exit with an error if there must be files."""
    choice = os.environ["NO_FILES"]
    if choice != "ignore":
        print(f"No files were found with the provided path: {os.environ['PATHS']}")
    sys.exit(choice == "error")


def write_outputs(artifact: Path) -> None:
    """Write the outputs of the step."""
    digest = digest_of(artifact)
    number = int(digest[:8], 16)
    run = "{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}"
    url = run.format(**os.environ)
    with Path(os.environ["GITHUB_OUTPUT"]).open("a") as file:
        file.write(f"id={number}\n")
        file.write(f"url={url}/artifacts/{number}\n")
        file.write(f"digest={digest}\n")


def main() -> None:
    """Copy the files, or say that there are none."""
    starts, files = wanted_files()
    if not files:
        end_without_files()
    root = root_of(starts, files)
    artifact = Path(os.environ["ARTIFACT"])
    for file in sorted(files):
        target = artifact / file.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)  # GitHub keeps no permissions
        print(target.relative_to(artifact))
    write_outputs(artifact)


if __name__ == "__main__":
    main()
