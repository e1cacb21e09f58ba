"""Settings: the environment and `.env` become one checked, frozen whole."""

from __future__ import annotations

import dataclasses
import pickle
import subprocess
from pathlib import Path

import pytest

from tasks.toolkit.core.errors import BadInput, SettingError
from tasks.toolkit.core.settings import ALIASES, VARIABLES, Settings, load_settings

PROJECT = Path(__file__).parents[2]


def loaded(tmp_path: Path, env: str = "", **environ: str) -> Settings:
    (tmp_path / ".env").write_text(env)
    (tmp_path / ".env").chmod(0o600)
    return load_settings(environ, tmp_path, tmp_path / "cwd")[0]


def test_the_environment_wins_over_the_file_and_an_empty_variable_counts_as_unset(
    tmp_path: Path,
) -> None:
    found = loaded(
        tmp_path, "WORKFLOW=a.yml\nNAMESPACE=from-file\n", WORKFLOW="b.yml", NAMESPACE=""
    )
    assert (found.workflow, found.namespace) == ("b.yml", "from-file")


def test_gh_token_is_preferred_as_gh_does(tmp_path: Path) -> None:
    assert loaded(tmp_path, GH_TOKEN="gh", GITHUB_TOKEN="github").github_token.reveal() == "gh"
    assert loaded(tmp_path, "GITHUB_TOKEN=file\n").github_token.reveal() == "file"


def test_a_relative_folder_starts_at_the_file_that_says_so_or_else_at_the_current_folder(
    tmp_path: Path,
) -> None:
    assert loaded(tmp_path, "REPO_DIR=../clone\n").repo_dir == tmp_path / "../clone"
    assert (
        loaded(tmp_path, "REPO_DIR=../clone\n", REPO_DIR="here").repo_dir == tmp_path / "cwd/here"
    )
    assert loaded(tmp_path).repo_dir == tmp_path / "cwd"
    assert loaded(tmp_path, "STATE_DIR=kept\n").state_dir == tmp_path / "kept"
    assert loaded(tmp_path, "STATE_DIR=kept\n", REPO_DIR="here").repo_dir == tmp_path / "cwd/here"
    assert (
        loaded(tmp_path, "REPO_DIR=../clone\nSTATE_DIR=kept\n", STATE_DIR="here").state_dir
        == tmp_path / "cwd/here"
    )


def test_nothing_is_interpolated(tmp_path: Path) -> None:
    assert loaded(tmp_path, "GITHUB_TOKEN=a${HOME}$(id)\n").github_token.reveal() == "a${HOME}$(id)"


@pytest.mark.parametrize(
    ("env", "told"),
    [
        ("REGISTRY=\n", "REGISTRY is empty in .env"),
        ("REGISTRY='\"oci://ghcr.io/a/b\"'\n", "REGISTRY is '\"oci://ghcr.io/a/b\"'"),
        ('REGISTRY="oci://ghcr.io/a\n/b"\n', "REGISTRY is 'oci://ghcr.io/a\\n/b'"),
        ('REGISTRY="oci://ghcr.io/a\n', "line 1, is not NAME=value"),
        ("REGISTRY\n", "line 1, is not NAME=value"),
    ],
    ids=["empty", "quoted twice", "multi-line", "unclosed quote", "no value"],
)
def test_a_value_in_the_file_that_cannot_be_used_is_one_line_that_names_it(
    tmp_path: Path, env: str, told: str
) -> None:
    with pytest.raises(BadInput) as caught:
        loaded(tmp_path, env)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.code == 2


@pytest.mark.parametrize("value", ["-x", "a;id", "$(id)", "`id`", "a b", "a\nb", "'", '"', "é"])
@pytest.mark.parametrize(
    "name",
    sorted(
        VARIABLES.keys() - {"REPO_DIR", "STATE_DIR", "CHART_DIR", "GITHUB_TOKEN", "INSTALL_TERMS"}
    ),
)
def test_no_setting_takes_a_value_that_a_shell_or_a_program_could_mistake(
    tmp_path: Path, name: str, value: str
) -> None:
    with pytest.raises(SettingError, match=name):
        loaded(tmp_path, **{name: value})


@pytest.mark.parametrize("value", ["a b", "a\nb", "é"])
def test_a_token_goes_through_stdin_and_the_environment_alone_and_may_hold_all_that_those_take(
    tmp_path: Path, value: str
) -> None:
    with pytest.raises(SettingError, match="GITHUB_TOKEN"):
        loaded(tmp_path, GITHUB_TOKEN=value)
    assert loaded(tmp_path, GITHUB_TOKEN="a;$(id)").github_token.reveal() == "a;$(id)"


