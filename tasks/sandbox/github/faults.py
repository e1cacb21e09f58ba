"""Faults of GitHub that pass, and the headers of each answer.

https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime

from ..server import Reply
from .records import now

LIMIT = 5000  # requests an hour
UNICORN = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
BAD_GATEWAY = Reply(502, UNICORN, {"Content-Type": "text/html"})
NOT_FOUND = Reply(404, {"message": "Not Found", "status": "404"})


def graphql_error(message: str, kind: str | None = None) -> Reply:
    """Return an error of GraphQL, which GitHub sends with status 200."""
    return Reply(body={"data": None, "errors": [{"message": message, "type": kind}]})


SOMETHING_WENT_WRONG = graphql_error(
    "Something went wrong while executing your query. This may be the result of a timeout, "
    "or it could be a GitHub bug. Please include `0A1B:2C3D` when reporting this issue."
)
BASE_MODIFIED = graphql_error(
    "Base branch was modified. Review and try the merge again.", "UNPROCESSABLE"
)


@dataclass
class Fault:
    """What requests whose method and path match `pattern` get, `times` often.

    No reply breaks the connection. With `late`, the request takes effect first.
    """

    pattern: str
    reply: Reply | None
    times: int = 1
    late: bool = False


@dataclass
class Faults:
    """The faults to come, a rate limit, and the difference of GitHub's clock to ours."""

    to_come: list[Fault] = field(default_factory=list)
    limited_until: datetime | None = None
    clock_offset: timedelta = timedelta(0)

    def add(
        self,
        pattern: str,
        reply: Reply | None,
        times: int = 1,
        *,
        late: bool = False,
    ) -> None:
        """Let the next requests that match get a fault."""
        self.to_come.append(Fault(pattern, reply, times, late))

    def apply(self, name: str, answer: Callable[[], Reply]) -> Reply:
        """Answer a request, or let it run into the next fault. Raises ConnectionResetError."""
        for fault in self.to_come:
            if fault.times and re.search(fault.pattern, name):
                fault.times -= 1
                if fault.late:
                    answer()
                if fault.reply is None:
                    raise ConnectionResetError
                return fault.reply
        if self._remaining == 0 and not name.endswith("/rate_limit"):
            return Reply(403, {"message": "API rate limit exceeded for user ID 1."})
        return answer()

    @property
    def _remaining(self) -> int:
        is_limited = self.limited_until and now() < self.limited_until
        return 0 if is_limited else LIMIT

    @property
    def _reset(self) -> int:
        reset = self.limited_until or now() + timedelta(hours=1)
        return int((reset + self.clock_offset).timestamp())

    def rate_limits(self) -> dict[str, object]:
        """Return the answer of /rate_limit."""
        limit = {
            "limit": LIMIT,
            "used": LIMIT - self._remaining,
            "remaining": self._remaining,
            "reset": self._reset,
        }
        resources = {"core": limit, "search": limit, "graphql": limit}
        return {"resources": resources, "rate": limit}

    def headers(self) -> dict[str, str]:
        """Return the headers that GitHub sends with each answer."""
        return {
            "Date": format_datetime(now() + self.clock_offset, usegmt=True),
            "X-GitHub-Request-Id": secrets.token_hex(8).upper(),
            "X-RateLimit-Limit": str(LIMIT),
            "X-RateLimit-Remaining": str(self._remaining),
            "X-RateLimit-Used": str(LIMIT - self._remaining),
            "X-RateLimit-Reset": str(self._reset),
        }


def secondary_limit(retry_after: float) -> Reply:
    """Return the refusal of too many requests at once."""
    message = "You have exceeded a secondary rate limit. Please wait a few minutes."
    return Reply(403, {"message": message}, {"Retry-After": f"{retry_after:g}"})
