"""What `gh api --include rate_limit` says: when GitHub answers again, and what time it has.

https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from ...core.errors import ServiceError

ARGUMENTS = ("api", "--include", "rate_limit")
AT_LEAST = 60.0  # seconds, where GitHub names no other time


def parse_headers(printed: str) -> dict[str, str]:
    """Return the headers of an answer, their names in lower case."""
    head, _, _ = printed.replace("\r", "").partition("\n\n")
    headers = {}
    for line in head.split("\n"):
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    return headers


def github_time(printed: str) -> datetime:
    """Return the time at which GitHub answered. Raises ServiceError if it is not there."""
    date = parse_headers(printed).get("date", "")
    try:
        return parsedate_to_datetime(date).astimezone(UTC)
    except (ValueError, TypeError, OverflowError) as error:
        what = f"GitHub answered with the date {date[:40]!r}"
        raise ServiceError(what, "a proxy may have changed it: check the network") from error


def seconds_to_wait(printed: str) -> float:
    """Return the seconds until GitHub answers again: as its header says, or until its reset."""
    retry_after = parse_headers(printed).get("retry-after", "")
    if re.fullmatch(r"\d{1,6}(\.\d+)?", retry_after):
        return float(retry_after)
    _, _, body = printed.replace("\r", "").partition("\n\n")
    with suppress(ServiceError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        resources = json.loads(body)["resources"].values()
        resets = []
        for limit in resources:
            if limit["remaining"] == 0:
                resets.append(limit["reset"])
        if resets:
            left = max(resets) - github_time(printed).timestamp()
            return float(max(left, 0) + 1)
    return AT_LEAST
