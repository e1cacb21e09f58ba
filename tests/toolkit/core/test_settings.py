"""Settings: the environment and `.env` become one checked, frozen object."""

from __future__ import annotations

import dataclasses
import pickle
import subprocess
from pathlib import Path

import pytest

from tasks.toolkit.core.errors import BadInput, SettingError
from tasks.toolkit.core.settings import (
    VARIABLES,
    Settings,
    load_settings,
    missing_setting,
    variable_names,
)

PROJECT = Path(__file__).parents[3]
ANY_TEXT = {"REPO_DIR", "STATE_DIR", "CHART_DIR", "GITHUB_TOKEN", "INSTALL_TERMS"}


def load(tmp_path: Path, env_file: str = "", **environ: str) -> Settings:
    """Return the settings of a `.env` file in `tmp_path` and an environment."""
    file = tmp_path / ".env"
    file.write_text(env_file)
    file.chmod(0o600)
    settings, _ = load_settings(environ, tmp_path, tmp_path / "cwd")
    return settings


def test_the_environment_wins_and_an_empty_variable_counts_as_unset(tmp_path: Path) -> None:
    env_file = "WORKFLOW=a.yml\nNAMESPACE=from-file\n"
    settings = load(tmp_path, env_file, WORKFLOW="b.yml", NAMESPACE="")
    assert settings.workflow == "b.yml"
    assert settings.namespace == "from-file"


def test_gh_token_is_preferred_as_in_gh(tmp_path: Path) -> None:
    both = load(tmp_path, GH_TOKEN="gh", GITHUB_TOKEN="github")
    assert both.github_token.reveal() == "gh"
    assert load(tmp_path, "GITHUB_TOKEN=file\n").github_token.reveal() == "file"


def test_the_user_is_the_actor_where_none_is_set(tmp_path: Path) -> None:
    assert load(tmp_path, GITHUB_ACTOR="octocat").github_user == "octocat"
    both = load(tmp_path, GITHUB_USER="stianfro", GITHUB_ACTOR="octocat")
    assert both.github_user == "stianfro"
    assert load(tmp_path, "GITHUB_ACTOR=\n").github_user == ""


def test_a_relative_folder_starts_at_the_file_that_names_it_or_at_the_current_folder(
    tmp_path: Path,
) -> None:
    cwd = tmp_path / "cwd"
    assert load(tmp_path).repo_dir == cwd
    assert load(tmp_path).state_dir is None
    assert load(tmp_path, "REPO_DIR=../clone\n").repo_dir == tmp_path / "../clone"
    assert load(tmp_path, "REPO_DIR=../clone\n", REPO_DIR="here").repo_dir == cwd / "here"
    assert load(tmp_path, "STATE_DIR=kept\n").state_dir == tmp_path / "kept"
    assert load(tmp_path, "STATE_DIR=kept\n", REPO_DIR="here").repo_dir == cwd / "here"
    both = load(tmp_path, "REPO_DIR=../clone\nSTATE_DIR=kept\n", STATE_DIR="here")
    assert both.state_dir == cwd / "here"
    assert load(tmp_path, REPO_DIR="/clone").repo_dir == Path("/clone")
    assert load(tmp_path, STATE_DIR="~/kept").state_dir == Path.home() / "kept"


def test_numbers_and_booleans_are_converted(tmp_path: Path) -> None:
    settings = load(tmp_path, POLL_INTERVAL="0.5", PLAIN_HTTP="YES")
    assert settings.poll_interval == 0.5
    assert settings.plain_http is True
    assert load(tmp_path).plain_http is False
    assert load(tmp_path).command_timeout == 120


def test_nothing_is_interpolated(tmp_path: Path) -> None:
    settings = load(tmp_path, "GITHUB_TOKEN=a${HOME}$(id)\n")
    assert settings.github_token.reveal() == "a${HOME}$(id)"


@pytest.mark.parametrize(
    ("env_file", "message"),
    [
        ("REGISTRY=\n", "REGISTRY is empty in .env"),
        ("REGISTRY='\"oci://ghcr.io/a/b\"'\n", "REGISTRY is '\"oci://ghcr.io/a/b\"'"),
        ('REGISTRY="oci://ghcr.io/a\n/b"\n', "REGISTRY is 'oci://ghcr.io/a\\n/b'"),
        ('REGISTRY="oci://ghcr.io/a\n', "line 1, is not NAME=value"),
        ("REGISTRY\n", "line 1, is not NAME=value"),
    ],
    ids=["empty", "quoted twice", "multi-line", "unclosed quote", "no value"],
)
def test_a_wrong_value_in_the_file_is_reported_in_one_line_that_names_it(
    tmp_path: Path, env_file: str, message: str
) -> None:
    with pytest.raises(BadInput) as caught:
        load(tmp_path, env_file)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.code == 2


@pytest.mark.parametrize("value", ["-x", "a;id", "$(id)", "`id`", "a b", "a\nb", "'", '"', "é"])
@pytest.mark.parametrize("name", sorted(VARIABLES.keys() - ANY_TEXT))
def test_no_setting_takes_a_value_that_a_shell_or_a_program_could_misread(
    tmp_path: Path, name: str, value: str
) -> None:
    with pytest.raises(SettingError, match=name):
        load(tmp_path, **{name: value})


