"""The settings, each declared once; all are checked before anything is done.

The environment wins over `.env`, and an empty variable counts as unset, as CI leaves them.
The patterns let no value pass that a program could take for an option.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from .env_file import read_env_file
from .errors import BadInput, SettingError
from .secret import Secret
from .variable import Variable, number_setting, setting

_OCI = r"oci://[a-z0-9.-]+(:\d+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)+"
_FOLDER = r"[^\x00-\x1f]+"
_TERM = r"[ -]*\w[\w -]*"  # an empty term would match every issue


def _path_or_none(text: str) -> Path | None:
    return Path(text) if text else None


def _is_true(text: str) -> bool:
    return text.lower() in ("true", "1", "yes")


@dataclass(frozen=True)
class Settings:
    """All settings. An empty text was not set: it is derived, or `missing_setting` is raised."""

    github_token: Secret = setting(
        "the token for GitHub and its registry",
        r"[!-~]+",
        "one word",
        "ghp_...",
        convert=Secret,
        names=("GH_TOKEN", "GITHUB_TOKEN"),  # gh prefers GH_TOKEN
        optional=True,
        if_missing="run `gh auth login`, or set it (scopes repo, workflow, write:packages)",
    )
    github_user: str = setting(
        "the user name for the registry",
        r"[A-Za-z0-9][\w.\[\]-]*",
        "a GitHub login",
        "stianfro",
        names=("GITHUB_USER", "GITHUB_ACTOR"),  # GitHub Actions sets GITHUB_ACTOR
        optional=True,
    )
    github_repository: str = setting(
        "the repository on GitHub",
        r"[A-Za-z0-9_][\w.-]*/[\w.][\w.-]*",
        "owner/name",
        "stianfro/threek8s",
        optional=True,
    )
    github_server_url: str = setting(
        "where users clone from and download a release's source",
        r"https?://[a-z0-9.-]+(:\d+)?",
        "a URL without a path",
        default="https://github.com",
    )
    state_dir: Path | None = setting(
        "the folder that keeps the incidents",
        _FOLDER,
        "a folder",
        "~/rollbacks",
        convert=_path_or_none,
        optional=True,
        is_folder=True,
    )
    repo_dir: Path = setting(
        "the folder of the repository's clone",
        _FOLDER,
        "a folder",
        "../threek8s",
        default=".",
        convert=Path,
        optional=True,
        is_folder=True,
    )
    default_branch: str = setting(
        "the branch that releases are made from",
        r"[A-Za-z0-9_][\w./-]*",
        "the name of a branch",
        "main",
        optional=True,
    )
    workflow: str = setting(
        "the workflow that publishes the chart",
        r"[A-Za-z0-9_][\w.-]*\.ya?ml",
        "the file name of a workflow",
        default="publish-helm.yml",
    )
    chart_dir: str = setting(
        "the chart's folder",
        _FOLDER,
        "a folder inside the repository",
        "helm/threek8s",
        optional=True,
    )
    registry: str = setting(
        "where `helm push` goes",
        _OCI,
        "an OCI reference in lower case",
        "oci://ghcr.io/stianfro/threek8s/chart",
    )
    chart_ref: str = setting(
        "what users install from",
        _OCI,
        "an OCI reference in lower case",
        "oci://ghcr.io/stianfro/threek8s/chart/threek8s",
        optional=True,
    )
    tag_pattern: str = setting(
        "how the tags of the chart's releases name its version",
        r"[\w./@+-]*(\{chart\}[\w./@+-]*)?\{version\}[\w.+-]*",
        "a tag with {version} in it, and {chart} for the chart's name",
        "{chart}-{version}",
        optional=True,
    )
    app_version_rule: str = setting(
        "how appVersion follows from a release's tag",
        r"independent|[\w.+-]*\{(version|tag)\}[\w.+-]*",
        "`independent`, or a text with {version} or {tag} in it",
        "v{version}",
        optional=True,
    )
    install_terms: str = setting(
        "words that issues about failed installations contain",
        rf"{_TERM}(,{_TERM})*",
        "words with one comma between them",
        default="install,helm,chart",
    )
    release_name: str = setting(
        "the Helm release name of the trial installation",
        r"[a-z0-9]([a-z0-9-]{0,51}[a-z0-9])?",
        "a Helm release name",
        default="test-rollback",
    )
    namespace: str = setting(
        "the Kubernetes namespace of installations",
        r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?",
        "a Kubernetes namespace",
        default="default",
    )
    plain_http: bool = setting(
        "whether the registry has no TLS",
        r"(?i)true|false|1|0|yes|no",
        "true or false",
        default="false",
        convert=_is_true,
    )
    command_timeout: float = number_setting("the limit for one program", "120")
    wait_timeout: float = number_setting("the limit for a wait, such as for a workflow run", "900")
    download_limit: float = number_setting("the limit for a release's source archive", "100", "MiB")
    poll_interval: float = number_setting("the time between two polls", "5")


VARIABLES: Mapping[str, Variable] = {
    field.name.upper(): field.metadata["variable"] for field in fields(Settings)
}
_BY_ANY_NAME = dict(VARIABLES)
for _variable in VARIABLES.values():
    _BY_ANY_NAME |= dict.fromkeys(_variable.names, _variable)


def variable_names() -> set[str]:
    """Return every name by which a setting can be given, aliases included."""
    return set(_BY_ANY_NAME)


def missing_setting(name: str) -> SettingError:
    """Return the error for a variable that is needed, not set, and cannot be derived."""
    variable = VARIABLES[name]
    advice = variable.if_missing
    if not advice:
        advice = f"it is {variable.meaning}, {variable.describe(name)}"
    return SettingError(name, "is not set", advice)


def dotenv_file(environ: Mapping[str, str], project: Path) -> Path:
    """Return the file of settings: the one that ENV_FILE names, else `.env` in `project`."""
    return Path(environ.get("ENV_FILE") or project / ".env")


def load_settings(
    environ: Mapping[str, str], project: Path, cwd: Path
) -> tuple[Settings, list[str]]:
    """Return the settings, and warnings for the user. Raises SettingError, BadInput.

    A relative folder starts at the file that names it, or at `cwd` if the environment does.
    """
    file = dotenv_file(environ, project)
    texts: dict[str, str] = {}
    warnings: list[str] = []
    if file.exists():
        texts, warnings = read_env_file(file, _BY_ANY_NAME)
    elif environ.get("ENV_FILE"):
        advice = "name a file that exists, or unset ENV_FILE"
        raise BadInput(f"ENV_FILE names {file}, which does not exist", advice)
    for name, text in texts.items():
        texts[name] = _BY_ANY_NAME[name].read_file_text(name, text, file.parent)
    texts |= {name: text for name, text in environ.items() if text}
    values = {}
    for name, variable in VARIABLES.items():
        values[name.lower()] = variable.read(name, texts, cwd)
    return Settings(**values), warnings
