"""What the installed package was made from."""

from __future__ import annotations

import json

from tasks.toolkit.core.package_origin import PackageOrigin, find_package_origin, origin_of

URL = "https://github.com/owner/recipes"


def test_a_package_from_a_git_repository_names_its_commit() -> None:
    vcs = {"vcs": "git", "requested_revision": "v1", "commit_id": "1a2b3c"}
    recorded = json.dumps({"url": URL, "vcs_info": vcs})
    assert origin_of("0.1.0", recorded) == PackageOrigin("0.1.0", URL, "1a2b3c")


def test_a_package_from_a_file_or_an_index_has_its_version_only() -> None:
    recorded = json.dumps({"url": "file:///x/y.whl", "archive_info": {}})
    assert origin_of("0.1.0", recorded) == PackageOrigin("0.1.0")
    assert origin_of("0.1.0", "{}") == PackageOrigin("0.1.0")


def test_a_clone_is_no_package() -> None:
    assert find_package_origin() is None
