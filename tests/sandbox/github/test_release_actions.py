"""The stand-ins of actions that make releases change GitHub as the real ones do."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tasks.sandbox.github.repository import Repository
from tasks.sandbox.github.runs import Run
from tasks.sandbox.github.service import GitHub

from .conftest import PROGRAMS, Clone

pytestmark = pytest.mark.thorough  # other tests run these actions too

PATH = ".github/workflows/try.yml"
WORKFLOW = """\
name: Try
on: {{push: {{branches: [main]}}}}
jobs:
  only:
    runs-on: ubuntu-latest
    steps:
    - {{uses: actions/checkout@v4, with: {{fetch-depth: 0}}}}
{steps}
    - id: outputs
      env: {{OUTPUTS: "${{{{ toJSON(steps.it.outputs) }}}}"}}
      run: echo "$OUTPUTS"
"""
CHART = "apiVersion: v2\nname: {name}\nversion: {version}\ndescription: About {name}\n"
CHART_RELEASER = """\
- id: it
  uses: helm/chart-releaser-action@v1.7.0
  env: {CR_TOKEN: "${{ github.token }}"}
"""


@pytest.fixture
def served(
    repository: Repository,
    clone: Clone,  # noqa: ARG001 - has pushed
    tmp_path: Path,
) -> Iterator[GitHub]:
    """Return a GitHub that jobs can reach, of the repository that the clone pushed to."""
    workdir = tmp_path / "runs"
    workdir.mkdir()
    with TemporaryDirectory(prefix="gh-") as folder:
        socket = Path(folder, "socket")
        github = GitHub(repository.path, repository.slug, "hush", socket, workdir, PROGRAMS)
        github.start()
        yield github
        github.stop()


def pushed(github: GitHub, clone: Clone, steps: str, files: dict[str, str] | None = None) -> Run:
    """Return the run of a workflow with steps, after a push of it with more files."""
    contents = {**(files or {}), PATH: WORKFLOW.format(steps=textwrap.indent(steps, " " * 4))}
    for path, text in contents.items():
        file = clone.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    clone.git("add", "--all")
    clone.git("commit", "--quiet", "--message=chore(main): release 1.2.3")
    clone.git("push", "--quiet", "origin", "main")
    github.sync()
    run = github.runs[0]
    run.wait(20)
    return run


def outputs(run: Run) -> dict[str, str]:
    """Return the outputs of the step `it`."""
    found: dict[str, str] = json.loads(run.jobs["only"].steps["outputs"].log)
    return found


def test_a_release_has_the_notes_the_title_and_the_flags_that_are_asked_for(
    served: GitHub, clone: Clone
) -> None:
    steps = """\
