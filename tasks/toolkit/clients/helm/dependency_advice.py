"""What helm's errors mean when dependencies are built. The first row that matches counts."""

from __future__ import annotations

from ...core.errors import AccessDenied, Advice, Refused, ServiceError
from ..certificates import PRIVATE_CA
from .program import NETWORK

FIX = "correct Chart.yaml and Chart.lock, or choose another commit or release of it"
NETWORK_ADVICE = "check the network, then re-run the same command"


class OutOfSync(Refused):
    """Chart.lock is of another Chart.yaml."""


class NeedsPlainHttp(ServiceError):
    """A registry has no TLS."""


class Unreachable(ServiceError):
    """A repository with an index cannot be read."""


ADVICE: Advice = (
    (r"no cached repository for", Unreachable, NETWORK_ADVICE),
    (r"Chart\.lock\) is out of sync", OutOfSync, "run `helm dependency update` and commit that"),
    (r"server gave HTTP response to HTTPS client", NeedsPlainHttp, "set PLAIN_HTTP=true"),
    PRIVATE_CA,
    (NETWORK, ServiceError, NETWORK_ADVICE),
    (r"(: |status code )50\d", ServiceError, "that repository has trouble: try again later"),
    (
        r"(: |status code )40[13]|denied",
        AccessDenied,
        "it is not public: in a clone, log in to it, run `helm dependency build` and"
        " `helm package`, then `invoke publish.push --archive FILE`",
    ),
    (r"", Refused, FIX),
)
