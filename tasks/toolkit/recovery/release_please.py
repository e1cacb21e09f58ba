"""The files that release-please changes in the commit of a release.

https://github.com/googleapis/release-please/tree/main/src/updaters
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ..clients.github.ref_filters import matches
from ..clients.github.workflow_calls import WORKFLOWS
from ..core.marked_versions import VERSION, replace_marked
from ..core.yaml_edit import parse_json_path, replace_strings
from .automation import MANIFEST
from .release_please_package import Package

HEADING = "# Changelog\n\n"
NOTES = """\
## [{version}]({url}/compare/{before}...{after}) ({date})


### Miscellaneous

* release {version}

"""
OF_VERSION = "$.version"
JSON_ENDS = (".json",)
YAML_ENDS = (".yaml", ".yml")


@dataclass
class ReleaseCommit:
    """The commit that releases a version of a package of the repository at `url`.

    `read` returns the text of a file before it, or nothing; `listed` returns the paths of all.
    """

    package: Package
    version: str
    url: str
    read: Callable[[str], str]
    listed: Callable[[], Iterable[str]]
    _texts: dict[str, str] = field(default_factory=dict)
    _without_comments: set[str] = field(default_factory=set)

    def changed_files(self) -> dict[str, str]:
        """Return the new texts of the files that it changes, by path; never of a workflow."""
        self._texts.clear()
        self._without_comments.clear()
        self._set_manifest()
        self._add_notes()
        self._change_own_files()
        entries = self.package.options.get("extra-files")
        for entry in entries if isinstance(entries, list) else []:
            for path, kind, json_path in self._files_of(entry):
                self._change(path, kind, json_path)
        return self._texts

    def _set_manifest(self) -> None:
        text = self.read(MANIFEST)
        changed, _ = replace_strings(text, [self.package.folder], lambda _: self.version)
        self._write(MANIFEST, changed)

    def _add_notes(self) -> None:
        if self.package.options.get("skip-changelog") is True:
            return
        name = str(self.package.options.get("changelog-path") or "CHANGELOG.md")
        path = self.package.path_of(name)
        text = self.read(path)
        older = text.removeprefix(HEADING.rstrip())
        notes = NOTES.format(
            version=self.version,
            url=self.url,
            before=self.package.tag_of(self.package.version),
            after=self.package.tag_of(self.version),
            date=datetime.now(UTC).date(),
        )
        self._write(path, HEADING + notes + older.lstrip())

    def _change_own_files(self) -> None:
        """Change what the release type always changes, of those types that charts are kept with."""
        kind = self.package.options.get("release-type")
        if kind == "helm":
            path = self.package.path_of("Chart.yaml")
            self._change(path, "yaml", OF_VERSION, of_any_type=True)
        elif kind == "simple":
            name = str(self.package.options.get("version-file") or "version.txt")
            path = self.package.path_of(name)
            if self.read(path):
                self._write(path, f"{self.version}\n")
        elif kind == "node":
            for name in ("package.json", "package-lock.json"):
                self._change(self.package.path_of(name), "json", OF_VERSION)
            self._change(
                self.package.path_of("package-lock.json"), "json", "$.packages[''].version"
            )

    def _files_of(self, entry: object) -> Iterator[tuple[str, str, str]]:
        """Yield path, type and JSON path of the files of an entry of `extra-files`."""
        if isinstance(entry, str):
            path = self.package.path_of(entry)
            if path.endswith(JSON_ENDS):
                yield path, "json", OF_VERSION
            elif path.endswith(YAML_ENDS):
                yield path, "yaml", OF_VERSION
            yield path, "generic", ""
        elif isinstance(entry, dict) and isinstance(entry.get("path"), str):
            kind, json_path = str(entry.get("type")), str(entry.get("jsonpath"))
            path = self.package.path_of(entry["path"])
            paths = [path]
            if entry.get("glob") is True:
                paths = [listed for listed in self.listed() if matches(path, listed)]
            for found in paths:
                yield found, kind, json_path

    def _change(
        self,
        path: str,
        kind: str,
        json_path: str,
        *,
        of_any_type: bool = False,
    ) -> None:
        """Change the version in a file, if it exists."""
        text = self._texts.get(path) or self.read(path)
        if kind == "generic" and path not in self._without_comments:
            marked = replace_marked(text, self.version)
            self._write(path, marked)
        keys = parse_json_path(json_path)
        if keys is None or kind not in ("json", "yaml"):
            return
        change = self._in_json if kind == "json" else self._in_yaml
        changed, count = replace_strings(
            text,
            keys,
            change,
            of_any_type=of_any_type,
        )
        self._write(path, changed)
        is_helm = of_any_type
        if count and kind == "yaml" and not is_helm:
            # It writes the file anew then, and its own marks are lost.
            self._without_comments.add(path)

    def _in_yaml(self, _: str) -> str:
        return self.version

    def _in_json(self, value: str) -> str:
        return VERSION.sub(self.version, value, count=1)

    def _write(self, path: str, text: str) -> None:
        is_workflow = path.startswith(f"{WORKFLOWS}/")
        if text and text != self.read(path) and not is_workflow:
            self._texts[path] = text