- run: echo from a file > notes
- id: it
  uses: softprops/action-gh-release@v2
  with:
    tag_name: refs/tags/v1.2.3
    name: The third
    body_path: notes
    prerelease: true
    generate_release_notes: true
    files: |
      file
      none/*.tgz
- uses: softprops/action-gh-release@v2
  with: {tag_name: v1.2.3, append_body: true, body: and more}
- uses: softprops/action-gh-release@v1
  with: {tag_name: v2, draft: true}
"""
    run = pushed(served, clone, steps)
    assert run.conclusion == "success"
    releases = {release.tag_name: release for release in served.releases}
    release = releases["v1.2.3"]
    assert (release.name, release.body) == ("The third", "from a file\n\nand more")
    assert (release.prerelease, release.draft, releases["v2"].draft) == (True, False, True)
    assert served.repository.refs()["refs/tags/v1.2.3"] == run.head_sha
    shown = outputs(run)
    assert shown["id"] == str(release.id)
    assert shown["url"].endswith("/releases/tag/v1.2.3")


@pytest.mark.parametrize(
    "inputs",
    [
        "{body: without a tag}",
        "{tag_name: v1, files: none/*, fail_on_unmatched_files: true}",
        "{tag_name: v1, repository: other/charts}",
    ],
)
def test_no_release_is_made_without_a_tag_files_or_a_repository(
    served: GitHub, clone: Clone, inputs: str
) -> None:
    step = f"- {{id: it, uses: softprops/action-gh-release@v2, with: {inputs}}}"
    assert pushed(served, clone, step).conclusion == "failure"
    assert served.releases == []


def test_release_please_tells_what_it_released(served: GitHub, clone: Clone) -> None:
    files = {
        ".release-please-manifest.json": '{".": "1.2.3"}',
        "CHANGELOG.md": '# Log\n\n## [1.2.3] now\n\n* it\'s "new"\n\n## [1.2.2] before\n\nold\n',
    }
    step = "- {id: it, uses: googleapis/release-please-action@v4}"
    run = pushed(served, clone, step, files)
    (release,) = served.releases
    assert release.body == '## [1.2.3] now\n\n* it\'s "new"\n\n'
    shown = outputs(run)
    expected = {
        "release_created": "true",
        "releases_created": "true",
        "paths_released": '["."]',
        "prs_created": "false",
        "tag_name": "v1.2.3",
        "version": "1.2.3",
        "major": "1",
        "minor": "2",
        "patch": "3",
        "sha": run.head_sha,
        "id": str(release.id),
    }
    assert expected.items() <= shown.items()
    assert shown["body"].strip() == release.body.strip()
    again = pushed(served, clone, f"{step} # again")
    assert (outputs(again)["releases_created"], len(served.releases)) == ("false", 1)


def test_release_please_takes_tag_and_version_from_the_environment(
    served: GitHub, clone: Clone
) -> None:
    step = """\
- id: it
  env: {RELEASE_TAG: chart-v2.0.0-rc.1, RELEASE_VERSION: 2.0.0-rc.1}
  uses: googleapis/release-please-action@v4
"""
    run = pushed(served, clone, step)
    assert [release.tag_name for release in served.releases] == ["chart-v2.0.0-rc.1"]
    shown = outputs(run)
    assert (shown["version"], shown["minor"], shown["patch"]) == ("2.0.0-rc.1", "0", "0")


def test_chart_releaser_releases_what_changed_and_adds_it_to_the_index(
    served: GitHub, clone: Clone
) -> None:
    clone.git("push", "--quiet", "origin", "main:gh-pages")
    files = {
        "charts/a/Chart.yaml": CHART.format(name="a", version="1.0.0"),
        "charts/b/Chart.yaml": CHART.format(name="b", version="2.0.0"),
        "cr.yaml": 'release-name-template: "{{ .Name }}-v{{ .Version }}"\n',
    }
    steps = f"{CHART_RELEASER}  with: {{config: cr.yaml, skip_existing: true}}\n"
    run = pushed(served, clone, steps, files)
    assert run.conclusion == "success"
    assert outputs(run)["changed_charts"] == "charts/a,charts/b"
    assert {release.tag_name for release in served.releases} == {"a-v1.0.0", "b-v2.0.0"}
    index = served.repository.git("show", "gh-pages:index.yaml")
    assert "/releases/download/a-v1.0.0/a-1.0.0.tgz" in index
    assert "/releases/download/b-v2.0.0/b-2.0.0.tgz" in index
    files["charts/a/Chart.yaml"] = CHART.format(name="a", version="1.1.0")
    run = pushed(served, clone, steps, files)
    assert outputs(run) == {"changed_charts": "charts/a", "chart_version": "a-v1.0.0"}
    index = served.repository.git("show", "gh-pages:index.yaml")
    assert "a-v1.1.0/a-1.1.0.tgz" in index
    assert "a-v1.0.0/a-1.0.0.tgz" in index


def test_chart_releaser_takes_packages_that_are_there_and_needs_its_token(
    served: GitHub, clone: Clone
) -> None:
    files = {"other/a/Chart.yaml": CHART.format(name="a", version="1.0.0")}
    package = "- run: helm package other/a --destination .cr-release-packages\n"
    steps = f"{package}{CHART_RELEASER}  with: {{skip_packaging: true}}\n"
    without_token = steps.replace("CR_TOKEN", "OTHER")
    assert pushed(served, clone, without_token, files).conclusion == "failure"
    assert pushed(served, clone, steps, files).conclusion == "success"
    assert [release.tag_name for release in served.releases] == ["a-1.0.0"]


def test_a_login_is_added_to_those_that_are_there(served: GitHub, clone: Clone) -> None:
    steps = """\
- {uses: docker/login-action@v3, with: {registry: ghcr.io, username: a, password: b}}
- {uses: docker/login-action@v3, with: {username: c, password: "d'$e"}}
- {id: show, run: cat ~/.docker/config.json}
- {uses: docker/login-action@v3, with: {username: c}}
"""
    run = pushed(served, clone, steps)
    assert run.conclusion == "failure"
    auths = json.loads(run.jobs["only"].steps["show"].log)["auths"]
    assert auths == {
        "ghcr.io": {"auth": "YTpi"},
        "https://index.docker.io/v1/": {"auth": "YzpkJyRl"},
    }
