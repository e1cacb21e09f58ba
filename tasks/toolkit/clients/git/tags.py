"""Tags, in the clone and at origin."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Sequence

from ...core.errors import RecipeError, ServiceError
from ...core.recent import Recent
from ..program import Program
from ..retry import nothing_found
from .cli import PUSH, fetch_from_origin, objects_at_origin, report_hooks
from .tag_list import OriginTag, list_local_tags, list_tags


class Tags:
    """The tags of a clone and of its origin."""

    def __init__(self, git: Program, remote: Program) -> None:
        self._git = git
        self._remote = remote
        self._listed = Recent(lambda: list_tags(git, remote))

    def fetch(self) -> None:
        """Fetch new tags from origin; those that the clone has stay as they are."""
        fetch_from_origin(self._remote, "--tags", "origin", check=False)

    def listed(self, max_age: float = 0) -> Sequence[OriginTag]:
        """Return the tags at origin, newest first, as they were at most `max_age` seconds ago.

        The clone gets those that it lacks.
        """
        return self._listed.get(max_age)

    def in_clone(self) -> Sequence[OriginTag]:
        """Return the tags that the clone has, newest first, without asking origin."""
        return list_local_tags(self._git)

    def origin_and_local(self, tag: str) -> tuple[str, str]:
        """Return the commits that a tag names at origin and here; nothing where it is missing.

        A tag that moved at origin stays as it is here: the user may want it.
        """
        local = self._resolve(f"refs/tags/{tag}^{{commit}}")
        fetched = self._fetch_object(tag)
        if not fetched:
            return "", local
        at_origin = self._git.text("rev-parse", "--verify", f"{fetched}^{{commit}}")
        return at_origin, local

    def messages(self, tag: str) -> dict[str, str]:
        """Return the message of a tag `here` and at `origin`, where it exists.

        The message of a tag without annotation is empty.
        """
        objects = {
            "here": self._resolve(f"refs/tags/{tag}"),
            "origin": self._fetch_object(tag),
        }
        return {place: self._message(name) for place, name in objects.items() if name}

    def with_message(self, message: str, is_matching: Callable[[str], bool]) -> set[str]:
        """Return the annotated tags, here and at origin, that match and say `message`."""
        messages = self._local_messages()
        new = []
        for tag, name in self._at_origin().items():
            if is_matching(tag) and (tag, name) not in messages:
                new.append((tag, name))
        if new:
            self._fetch_unnamed(tag for tag, _ in new)
        for tag, name in new:
            messages[tag, name] = self._message(name)
        found = set()
        for (tag, _), its_message in messages.items():
            if is_matching(tag) and its_message == message:
                found.add(tag)
        return found

    def create(
        self,
        tag: str,
        commit: str,
        message: str,
    ) -> bool:
        """Create an annotated tag and push it; return False if that was only planned."""
        report_hooks(self._git)
        self._listed.forget()
        self._git.change(
            "tag",
            "--annotate",
            "--no-sign",
            f"--message={message}",
            tag,
            commit,
        )
        push = [*PUSH, "--quiet", "origin", f"refs/tags/{tag}"]
        pushed = self._remote.change(*push, find_outcome=nothing_found, kind="tag")
        return pushed is not None

    def delete(self, tag: str) -> list[str]:
        """Delete a tag and return where it was: `here`, `at origin`; nothing if only planned.

        Raises ServiceError if the tag is still at origin.
        """
        places = []
        self._listed.forget()
        local = self._git.change("tag", "--delete", tag, check=False)
        if local and local.status == 0:
            places.append("here")
        if self._delete_at_origin(tag):
            places.append("at origin")
        return places

    def _delete_at_origin(self, tag: str) -> bool:
        """Delete a tag at origin; return whether it was there."""
        ref = f"refs/tags/{tag}"
        advice = f"to delete it by hand: git push origin --delete {ref}"
        try:
            # Asked first, since git also reports success for a tag that was never there.
            existed = tag in self._at_origin()
            argv = [*PUSH, "--quiet", "origin", "--delete", ref]
            push = self._remote.change(
                *argv,
                check=False,
                find_outcome=nothing_found,
                kind="deletion",
            )
            if push is None:
                return False
            remains = tag in self._at_origin()
        except RecipeError as error:
            what = f"{tag} may still be at origin ({error.what})"
            raise ServiceError(what, advice) from error
        if remains:
            what = f"{tag} is still at origin ({_reason(push.stderr)})"
            raise ServiceError(what, advice)
        return existed

    def _at_origin(self) -> dict[str, str]:
        return objects_at_origin(self._remote, "tags")

    def _fetch_object(self, tag: str) -> str:
        """Fetch the object that a tag names at origin, and return its name, or nothing."""
        name = self._at_origin().get(tag, "")
        if name:
            self._fetch_unnamed([tag])
        return name

    def _fetch_unnamed(self, tags: Iterable[str]) -> None:
        """Fetch tags from origin without naming them in the clone."""
        refs = []
        for tag in tags:
            refs.append(f"refs/tags/{tag}")
        fetch_from_origin(self._remote, "--no-tags", "origin", *refs)

    def _local_messages(self) -> dict[tuple[str, str], str]:
        """Return the first line of each message here, by tag and object; "" if not annotated."""
        form = "--format=%(objecttype) %(objectname) %(refname:strip=2) %(subject)"
        listed = self._git.read("for-each-ref", form, "refs/tags").stdout
        messages = {}
        for line in listed.split("\n")[:-1]:
            kind, name, tag, subject = line.split(" ", 3)
            messages[tag, name] = subject if kind == "tag" else ""
        return messages

    def _resolve(self, name: str) -> str:
        return self._git.text("rev-parse", "--verify", "--quiet", name, check=False)

    def _message(self, name: str) -> str:
        """Return the message of a tag object, or nothing for an object of another type."""
        tag_object = self._git.text("cat-file", "tag", name, check=False)
        return tag_object.partition("\n\n")[2].strip()


def _reason(stderr: str) -> str:
    """Return why the remote rejected a push."""
    reasons = []
    for line in stderr.split("\n"):
        reason = line.removeprefix("remote:").strip()
        if reason and line.startswith(("remote:", " ! ", "fatal:")):
            reasons.append(reason)
    return textwrap.shorten(", ".join(reasons) or "git gave no reason", 300)
