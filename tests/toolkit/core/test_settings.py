"""Settings: the environment and `.env` become one checked, frozen object."""

from __future__ import annotations

import dataclasses
import os
import pickle
import re
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
STRICT_NAMES = sorted(VARIABLES.keys() - ANY_TEXT)
MISREAD = ["-x", "a;id", "$(id)", "`id`", "a b", "a\nb", "'", '"', "é"]


def load(tmp_path: Path, env_file: str = "", **environ: str) -> Settings:
    """Return the settings of a `.env` file in `tmp_path` and an environment."""
    file = tmp_path / ".env"
    file.write_text(env_file)
    file.chmod(0o600)
    settings, _ = load_settings(environ, tmp_path, tmp_path / "cwd")
    return settings


def warnings(project: Path, env_file: str = "") -> list[str]:
    """Return the warnings about the settings of a project, or about the file that is named."""
    environ = {"ENV_FILE": env_file}
    _, found = load_settings(environ, project, project)
    return found


def test_the_environment_wins_and_an_empty_variable_counts_as_unset(tmp_path: Path) -> None:
    env_file = "WORKFLOW=a.yml\nNAMESPACE=from-file\n"
    settings = load(tmp_path, env_file, WORKFLOW="b.yml", NAMESPACE="")
    assert settings.workflow == "b.yml"
    assert settings.namespace == "from-file"


def test_gh_token_is_preferred_as_in_gh(tmp_path: Path) -> None:
    both = load(tmp_path, GH_TOKEN="gh", GITHUB_TOKEN="github")
    assert both.github_token.reveal() == "gh"
    assert load(tmp_path, "GITHUB_TOKEN=file\n").github_token.reveal() == "file"


