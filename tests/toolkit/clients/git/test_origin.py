"""Which repository of GitHub origin is: its URLs tell in many forms, a mirror's does not."""

from __future__ import annotations

import pytest

from tasks.toolkit.clients.git.origin import repository_in_url
from tasks.toolkit.clients.git.repository import Repository

from .conftest import Clone

SLUG = "stianfro/threek8s"
URLS = [
    (f"https://github.com/{SLUG}", SLUG),
    (f"https://github.com/{SLUG}.git", SLUG),
    (f"https://token@github.com/{SLUG}.git/", SLUG),
    (f"git@github.com:{SLUG}.git", SLUG),
    (f"github.com:{SLUG}", SLUG),
    (f"ssh://git@ssh.github.com:443/{SLUG}.git", SLUG),
    (f"git+ssh://git@GitHub.com/{SLUG}", SLUG),
    ("https://github.com/a/b.c.git", "a/b.c"),
    (f"https://ghe.example.org/{SLUG}.git", SLUG),
    (f"https://gitlab.com/{SLUG}.git", ""),
    (f"https://mirror.example.org/github.com/{SLUG}.git", ""),
    ("https://github.com/stianfro", ""),
    ("https://github.com/a/b/c", ""),
    (f"/srv/git/github.com/{SLUG}.git", ""),
    (f"../github.com/{SLUG}", ""),
    (f"file:///github.com/{SLUG}", ""),
    (f"git@work:{SLUG}.git", ""),
    ("", ""),
]


@pytest.mark.parametrize(("url", "slug"), URLS)
def test_only_a_url_of_github_names_its_repository(url: str, slug: str) -> None:
    assert repository_in_url(url, "ghe.example.org") == slug


def test_what_git_asks_counts_and_else_what_is_configured(
    clone: Clone,
    repository: Repository,
) -> None:
    assert repository.origin.repositories() == set()  # a folder
    clone.set_origin(f"gh:{SLUG}")
    clone.git("config", "url.https://github.com/.insteadOf", "gh:")
    assert repository.origin.repositories() == {SLUG}
    clone.git("config", f"url.{clone.origin}.insteadOf", f"https://github.com/{SLUG}.git")
    clone.set_origin(f"https://github.com/{SLUG}.git")
    assert repository.origin.repositories() == {SLUG}
    clone.git("remote", "set-url", "--push", "origin", "git@github.com:somebody/threek8s.git")
    assert repository.origin.repositories() == {SLUG, "somebody/threek8s"}
    clone.git("remote", "remove", "origin")
    assert repository.origin.repositories() == set()