@pytest.mark.parametrize(
    "value",
    [
        "ghcr.io/a/b",
        "https://ghcr.io/a",
        "oci://ghcr.io",
        "oci://ghcr.io/Owner/chart",
        "oci://ghcr.io/a:1.0.0",
    ],
)
def test_a_registry_that_helm_would_misread_is_refused_with_an_example(
    tmp_path: Path, value: str
) -> None:
    with pytest.raises(
        SettingError, match=r"for example REGISTRY=oci://ghcr\.io/stianfro/threek8s/chart"
    ):
        loaded(tmp_path, REGISTRY=value)


def test_a_file_that_others_can_read_is_warned_about_with_what_can_be_pasted(
    tmp_path: Path,
) -> None:
    file = tmp_path / "a folder" / "$(id)"
    file.parent.mkdir()
    file.write_text("WORKFLOW=a.yml\n")
    file.chmod(0o644)
    (warning,) = load_settings({"ENV_FILE": str(file)}, tmp_path, tmp_path)[1]
    subprocess.run(["/bin/sh", "-c", warning.partition("machine: ")[2]], check=True)
    assert file.stat().st_mode & 0o777 == 0o600
    assert load_settings({"ENV_FILE": str(file)}, tmp_path, tmp_path)[1] == []


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("GITHUB_USR", "is GITHUB_USER meant?"),
        ("REGISTRI", "is REGISTRY meant?"),
        ("registry_x", "see .env.example for those there are"),
        ("ENV_FILE", "nobody reads it"),
    ],
)
def test_a_name_that_is_no_setting_is_warned_about_with_the_nearest(
    tmp_path: Path, name: str, told: str
) -> None:
    (tmp_path / ".env").write_text(f"WORKFLOW=a.yml\n\n{name}=x\nexport GH_TOKEN=y\n")
    (tmp_path / ".env").chmod(0o600)
    (warning,) = load_settings({}, tmp_path, tmp_path)[1]
    assert warning.startswith(f"{tmp_path}/.env: {name} is no setting") and told in warning


def test_a_file_that_is_not_there_or_a_folder_or_not_in_utf_8_is_bad_input_that_names_it(
    tmp_path: Path,
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "latin").write_bytes(b"GITHUB_USER=caf\xe9\n")
    for name, told in (
        ("nowhere", "which is not there: name a file that is"),
        ("folder", "cannot be read (Is a directory)"),
        ("latin", "is not written in UTF-8"),
    ):
        with pytest.raises(BadInput) as caught:
            load_settings({"ENV_FILE": str(tmp_path / name)}, tmp_path, tmp_path)
        assert str(tmp_path / name) in str(caught.value) and told in str(caught.value)
    (tmp_path / ".env").mkdir()
    with pytest.raises(BadInput, match=r"/\.env cannot be read"):
        load_settings({}, tmp_path, tmp_path)
    assert load_settings({"ENV_FILE": "/dev/null"}, tmp_path, tmp_path)[1] == []


def test_the_example_is_complete_and_every_value_in_it_is_accepted(tmp_path: Path) -> None:
    text = (PROJECT / ".env.example").read_text()
    assert [
        name for name in VARIABLES if f"\n{name}=" not in text and f"\n# {name}=" not in text
    ] == []
    assert loaded(tmp_path, text).registry == "oci://ghcr.io/stianfro/threek8s/chart"


def test_every_example_and_default_is_a_value_that_its_own_pattern_takes(tmp_path: Path) -> None:
    loaded(tmp_path, **{name: variable.example for name, variable in VARIABLES.items()})
    assert all(names[-1] == "GITHUB_ACTOR" or names[-1] in VARIABLES for names in ALIASES.values())


def test_a_token_shows_itself_nowhere(tmp_path: Path) -> None:
    found = loaded(tmp_path, GITHUB_TOKEN="hush-hush")
    assert "hush" not in f"{found} {found!r} {dataclasses.replace(found)}"
    with pytest.raises(TypeError):
        pickle.dumps(found.github_token)
    with pytest.raises(SettingError) as caught:
        loaded(tmp_path, GITHUB_TOKEN="hush hush")
    assert "hush" not in str(caught.value)
