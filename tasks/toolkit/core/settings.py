"""The environment and `.env` become one frozen Settings, checked as a whole before anything is done.

The environment wins over `.env`; an empty environment variable counts as unset, as CI leaves them. A value is never handed to
a shell, and none can be taken for an option: the patterns below see to that.
"""

from __future__ import annotations

import re
import shlex
import stat
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from .errors import BadInput, SettingError
from .secret import Secret


@dataclass(frozen=True)
class Variable:
    """What a variable must look like (`pattern`, whole), said in words, with an example; `default` when it is not set."""

    pattern: str
    wanted: str
    example: str
    default: str = ""


_OCI = r"oci://[a-z0-9.-]+(:\d+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)+"
_TERM = r"[ -]*\w[\w -]*"  # an empty one would be found in every issue
_SECONDS = Variable(r"\d{1,5}(\.\d+)?", "a number of seconds is needed", "120")
VARIABLES: Mapping[str, Variable] = {
    "GITHUB_TOKEN": Variable(r"[!-~]+", "a token is one word", "ghp_..."),
    "GITHUB_USER": Variable(r"[A-Za-z0-9][\w.\[\]-]*", "a GitHub login is needed", "stianfro"),
    "GITHUB_REPOSITORY": Variable(
        r"[A-Za-z0-9_][\w.-]*/[\w.][\w.-]*", "owner/name is needed", "stianfro/threek8s"
    ),
    "GITHUB_SERVER_URL": Variable(
        r"https?://[a-z0-9.-]+(:\d+)?",
        "a URL without a path is needed",
        "https://github.com",
        "https://github.com",
    ),
    "STATE_DIR": Variable(
        r"[^\x00-\x1f]+", "a folder for the record of incidents is needed", "~/rollbacks"
    ),
    "REPO_DIR": Variable(
        r"[^\x00-\x1f]+", "the folder of the repository's clone is needed", "../threek8s"
    ),
    "DEFAULT_BRANCH": Variable(r"[A-Za-z0-9_][\w./-]*", "the name of a branch is needed", "main"),
    "WORKFLOW": Variable(
        r"[A-Za-z0-9_][\w.-]*\.ya?ml",
        "the file name of the workflow is needed",
        "publish-helm.yml",
        "publish-helm.yml",
    ),
    "CHART_DIR": Variable(
        r"[^\x00-\x1f]+", "the chart's folder inside the repository is needed", "helm/threek8s"
    ),
    "REGISTRY": Variable(
        _OCI, "an OCI reference in lower case is needed", "oci://ghcr.io/stianfro/threek8s/chart"
    ),
    "CHART_REF": Variable(
        _OCI,
        "an OCI reference in lower case is needed",
        "oci://ghcr.io/stianfro/threek8s/chart/threek8s",
    ),
    "INSTALL_TERMS": Variable(
        rf"{_TERM}(,{_TERM})*",
        "words with one comma between them are needed",
        "install,helm,chart",
        "install,helm,chart",
    ),
    "RELEASE_NAME": Variable(
        r"[a-z0-9]([a-z0-9-]{0,51}[a-z0-9])?",
        "a Helm release name is needed",
        "test-rollback",
        "test-rollback",
    ),
    "NAMESPACE": Variable(
        r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?",
        "a Kubernetes namespace is needed",
        "default",
        "default",
    ),
    "PLAIN_HTTP": Variable(
        r"(?i)true|false|1|0|yes|no", "true or false is needed", "false", "false"
    ),
    "COMMAND_TIMEOUT": Variable(_SECONDS.pattern, _SECONDS.wanted, "120", "120"),
    "WAIT_TIMEOUT": Variable(_SECONDS.pattern, _SECONDS.wanted, "900", "900"),
    "DOWNLOAD_LIMIT": Variable(_SECONDS.pattern, "a number of MiB is needed", "100", "100"),
    "POLL_INTERVAL": Variable(_SECONDS.pattern, _SECONDS.wanted, "5", "5"),
}
# Names by which the field knows the same value, the stronger first: gh prefers GH_TOKEN, Actions sets GITHUB_ACTOR.
ALIASES = {
    "GITHUB_TOKEN": ("GH_TOKEN", "GITHUB_TOKEN"),
    "GITHUB_USER": ("GITHUB_USER", "GITHUB_ACTOR"),
}
# Empty in `.env` is what their comments there offer: taken from elsewhere, or derived.
MAY_BE_EMPTY = {
    "GITHUB_TOKEN",
    "GH_TOKEN",
    "GITHUB_USER",
    "GITHUB_REPOSITORY",
    "CHART_REF",
    "CHART_DIR",
    "DEFAULT_BRANCH",
}
FOLDERS = {"REPO_DIR", "STATE_DIR"}
MAY_BE_EMPTY |= FOLDERS