@pytest.mark.parametrize("value", ["a b", "a\nb", "é"])
def test_a_token_may_contain_whatever_stdin_and_the_environment_take(
    tmp_path: Path, value: str
) -> None:
    with pytest.raises(SettingError, match="GITHUB_TOKEN"):
        load(tmp_path, GITHUB_TOKEN=value)
    assert load(tmp_path, GITHUB_TOKEN="a;$(id)").github_token.reveal() == "a;$(id)"


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
    example = r"for example REGISTRY=oci://ghcr\.io/stianfro/threek8s/chart"
    with pytest.raises(SettingError, match=example):
        load(tmp_path, REGISTRY=value)


def test_a_file_that_others_can_read_gets_a_warning_whose_command_can_be_pasted(
    tmp_path: Path,
) -> None:
    file = tmp_path / "a folder" / "$(id)"
    file.parent.mkdir()
    file.write_text("WORKFLOW=a.yml\n")
    file.chmod(0o644)
    environ = {"ENV_FILE": str(file)}
    (warning,) = load_settings(environ, tmp_path, tmp_path)[1]
    command = warning.partition("machine: ")[2]
    subprocess.run(["/bin/sh", "-c", command], check=True)
    assert file.stat().st_mode & 0o777 == 0o600
    assert load_settings(environ, tmp_path, tmp_path)[1] == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("GITHUB_USR", "did you mean GITHUB_USER?"),
        ("REGISTRI", "did you mean REGISTRY?"),
        ("registry_x", "see .env.example for all settings"),
        ("ENV_FILE", "is ignored"),
    ],
)
def test_an_unknown_name_gets_a_warning_with_the_nearest_setting(
    tmp_path: Path, name: str, message: str
) -> None:
    file = tmp_path / ".env"
    file.write_text(f"WORKFLOW=a.yml\n\n{name}=x\nexport GH_TOKEN=y\n")
    file.chmod(0o600)
    (warning,) = load_settings({}, tmp_path, tmp_path)[1]
    assert warning.startswith(f"{file}: {name} is not a setting")
    assert message in warning


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nowhere", "which does not exist: name a file that exists"),
        ("folder", "cannot be read (Is a directory)"),
        ("latin", "is not UTF-8 text"),
    ],
)
def test_a_file_that_cannot_be_read_is_bad_input_that_names_it(
    tmp_path: Path, name: str, message: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "latin").write_bytes(b"GITHUB_USER=caf\xe9\n")
    with pytest.raises(BadInput) as caught:
        load_settings({"ENV_FILE": str(tmp_path / name)}, tmp_path, tmp_path)
    assert str(tmp_path / name) in str(caught.value)
    assert message in str(caught.value)


def test_a_folder_in_the_place_of_the_file_is_bad_input_and_dev_null_is_fine(
    tmp_path: Path,
) -> None:
    (tmp_path / ".env").mkdir()
    with pytest.raises(BadInput, match=r"/\.env cannot be read"):
        load_settings({}, tmp_path, tmp_path)
    assert load_settings({"ENV_FILE": "/dev/null"}, tmp_path, tmp_path)[1] == []


def test_the_example_file_is_complete_and_every_value_in_it_is_accepted(tmp_path: Path) -> None:
    text = (PROJECT / ".env.example").read_text()
    for name in VARIABLES:
        assert f"\n{name}=" in text or f"\n# {name}=" in text
    assert load(tmp_path, text).registry == "oci://ghcr.io/stianfro/threek8s/chart"
    defaults = text.replace("\n# ", "\n")
    for name, variable in VARIABLES.items():
        if f"\n# {name}=" in text:
            assert f"\n{name}={variable.default}\n" in defaults


def test_every_example_and_default_matches_its_own_pattern(tmp_path: Path) -> None:
    examples = {name: variable.example or variable.default for name, variable in VARIABLES.items()}
    assert all(examples.values())
    load(tmp_path, **examples)
    assert load(tmp_path)


def test_every_name_of_a_setting_is_known() -> None:
    assert variable_names() == {*VARIABLES, "GH_TOKEN", "GITHUB_ACTOR"}


def test_a_missing_setting_says_what_it_is_and_how_to_set_it() -> None:
    registry = str(missing_setting("REGISTRY"))
    assert registry.startswith("REGISTRY is not set: it is where `helm push` goes, ")
    assert registry.endswith("for example REGISTRY=oci://ghcr.io/stianfro/threek8s/chart")
    assert "run `gh auth login`" in str(missing_setting("GITHUB_TOKEN"))


def test_a_token_is_shown_nowhere(tmp_path: Path) -> None:
    settings = load(tmp_path, GITHUB_TOKEN="hush-hush")
    assert "hush" not in f"{settings} {settings!r} {dataclasses.replace(settings)}"
    with pytest.raises(TypeError):
        pickle.dumps(settings.github_token)
    with pytest.raises(SettingError) as caught:
        load(tmp_path, GITHUB_TOKEN="hush hush")
    assert "hush" not in str(caught.value)