def test_a_token_says_where_it_is_from(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    of_file = "GH_TOKEN=file\n"
    assert load(tmp_path, of_file).github_token.origin == f"GH_TOKEN in {file}"
    given = load(tmp_path, of_file, GITHUB_TOKEN="given")
    assert given.github_token.origin == f"GH_TOKEN in {file}"
    given = load(tmp_path, of_file, GH_TOKEN="given")
    assert given.github_token.origin == "GH_TOKEN in the environment"
    assert load(tmp_path).github_token.origin == ""


def test_the_user_is_the_actor_where_none_is_set(tmp_path: Path) -> None:
    assert load(tmp_path, GITHUB_ACTOR="octocat").github_user == "octocat"
    both = load(tmp_path, GITHUB_USER="stianfro", GITHUB_ACTOR="octocat")
    assert both.github_user == "stianfro"
    assert load(tmp_path, "GITHUB_ACTOR=\n").github_user == ""


def test_a_relative_folder_starts_at_the_file_that_names_it(tmp_path: Path) -> None:
    settings = load(tmp_path, "REPO_DIR=../clone\nSTATE_DIR=kept\n")
    assert settings.repo_dir == tmp_path / "../clone"
    assert settings.state_dir == tmp_path / "kept"


def test_a_relative_folder_of_the_environment_starts_at_the_current_one(tmp_path: Path) -> None:
    env_file = "REPO_DIR=../clone\nSTATE_DIR=kept\n"
    repo_here = load(tmp_path, env_file, REPO_DIR="here")
    assert repo_here.repo_dir == tmp_path / "cwd" / "here"
    assert repo_here.state_dir == tmp_path / "kept"
    state_here = load(tmp_path, env_file, STATE_DIR="here")
    assert state_here.repo_dir == tmp_path / "../clone"
    assert state_here.state_dir == tmp_path / "cwd" / "here"


def test_a_folder_may_be_unset_absolute_or_below_home(tmp_path: Path) -> None:
    unset = load(tmp_path)
    assert unset.repo_dir == tmp_path / "cwd"
    assert unset.state_dir is None
    settings = load(tmp_path, REPO_DIR="/clone", STATE_DIR="~/kept")
    assert settings.repo_dir == Path("/clone")
    assert settings.state_dir == Path.home() / "kept"


@pytest.mark.parametrize("name", ["REPO_DIR", "STATE_DIR"])
def test_a_folder_of_a_user_who_does_not_exist_is_refused(tmp_path: Path, name: str) -> None:
    expected = f"{name} is '~nosuchuser/x': there is no such user here"
    with pytest.raises(SettingError, match=expected):
        load(tmp_path, **{name: "~nosuchuser/x"})
    with pytest.raises(SettingError, match=expected):
        load(tmp_path, f"{name}=~nosuchuser/x\n")


def test_numbers_and_booleans_are_converted(tmp_path: Path) -> None:
    settings = load(tmp_path, POLL_INTERVAL="0.5", PLAIN_HTTP="YES")
    assert settings.poll_interval == 0.5
    assert settings.plain_http is True
    defaults = load(tmp_path)
    assert defaults.plain_http is False
    assert defaults.command_timeout == 120


def test_nothing_is_interpolated(tmp_path: Path) -> None:
    settings = load(tmp_path, "GITHUB_TOKEN=a${HOME}$(id)\n")
    assert settings.github_token.reveal() == "a${HOME}$(id)"


WRONG_FILES = [
    ("REGISTRY=\n", "REGISTRY is empty in .env"),
    ("REGISTRY='\"oci://ghcr.io/a/b\"'\n", "REGISTRY is '\"oci://ghcr.io/a/b\"'"),
    ('REGISTRY="oci://ghcr.io/a\n/b"\n', "REGISTRY is 'oci://ghcr.io/a\\n/b'"),
    ('REGISTRY="oci://ghcr.io/a\n', "line 1, is not NAME=value"),
    ("REGISTRY\n", "line 1, is not NAME=value"),
]


@pytest.mark.parametrize(
    ("env_file", "message"),
    WRONG_FILES,
    ids=["empty", "quoted twice", "multi-line", "unclosed quote", "no value"],
)
def test_a_wrong_value_in_the_file_is_reported_in_one_line_that_names_it(
    tmp_path: Path, env_file: str, message: str
) -> None:
    with pytest.raises(BadInput) as caught:
        load(tmp_path, env_file)
    line = str(caught.value)
    assert message in line
    assert "\n" not in line
    assert caught.value.code == 2


@pytest.mark.parametrize("value", MISREAD)
@pytest.mark.parametrize("name", STRICT_NAMES)
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
    settings = load(tmp_path, GITHUB_TOKEN="a;$(id)")
    assert settings.github_token.reveal() == "a;$(id)"


NO_REGISTRIES = [
    "ghcr.io/a/b",
    "https://ghcr.io/a",
    "oci://ghcr.io",
    "oci://ghcr.io/Owner/chart",
    "oci://ghcr.io/a:1.0.0",
]


@pytest.mark.parametrize("value", NO_REGISTRIES)
def test_a_registry_that_helm_would_misread_is_refused_with_an_example(
    tmp_path: Path, value: str
) -> None:
    example = r"for example REGISTRY=oci://ghcr\.io/stianfro$"
    with pytest.raises(SettingError, match=example):
        load(tmp_path, REGISTRY=value)


def test_a_file_that_others_can_read_gets_a_warning_whose_command_can_be_pasted(
    tmp_path: Path,
) -> None:
    file = tmp_path / "a folder" / "$(id)"
    file.parent.mkdir()
    file.write_text("WORKFLOW=a.yml\n")
    file.chmod(0o644)
    (warning,) = warnings(tmp_path, str(file))
    _, _, command = warning.partition("machine: ")
    subprocess.run(["/bin/sh", "-c", command], check=True)
    assert file.stat().st_mode & 0o777 == 0o600
    assert warnings(tmp_path, str(file)) == []


UNKNOWN_NAMES = [
    ("GITHUB_USR", "did you mean GITHUB_USER?"),
    ("REGISTRI", "did you mean REGISTRY?"),
    ("registry_x", "see .env.example for all settings"),
    ("ENV_FILE", "is ignored"),
]


@pytest.mark.parametrize(("name", "message"), UNKNOWN_NAMES)
def test_an_unknown_name_gets_a_warning_with_the_nearest_setting(
    tmp_path: Path, name: str, message: str
) -> None:
    file = tmp_path / ".env"
    file.write_text(f"WORKFLOW=a.yml\n\n{name}=x\nexport GH_TOKEN=y\n")
    file.chmod(0o600)
    (warning,) = warnings(tmp_path)
    assert warning.startswith(f"{file}: {name} is not a setting")
    assert message in warning


UNREADABLE = [
    ("nowhere", "which does not exist: name a file that exists"),
    ("folder", "cannot be read (Is a directory)"),
    ("latin", "is not UTF-8 text"),
]


@pytest.mark.parametrize(("name", "message"), UNREADABLE)
def test_a_file_that_cannot_be_read_is_bad_input_that_names_it(
    tmp_path: Path, name: str, message: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "latin").write_bytes(b"GITHUB_USER=caf\xe9\n")
    file = str(tmp_path / name)
    with pytest.raises(BadInput) as caught:
        warnings(tmp_path, file)
    line = str(caught.value)
    assert file in line
    assert message in line


def test_a_folder_in_the_place_of_the_file_is_bad_input_and_dev_null_is_fine(
    tmp_path: Path,
) -> None:
    (tmp_path / ".env").mkdir()
    with pytest.raises(BadInput, match=r"/\.env cannot be read"):
        warnings(tmp_path)
    assert warnings(tmp_path, "/dev/null") == []


def test_a_copy_of_the_example_file_changes_nothing_until_it_is_edited(tmp_path: Path) -> None:
    text = (PROJECT / ".env.example").read_text()
    assert str(load(tmp_path, text)) == str(load(tmp_path))


def test_the_example_file_has_every_setting_with_a_value_that_is_accepted(tmp_path: Path) -> None:
    text = (PROJECT / ".env.example").read_text()
    edited = re.sub(r"(?m)^# ([A-Z_]+=)", r"\1", text)
    settings = load(tmp_path, edited)
    assert settings.registry == "oci://ghcr.io/stianfro"
    assert settings.chart_ref == "oci://ghcr.io/stianfro/threek8s/chart"
    names = re.findall(r"(?m)^([A-Z_]+)=", edited)
    assert sorted(names) == sorted(VARIABLES)
    for name, variable in VARIABLES.items():
        if variable.default and not variable.optional:
            assert f"\n{name}={variable.default}\n" in edited


def test_every_example_and_default_matches_its_own_pattern(tmp_path: Path) -> None:
    examples = {}
    for name, variable in VARIABLES.items():
        examples[name] = variable.example or variable.default
    assert all(examples.values())
    load(tmp_path, **examples)
    load(tmp_path)


def test_every_name_of_a_setting_is_known() -> None:
    assert variable_names() == {*VARIABLES, "GH_TOKEN", "GITHUB_ACTOR"}


def test_a_missing_setting_says_what_it_is_and_how_to_set_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ENV_FILE", os.devnull)
    registry = str(missing_setting("REGISTRY"))
    assert registry.startswith("REGISTRY is not set: set REGISTRY to where `helm push` goes, ")
    assert registry.endswith("for example REGISTRY=oci://ghcr.io/stianfro")
    login = "run `gh auth login --scopes workflow,write:packages`"
    assert login in str(missing_setting("GITHUB_TOKEN"))
    monkeypatch.setenv("ENV_FILE", str(tmp_path / "none"))
    assert "REGISTRY is not set: run `invoke init`, or set" in str(missing_setting("REGISTRY"))


def test_a_token_is_shown_nowhere(tmp_path: Path) -> None:
    settings = load(tmp_path, GITHUB_TOKEN="hush-hush")
    copy = dataclasses.replace(settings)
    assert "hush" not in f"{settings} {settings!r} {copy}"
    with pytest.raises(TypeError):
        pickle.dumps(settings.github_token)


def test_an_error_does_not_show_the_token(tmp_path: Path) -> None:
    with pytest.raises(SettingError) as caught:
        load(tmp_path, GITHUB_TOKEN="hush hush")
    assert "hush" not in str(caught.value)
