"""Pull requests are opened on GitHub, or in a dry run planned."""

from __future__ import annotations

import pytest

from tasks.sandbox.github import GitHub as Server
from tasks.sandbox.world import SLUG
from tasks.toolkit.clients.github.client import GitHub
from tasks.toolkit.clients.github.openings import has_revert
from tasks.toolkit.core.errors import Refused

from ....plans import planned
from .conftest import VALUES, add_pull, runner_of


@pytest.fixture
def merged(server: Server) -> int:
    """Merge the branch `two` on GitHub, and give the number of its pull request."""
    pull = server.open_pull("two", "main", "feat: two")
    server.merge(pull.number)
    return pull.number


@pytest.mark.parametrize(
    ("title", "body", "draft"),
    [
        ("A title", "", True),
        ("", "@body\nof it", False),
    ],
)
@pytest.mark.thorough
def test_a_revert_is_opened(
    merged: int,
    server: Server,
    github: GitHub,
    title: str,
    body: str,
    draft: bool,
) -> None:
    bad = github.pulls.get(merged)
    opened = github.openings.open_revert(bad, title, body, draft)
    assert opened and opened.reverts(bad, SLUG)
    assert opened.title == (title or 'Revert "feat: two"')
    assert opened.body == (body or f"Reverts {SLUG}#{bad.number}")
    assert (opened.state, opened.draft) == ("OPEN", draft)
    assert "replicas: 1" in server.repository.git("show", f"{opened.head}:{VALUES}")


def test_an_older_gh_shows_the_help_of_another_command(server: Server) -> None:
    gh = runner_of(server)
    usage = gh.run(["gh", "pr", "revert", "--help"]).stdout
    assert has_revert(usage)
    usage = gh.run(["gh", "pr", "nonsense", "--help"], check=False).stdout
    assert "gh pr" in usage
    assert not has_revert(usage)


def test_a_plan_keeps_the_url_of_the_revert(
    merged: int,
    planning: GitHub,
    capsys: pytest.CaptureFixture[str],
) -> None:
    bad = planning.pulls.get(merged)
    assert planning.openings.open_revert(bad, "", "", False) is None
    assert f"\nrevert=$(gh pr revert 1 --repo {SLUG})" in planned(capsys)


def test_a_revert_that_github_cannot_make_is_refused(
    server: Server,
    github: GitHub,
) -> None:
    add_pull(server, 42, merge_sha="")
    bad = github.pulls.get(42)
    with pytest.raises(Refused, match=r"rollback\.commit --sha HASH"):
        github.openings.open_revert(bad, "", "", False)


def test_a_pull_request_is_planned(
    planning: GitHub,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert planning.openings.create("topic", "main", "Title", "Body") is None
    options = f"--head=topic --base=main --title=Title --body=Body --repo {SLUG}"
    assert f"revert=$(gh pr create {options})\n" in planned(capsys)


def test_a_draft_is_opened_from_a_branch(server: Server, github: GitHub) -> None:
    opened = github.openings.create("two", "main", "feat: two", "Body", draft=True)
    assert opened and opened.draft
    assert server.pulls[opened.number].is_draft


def test_the_title_that_github_gives_is_no_option(
    merged: int,
    planning: GitHub,
    capsys: pytest.CaptureFixture[str],
) -> None:
    bad = planning.pulls.get(merged)
    assert planning.openings.open_revert(bad, 'Revert "feat: two"', "", False) is None
    assert "--title" not in capsys.readouterr().out
