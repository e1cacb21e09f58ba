"""The settings, each declared once. No pattern takes what a program could read as an option."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .secret import Secret
from .variable import number_setting, setting

_HOST = r"oci://[a-z0-9.-]+(:\d+)?"
_OCI = rf"{_HOST}(/[a-z0-9]+([._-]+[a-z0-9]+)*)+"
_NAME = r"([a-z0-9]+|\{chart\})"
_OCI_OF_CHART = rf"{_HOST}(/{_NAME}([._-]+{_NAME})*)+"
_FOLDER = r"[^\x00-\x1f]+"
_TAG_PART = r"[A-Za-z0-9_./@+-]*"
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
        if_missing="run `gh auth login --scopes workflow,write:packages`, or set GITHUB_TOKEN"
        " (scopes repo, workflow, write:packages)",
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
        "the chart's folder, or those of several",
        _FOLDER,
        "folders inside the repository, with commas between them",
        "helm/threek8s",
        optional=True,
    )
    registry: str = setting(
        "where `helm push` goes",
        _OCI,
        "an OCI reference in lower case",
        "oci://ghcr.io/stianfro",
    )
    chart_ref: str = setting(
        "what users install from",
        _OCI_OF_CHART,
        "an OCI reference in lower case, of several charts with {chart} in it",
        "oci://ghcr.io/stianfro/threek8s/chart",
        optional=True,
    )
    tag_pattern: str = setting(
        "how the tags of the chart's releases name its version",
        rf"(?!-){_TAG_PART}(\{{chart\}}{_TAG_PART})?\{{version\}}{_TAG_PART}",
        "a tag with {version} in it, and {chart} for the chart's name",
        "{chart}-{version}",
        optional=True,
    )
    app_version_rule: str = setting(
        "how appVersion follows from a release's tag",
        rf"(?!-)(independent|{_TAG_PART}\{{(version|tag)\}}{_TAG_PART})",
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
    rehearse: bool = setting(
        "whether recover and prevention.branch rehearse the next release, where that can be done",
        r"(?i)true|false|1|0|yes|no",
        "true or false",
        default="true",
        convert=_is_true,
    )
    command_timeout: float = number_setting("the limit for one program", "120")
    wait_timeout: float = number_setting("the limit for a wait, such as for a workflow run", "900")
    download_limit: float = number_setting("the limit for a release's source archive", "100", "MiB")
    poll_interval: float = number_setting("the time between two polls", "5")
