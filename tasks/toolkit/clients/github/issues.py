"""The issues of a repository, their comments and labels."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from ..process import ProgramOutput
from ..program import FindOutcome
from ..retry import nothing_found
from .answers import check_answer
from .gh import Gh, parse_items, read_new_number
from .pulls import parse_time

STATE_LIMIT = 10.0  # seconds to wait for the state of an issue
INCIDENT_LABEL = "type: incident"
# https://docs.github.com/en/graphql/reference/interfaces#comment
AUTHORS = """
query($owner: String!, $name: String!, $number: Int!, $endCursor: String) {
  repository(owner: $owner, name: $name) {
    issue(number: $number) {
      viewerDidAuthor
      author { __typename login }
      comments(first: 100, after: $endCursor) {
        nodes { fullDatabaseId body viewerDidAuthor }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}"""
OWN_COMMENTS = ".comments.nodes[] | select(.viewerDidAuthor) | {id: .fullDatabaseId, body}"
# A person cannot have the name of a bot: https://docs.github.com/en/graphql/reference/objects#bot
OWN_ISSUE = """.viewerDidAuthor or .author == {"__typename": "Bot", "login": "github-actions"}"""
ISSUE_FIELDS = "number,title,body,url,state,createdAt,labels"


@dataclass(frozen=True)
class Issue:
    """An issue; `state` is OPEN or CLOSED, `labels` are names."""

    number: int
    title: str
    body: str
    url: str
    state: str
    created_at: datetime
    labels: tuple[str, ...]

    @classmethod
    def parse(cls, data: dict[str, Any]) -> Issue:
        """Build an issue from the JSON of gh."""
        return cls(
            number=data["number"],
            title=data["title"],
            body=data["body"],
            url=data["url"],
            state=data["state"],
            created_at=parse_time(data["createdAt"]),
            labels=tuple(label["name"] for label in data["labels"]),
        )


class Issues:
    """The issues of the repository of `gh`."""

    def __init__(self, gh: Gh) -> None:
        self._gh = gh

    def opened_since(self, time: datetime, state: str = "open") -> list[Issue]:
        """Return the open issues, or all, that were opened since a time in UTC, newest first.

        There are at most 1000, the limit of GitHub's search.
        """
        search = f"--search=created:>={time:%Y-%m-%dT%H:%M:%SZ}"
        issues = self._list(f"--state={state}", search, "--limit=1000")
        issues.sort(key=lambda issue: (issue.created_at, issue.number), reverse=True)
        return issues

    def with_labels(self, *labels: str, state: str = "open") -> list[Issue]:
        """Return the newest 100 issues that have all the labels, newest first."""
        options = [f"--label={label}" for label in labels]
        return self._list(f"--state={state}", "--limit=100", *options)

    def _list(self, *options: str) -> list[Issue]:
        answer = self._gh.ask_fields(ISSUE_FIELDS, "issue", "list", *options)
        return [Issue.parse(data) for data in answer]

    def get(self, number: int) -> Issue | None:
        """Return an issue, or None if it was deleted."""
        argv = ["issue", "view", str(number)]
        data = self._gh.find_fields(ISSUE_FIELDS, *argv, missing="Could not resolve to an ")
        return Issue.parse(data) if data else None

    def is_closed(self, number: int) -> bool:
        """Return whether an issue is closed, waiting for the answer at most STATE_LIMIT seconds."""
        argv = ["issue", "view", str(number), "--repo", self._gh.slug]
        query = ["--json", "state", "--jq", ".state"]
        output = self._gh.program.read(*argv, *query, limit=STATE_LIMIT)
        return output.stdout.strip() == "CLOSED"

    def create_labels(self, wanted: dict[str, str]) -> None:
        """Create those labels (name to colour) that the repository lacks."""
        answer = self._gh.ask_fields("name", "label", "list", "--limit=500")
        existing = {label["name"].lower() for label in answer}
        for name, colour in wanted.items():
            if name.lower() in existing:
                continue
            argv = ["label", "create", name, f"--color={colour}", "--force"]
            self._gh.change(*argv, find_outcome=nothing_found, kind="label")

    def create(
        self,
        title: str,
        body: str,
        labels: list[str],
    ) -> int | None:
        """Open an issue and return its number; None if that was only planned."""
        options = [f"--label={label}" for label in labels]
        argv = ["issue", "create", f"--title={title}", *options]
        find_new = partial(self._find_new, title, body)
        output = self._write(body, *argv, find_outcome=find_new, kind="issue")
        if output is None:
            return None
        return read_new_number(output.stdout, "issue")

    def _find_new(self, title: str, body: str) -> ProgramOutput | None:
        """Return the output of the command that opened an issue a moment ago, if it did."""
        for issue in self._list("--state=open", "--limit=20"):
            if issue.title == title and issue.body.strip() == body.strip():
                return ProgramOutput(0, issue.url, "")
        return None

    def edit(self, number: int, title: str, body: str) -> None:
        """Replace the title and the text of an issue."""
        argv = ["issue", "edit", str(number), f"--title={title}"]
        self._write(body, *argv, kind="issue edit")

    def close(self, number: int) -> None:
        """Close an issue as completed."""
        argv = ["issue", "close", str(number), "--reason=completed"]
        self._gh.change(*argv, find_outcome=nothing_found, kind="closed issue")

    def is_own(self, number: int) -> bool:
        """Return whether the login that is used here, or GitHub Actions, opened an issue."""
        return self._ask_authors(number, OWN_ISSUE)[:1] == [True]

    def own_comments(self, number: int) -> dict[int, str]:
        """Return the comments on an issue that the login used here wrote, by ids, oldest first."""
        texts = {}
        comments = self._ask_authors(number, OWN_COMMENTS)
        check_answer("gh api graphql", comments, ["id", "body"], is_list=True)
        for comment in comments:
            texts[int(comment["id"])] = comment["body"]
        return texts

    def _ask_authors(self, number: int, query: str) -> list[Any]:
        """Return what a query of jq finds in an issue, page by page of its comments."""
        owner, _, name = self._gh.slug.partition("/")
        argv = ["api", "graphql", "--paginate", f"-fquery={AUTHORS}"]
        variables = [f"-fowner={owner}", f"-fname={name}", f"-Fnumber={number}"]
        path = f".data.repository.issue | {query}"
        output = self._gh.program.read(*argv, *variables, "--jq", path)
        return parse_items(output.stdout)

    def comment(self, number: int, text: str) -> None:
        """Comment on an issue."""

        def find_outcome() -> ProgramOutput | None:
            for body in self.own_comments(number).values():
                if body.strip() == text.strip():
                    return ProgramOutput(0, "", "")
            return None

        argv = ["issue", "comment", str(number)]
        self._write(text, *argv, find_outcome=find_outcome, kind="comment")

    def edit_comment(self, comment_id: int, text: str) -> None:
        """Replace the text of a comment."""
        path = f"repos/{self._gh.slug}/issues/comments/{comment_id}"
        argv = ["api", "--method=PATCH", path, "--silent", "--field=body=@-"]
        self._gh.write_text(text, *argv, find_outcome=nothing_found, kind="comment edit")

    def _write(
        self,
        body: str,
        *args: str,
        find_outcome: FindOutcome = nothing_found,
        kind: str = "",
    ) -> ProgramOutput | None:
        return self._gh.write_text(
            body,
            *args,
            "--repo",
            self._gh.slug,
            "--body-file=-",
            find_outcome=find_outcome,
            kind=kind,
        )
