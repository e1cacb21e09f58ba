"""Charts: what their Chart.yaml says, and archives that are broken."""

from __future__ import annotations

import io
import subprocess
import tarfile
from pathlib import Path

import pytest

from tasks.toolkit.clients import archive
from tasks.toolkit.clients.helm.chart import (
    Chart,
    archive_contents,
    archive_files,
    archived_blobs,
    archived_chart_file,
)
from tasks.toolkit.core.errors import BadInput, Refused, ServiceError


def packed(
    name: str,
    content: bytes = b"",
    link: str = "",
) -> bytes:
    """Return a tar.gz of one file, or of one link."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz") as tar:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        if link:
            info.type = tarfile.SYMTYPE
            info.linkname = link
        tar.addfile(info, io.BytesIO(content))
    return written.getvalue()


def test_files_have_the_ids_that_git_gives_them(tmp_path: Path) -> None:
    content = b"\x00\xff\r\n"
    file = tmp_path / "file"
    file.write_bytes(content)
    for algorithm, length in (("sha1", 40), ("sha256", 64)):
        repository = tmp_path / algorithm
        init = ["git", "init", "--quiet", f"--object-format={algorithm}", str(repository)]
        subprocess.run(init, check=True)
        argv = ["git", "-C", str(repository), "hash-object", str(file)]
        blob = subprocess.check_output(argv, text=True).strip()
        assert archived_blobs(packed("x/file", content), length) == {"x/file": blob}
    with pytest.raises(ServiceError, match="does not have a chart's archive there"):
        archived_blobs(b"no archive", 40)


def test_files_are_named_within_the_chart_and_chart_yaml_has_its_keys_in_order() -> None:
    chart = b"version: 1.0.0\nname: x # a comment\n"
    assert archive_files(packed("x/Chart.yaml", chart)) == {
        "Chart.yaml": b"name: x\nversion: 1.0.0\n"
    }
    assert archive_files(packed("x/charts/y/a", b"\xff")) == {"charts/y/a": b"\xff"}
    for name in ("x/../../a", "/x/a"):
        with pytest.raises(ServiceError):
            archive_files(packed(name))


def contents_of(name: str, content: bytes) -> dict[str, str]:
    return archive_contents(packed(name, content))


def test_a_chart_yaml_is_read() -> None:
    text = "name: x\nversion: 1.0.0\nappVersion: 2\ndependencies: [{name: y}]\n"
    chart = Chart.parse(text, "Chart.yaml")
    assert chart == Chart(
        "x",
        "1.0.0",
        "2",
        has_dependencies=True,
    )


@pytest.mark.parametrize("key", ["Dependencies", "DEPENDENCIES", "dependencie\u017f"])
def test_dependencies_are_seen_in_each_spelling_that_helm_takes(key: str) -> None:
    chart = Chart.parse(f"name: x\nversion: 1.0.0\n{key}: [{{name: y}}]\n", "Chart.yaml")
    assert chart.has_dependencies


def test_what_yaml_takes_for_a_date_is_text() -> None:
    with pytest.raises(BadInput, match="'2024-99-99' is not a semantic version"):
        Chart.parse("name: x\nversion: 2024-99-99\n", "Chart.yaml")
    chart = Chart.parse("name: x\nversion: 1.0.0\nappVersion: 2024-01-31\n", "Chart.yaml")
    assert chart.app_version == "2024-01-31"


@pytest.mark.parametrize(
    "text",
    ["name: !!int x\n", "a: 0b_\n"],
    ids=["no number", "half a number"],
)
def test_what_cannot_be_read_is_not_yaml(text: str) -> None:
    with pytest.raises(BadInput, match="is not YAML"):
        Chart.parse(text, "Chart.yaml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: b: c\n", "Chart.yaml is not YAML, line 1"),
        ("- a\n", "Chart.yaml has no name"),
        ("version: 1.0.0\n", "has no name: add a line such as `name: threek8s`"),
        ("name: x\n", "has no version: add a line such as `version: 1.7.0`"),
        ("name: ../x\nversion: 1.0.0\n", "names the chart '../x'"),
        ("name: x\nversion: 1.2\n", "Chart.yaml: version '1.2' is not a semantic version"),
        ("{}", "has no name"),
        ("[]", "has no name"),
        ("name: [a]\n", "Chart.yaml: name is not a short text"),
        ("name: \U0001f600\nversion: 1.0.0\n", "names the chart '\U0001f600'"),
        ("name: x\nversion: 2024-01-31\n", "version '2024-01-31' is not a semantic version"),
        ('name: x\nversion: "1.0.0\\n"\n', "version is not a short text"),
        ("name: x\nversion: 1.\u0661.0\n", "is not a semantic version"),
        (f"name: x\nversion: 1.0.0-{'a' * 200}\n", "version has 206 characters"),
        (f"name: x\nversion: {'1' * 90}.0.0\nappVersion: {{a: b}}\n", "appVersion is not a"),
        ('name: x\nversion: 1.0.0\nappVersion: "1\\e[2J"\n', "appVersion is not a short text"),
        (f"name: x\nversion: 1.0.0\nappVersion: {'a' * 10_000}\n", "at most 256 characters"),
    ],
)
def test_a_chart_that_cannot_be_published_is_named(text: str, message: str) -> None:
    with pytest.raises(BadInput) as caught:
        Chart.parse(text, "Chart.yaml")
    assert message in str(caught.value)
    assert len(str(caught.value)) < 500


def test_an_empty_app_version_is_none() -> None:
    chart = Chart.parse("name: x\nversion: 1.0.0\nappVersion:\n", "Chart.yaml")
    assert chart.app_version == ""


def test_charts_are_compared_by_what_their_chart_yaml_says() -> None:
    one = contents_of("x/Chart.yaml", b"name: x\nversion: 1.0.0\nkeywords: []\n")
    other = contents_of("x/Chart.yaml", b"version: 1.0.0\nname: x\ngenerated: now\n")
    assert one == other
    different = contents_of("x/Chart.yaml", b"version: 1.0.1\nname: x\n")
    assert one != different


def test_other_files_are_compared_by_their_bytes() -> None:
    one = contents_of("x/a", b"1")
    other = contents_of("x/a", b"1\n")
    assert one != other


def test_an_archives_chart_yaml_is_not_one_of_its_dependencies() -> None:
    assert archived_chart_file(packed("x/Chart.yaml", b"name: x\n")) == "name: x\n"
    with pytest.raises(LookupError, match=r"no Chart\.yaml in it"):
        archived_chart_file(packed("x/charts/y/Chart.yaml", b"name: y\n"))


@pytest.mark.parametrize(
    "content",
    [b"a: b: c", b"- a\n", b"name: \xe9\n", b"a: !!int x\n"],
    ids=["no YAML", "a list", "Latin-1", "no number"],
)
def test_an_archive_with_a_broken_chart_yaml_is_not_a_charts(content: bytes) -> None:
    with pytest.raises(ServiceError, match="a chart's archive"):
        contents_of("x/Chart.yaml", content)


@pytest.mark.parametrize(
    "content",
    [
        packed("x/link", link="nowhere"),
        b"",
        b"<html>",
        packed("x/Chart.yaml", b"name: " + b"x" * (1 << 20)),
    ],
    ids=["a link", "none", "text", "a large Chart.yaml"],
)
def test_a_link_to_nothing_and_other_files_are_not_a_charts_archive(content: bytes) -> None:
    with pytest.raises(ServiceError, match="a chart's archive"):
        archive_contents(content)


def test_an_archive_that_becomes_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_UNPACKED", 1 << 20)
    bomb = packed("x/zeros", bytes(2 << 20))
    for read in (archive_contents, archived_chart_file):
        with pytest.raises(Refused, match="becomes larger than 1 MiB"):
            read(bomb)
