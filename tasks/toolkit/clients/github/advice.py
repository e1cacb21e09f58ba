"""What the errors of gh mean, and what to do about each. The first row that matches counts."""

from __future__ import annotations

from ...core.errors import (
    AccessDenied,
    Advice,
    BadInput,
    PassingFault,
    RateLimited,
    Refused,
)
from ...core.secret import Secret
from ...core.settings import VARIABLES
from ..certificates import PRIVATE_CA

NO_LOGIN = r"HTTP 401|Bad credentials|gh auth login"
LOG_IN = VARIABLES["GITHUB_TOKEN"].if_missing
ADVICE: Advice = (
    PRIVATE_CA,
    (
        r"not accessible by integration",
        AccessDenied,
        "let the `permissions:` of the job have contents, pull-requests, issues and actions: write,"
        " checks and statuses: read",
    ),
    (
        r"not accessible by",
        AccessDenied,
        "give the token write access to contents, pull requests, issues and actions",
    ),
    (
        r"GitHub Actions is not permitted",
        AccessDenied,
        "allow it on GitHub: Settings, Actions, General, Workflow permissions;"
        " or set the secret ROLLBACK_TOKEN: docs/actions.md",
    ),
    (
        r"`workflows` permission",
        AccessDenied,
        "GITHUB_TOKEN cannot have it: set the secret ROLLBACK_TOKEN, docs/actions.md",
    ),
    (
        r"`workflow` scope|required scopes|needs the \".+\" scope",
        AccessDenied,
        "add the scope to the token; `invoke doctor` shows how",
    ),
    (r"rate limit|HTTP 429", RateLimited, "wait a minute, then re-run the same command"),
    (
        r"HTTP 403",
        AccessDenied,
        "the token lacks a permission: `invoke doctor` shows its scopes",
    ),
    (
        r"Base branch was modified",
        PassingFault,
        "somebody else merged at the same moment: re-run the same command",
    ),
    (
        r"Head branch was modified",
        Refused,
        "nothing was merged; re-run the same command, which compares it again",
    ),
    (
        r"is not mergeable|rule violations found|review is required|[Rr]equired status check",
        Refused,
        "a required check or review is missing, or it conflicts: see the pull request",
    ),
    (
        r"Was unable to revert",
        Refused,
        "it conflicts, or was not merged on GitHub: "
        "`invoke rollback.commit --sha HASH` shows the files",
    ),
    (
        r"Could not resolve to a Repository",
        BadInput,
        "check GITHUB_REPOSITORY, and that the token can read it",
    ),
    (
        r"HTTP 5\d\d|status code: 5\d\d|Something went wrong while executing"
        r"|invalid character '<'",  # `gh api --jq` shows so much of a page of HTML
        PassingFault,
        "GitHub has trouble: see https://www.githubstatus.com, then re-run the same command",
    ),
    (
        r"error connecting|dial |connection re|connection broken|EOF|no such host|timeout"
        r"|unexpected end of JSON",
        PassingFault,
        "check the network, then re-run the same command",
    ),
)


def advice_with(token: Secret) -> Advice:
    """Return the advice for a gh that is given `token`: with one set, gh refuses to log in."""
    login = LOG_IN
    if token:
        login = f"{token.origin or 'GITHUB_TOKEN'} is not valid: unset it, or set a valid one"
    return ((NO_LOGIN, AccessDenied, login), *ADVICE)