@dataclass(frozen=True)
class Settings:
    """Every setting, checked. An empty text was not set and is derived, or demanded, by who needs it. Times are seconds, sizes MiB."""

    github_token: Secret
    github_user: str
    github_repository: str
    github_server_url: str
    repo_dir: Path
    state_dir: Path | None
    default_branch: str
    workflow: str
    chart_dir: str
    registry: str
    chart_ref: str
    install_terms: str
    release_name: str
    namespace: str
    plain_http: bool
    command_timeout: float
    wait_timeout: float
    poll_interval: float
    download_limit: float

    @classmethod
    def of(cls, values: Mapping[str, str], folder: Path) -> Settings:
        """Build from an explicit mapping of variable names; a relative folder of the FOLDERS starts at `folder`. Raises SettingError."""
        text = {name: _checked(name, values) for name in VARIABLES}
        return cls(
            github_token=Secret(text["GITHUB_TOKEN"]),
            repo_dir=folder / Path(text["REPO_DIR"]).expanduser(),
            state_dir=folder / Path(text["STATE_DIR"]).expanduser() if text["STATE_DIR"] else None,
            plain_http=text["PLAIN_HTTP"].lower() in ("true", "1", "yes"),
            command_timeout=float(text["COMMAND_TIMEOUT"]),
            wait_timeout=float(text["WAIT_TIMEOUT"]),
            poll_interval=float(text["POLL_INTERVAL"]),
            download_limit=float(text["DOWNLOAD_LIMIT"]),
            **{
                field.name: text[field.name.upper()] for field in fields(cls) if field.type == "str"
            },
        )


def _checked(name: str, values: Mapping[str, str]) -> str:
    variable = VARIABLES[name]
    used = next((alias for alias in ALIASES.get(name, (name,)) if values.get(alias)), name)
    value = values.get(used) or variable.default
    if value and not re.fullmatch(variable.pattern, value):
        found = "is not one (it is not shown here)" if name == "GITHUB_TOKEN" else f"is {value!r}"
        raise SettingError(used, found, variable.wanted, variable.example)
    return value


def missing_setting(name: str) -> SettingError:
    """Return the error for a variable that is needed, not set, and could not be derived."""
    return SettingError(name, "is not set", VARIABLES[name].wanted, VARIABLES[name].example)


def dotenv_file(environ: Mapping[str, str], project: Path) -> Path:
    """Return the file that holds settings: `.env` in `project`, or the one that ENV_FILE names."""
    return Path(environ.get("ENV_FILE") or project / ".env")


def load_settings(
    environ: Mapping[str, str], project: Path, cwd: Path
) -> tuple[Settings, list[str]]:
    """Return the settings from the `.env` and `environ`, and warnings for the person.

    A relative folder starts at the `.env` that says so, else at `cwd`. Raises SettingError, or BadInput for a `.env` that cannot be read.
    """
    file, warnings = dotenv_file(environ, project), list[str]()
    if environ.get("ENV_FILE") and not file.exists():
        raise BadInput(
            f"ENV_FILE names {file}, which is not there", "name a file that is, or unset ENV_FILE"
        )
    written = _read(file, warnings) if file.exists() else {}
    if written and stat.S_IMODE(file.stat().st_mode) & 0o077:
        warnings.append(
            f"{file} can be read by others on this machine: chmod 600 {shlex.quote(str(file))}"
        )
    given = {name: value for name, value in environ.items() if value}
    placed = {
        name: str(file.parent / Path(written[name]).expanduser())
        for name in FOLDERS
        if written.get(name)
    }
    return Settings.of({**written, **placed, **given}, cwd), warnings


def _read(file: Path, warnings: list[str]) -> dict[str, str]:
    from dotenv.parser import parse_stream  # only where there is a .env  # noqa: PLC0415

    values: dict[str, str] = {}
    known = {*VARIABLES, *(alias for aliases in ALIASES.values() for alias in aliases)}
    try:
        with file.open(encoding="utf-8") as stream:
            bindings = list(parse_stream(stream))
    except UnicodeError as error:
        raise BadInput(f"{file} is not written in UTF-8 ({error})", "save it as UTF-8") from error
    except OSError as error:
        raise BadInput(
            f"{file} cannot be read ({error.strerror})",
            "it must be a file, and yours: see .env.example",
        ) from error
    for binding in bindings:
        if binding.error or (binding.key and binding.value is None):
            raise BadInput(
                f"{file}, line {binding.original.line}, is not NAME=value",
                "quotes must be closed, and a value ends with its line",
            )
        if binding.key is None:
            continue
        if binding.key not in known:
            warnings.append(f"{file}: {_unknown(binding.key, known)}")
            continue
        value = binding.value or ""
        if not value and binding.key not in MAY_BE_EMPTY:
            variable = VARIABLES[binding.key]
            raise SettingError(
                binding.key,
                "is empty in .env",
                f"{variable.wanted}, or remove the line",
                variable.example,
            )
        values[binding.key] = value
    return values


def _unknown(name: str, known: set[str]) -> str:
    from difflib import get_close_matches  # only where there is such a name  # noqa: PLC0415

    nearest = get_close_matches(name, sorted(known), 1)
    return f"{name} is no setting, and nobody reads it: {f'is {nearest[0]} meant?' if nearest else 'see .env.example for those there are'}"
