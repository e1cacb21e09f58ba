"""A chart's files: what leads out of its folder is refused and named before helm reads it."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.toolkit.clients.helm.chart_files import LARGE, ensure_own_files
from tasks.toolkit.core.errors import BadInput, Refused

CHART_DIR = "helm/threek8s"
Change = Callable[[Path], object]
CUT_TO_X = "#" * (LARGE - 1) + "\nxy"  # where no more of it is read


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """Make a repository's tree with a chart and a secret beside it."""
    chart = tmp_path / "tree" / CHART_DIR
    (chart / "templates").mkdir(parents=True)
    (chart / "charts" / "sub").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("name: threek8s\nversion: 1.0.0\n")
    (chart / "values.yaml").write_text("a: 1\n")
    (tmp_path / "secret").write_text("hush")
    (tmp_path / "tree" / "beside").write_text("x")
    return tmp_path / "tree"


def link(name: str, target: str) -> Change:
    return lambda chart: (chart / name).symlink_to(target)


def replaced(name: str, make: Change) -> Change:
    """Return a change that puts something else in the place of a file."""

    def change(chart: Path) -> None:
        (chart / name).unlink()
        make(chart / name)

    return change


def chain(chart: Path) -> None:
    (chart / "first").symlink_to("templates/second")
    (chart / "templates/second").symlink_to("../third")
    (chart / "third").symlink_to("../../beside")


def bind_socket(chart: Path) -> None:
    folder = os.open(chart, os.O_RDONLY)
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(f"/proc/self/fd/{folder}/talk")  # the path of a socket must be short
    os.close(folder)


def dependency(
    repository: str,
    lock: str = "",
    keys: tuple[str, str] = ("dependencies", "repository"),
) -> Change:
    """Return a change that adds a dependency; a lock may take it from elsewhere."""

    def change(chart: Path) -> None:
        text = f"{keys[0]}: [{{{{name: common, version: 1.0.0, {keys[1]}: '{{}}'}}}}]\n"
        with (chart / "Chart.yaml").open("a") as file:
            file.write(text.format(repository))
        (chart / "Chart.lock").write_text(text.format(lock or repository))
        common = chart.parent / "common"
        common.mkdir()
        (common / "leak").symlink_to("../../../secret")

    return change


LEADS_OUT = {
    "an absolute link": (link("a", "/etc/passwd"), "the link a -> /etc/passwd leads out of helm"),
    "a link": (link("templates/b", "../../../beside"), "templates/b -> ../../../beside leads out"),
    "a link in charts": (link("charts/sub/c", "../../../../beside"), "the link charts/sub/c"),
    "a linked folder": (link("d", "../.."), r"the link d -> \.\./\.\. leads out"),
    "a chain": (chain, "the link first -> templates/second leads out"),
    "Chart.yaml": (
        replaced("Chart.yaml", lambda file: file.symlink_to("../../beside")),
        "the link Chart.yaml -> ../../beside leads out",
    ),
    ".helmignore": (link(".helmignore", "../../beside"), "the link .helmignore"),
    "a link to itself": (link("e", "e"), "the link e -> e leads out"),
    "a dependency's link": (
        dependency("file://../common"),
        r"leak -> \.\./\.\./\.\./secret leads out of file://\.\./common",
    ),
    "a dependency in other letters": (
        dependency("file://../common", keys=("Dependencies", "repo\u017fitory")),
        r"leak -> \.\./\.\./\.\./secret leads out of file://\.\./common",
    ),
    "a dependency outside": (
        dependency("file://../../.."),
        r"the dependency file://\.\./\.\./\.\. leads out of the repository",
    ),
    "a dependency of the lock": (
        dependency("https://charts.example", "file:///etc"),
        "the dependency file:///etc leads out of the repository",
    ),
    "a pipe": (lambda chart: os.mkfifo(chart / "f"), "f in helm/threek8s is a device, pipe"),
    "a pipe as Chart.yaml": (replaced("Chart.yaml", os.mkfifo), "Chart.yaml in helm/threek8s is"),
    "a pipe as .helmignore": (lambda chart: os.mkfifo(chart / ".helmignore"), ".helmignore in"),
    "a socket": (bind_socket, "talk in helm/threek8s is a device, pipe or socket"),
    "a circle": (link("templates/g", ".."), "the link g in helm/threek8s leads to a folder with"),
}


@pytest.mark.parametrize("name", LEADS_OUT)
def test_what_is_not_the_charts_own_is_refused_and_named(top: Path, name: str) -> None:
    change, message = LEADS_OUT[name]
    change(top / CHART_DIR)
    with pytest.raises(Refused, match=message):
        ensure_own_files(top, CHART_DIR)


def test_a_chart_folder_that_leads_out_of_the_repository_is_refused(top: Path) -> None:
    (top / "elsewhere").symlink_to(top.parent)
    with pytest.raises(Refused, match="the chart's folder elsewhere leads out of the repository"):
        ensure_own_files(top, "elsewhere")


def test_links_inside_the_chart_are_fine(top: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chart = top / CHART_DIR
    (chart / "other.yaml").symlink_to("values.yaml")
    (chart / "charts" / "sub" / "values.yaml").symlink_to("../../values.yaml")
    (chart / "linked").symlink_to("templates")
    (top / "here").symlink_to(CHART_DIR)
    ensure_own_files(top, CHART_DIR)
    ensure_own_files(top, "here")
    assert capsys.readouterr().err == ""


def test_hard_links_and_large_files_are_named(
    top: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    chart = top / CHART_DIR
    (chart / "shared").hardlink_to(top.parent / "secret")
    (chart / "large").write_bytes(bytes(3 << 19))
    ensure_own_files(top, CHART_DIR)
    warned = capsys.readouterr().err
    assert "files over 1 MiB in helm/threek8s: large (1.5 MiB)" in warned
    assert "hard links in helm/threek8s, whose content may be another file's: shared" in warned


def test_what_helm_ignores_by_its_name_may_lead_anywhere(top: Path) -> None:
    chart = top / CHART_DIR
    for name in ("node_modules", "a.tmp"):
        (chart / "templates" / name).symlink_to("/etc")
    with pytest.raises(Refused):
        ensure_own_files(top, CHART_DIR)
    (chart / ".helmignore").write_text("# rules\nnode_modules/\n*.tmp\n")
    ensure_own_files(top, CHART_DIR)
    (chart / ".helmignore").write_text("node_modules/\r\n*.tmp")
    ensure_own_files(top, CHART_DIR)


@pytest.mark.parametrize(
    "rules",
    ["/templates/x\n", "!x\n", "[x]\n", "# x\n", "#\u2028x\n", "#\rx\n", "y/\n", CUT_TO_X],
)
def test_other_rules_allow_nothing(top: Path, rules: str) -> None:
    chart = top / CHART_DIR
    (chart / "templates" / "x").symlink_to("/etc/passwd")
    (chart / ".helmignore").write_text(rules)
    with pytest.raises(Refused):
        ensure_own_files(top, CHART_DIR)


def test_a_lock_that_is_not_yaml_is_named(top: Path) -> None:
    (top / CHART_DIR / "Chart.lock").write_text("a: b: c")
    with pytest.raises(BadInput, match=r"Chart\.lock is not YAML"):
        ensure_own_files(top, CHART_DIR)
