"""The facts of an incident: typed fields, which are read from the journal only here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import Field, dataclass, fields
from datetime import UTC, datetime
from typing import Any

LARGEST_NUMBER = 2**63  # GitHub's numbers are below
FIRST_EDITION = {"packaged": "packaged_from"}  # the names of fields in older journals
CHART = "chart"  # the key of an outcome that names its chart, where there are several
SHARED = (  # what the charts of a repository have in common; all else is of one chart
    "revert",
    "revert_url",
    "good_commit",
    "compared",
    "merged_at",
    "planned_revert",
    "planned_merge",
    "revert_is_planned",
    "run",
    "issue",
)


@dataclass(frozen=True)
class Facts:
    """The facts of one step or of all; a field at its default is unknown, or no longer true."""

    revert: int = 0  # the number of the pull request that reverts the bad one
    revert_url: str = ""
    good_commit: str = ""  # the merged revert: what may be published
    compared: str = ""  # the tree of that commit: `exact` the revert, or other and `accepted`
    merged_at: datetime | None = None  # when it was merged
    planned_revert: str = ""  # in a dry run: the commit whose revert would be merged
    planned_merge: str = ""  # in a dry run: the commit that the merge of an open revert would make
    revert_is_planned: bool = False  # in a dry run: a revert would be opened, not merged
    packaged_from: tuple[str, ...] = ()  # source, chart folder, version and appVersion asked for
    archive: str = ""  # the path of the packaged chart
    sha256: str = ""  # the digest of that file, `sha256:...`
    name: str = ""  # of the chart
    version: str = ""
    app_version: str = ""
    reference: str = ""  # where the chart was pushed, `oci://...` without a tag
    digest: str = ""  # of the manifest that was pushed, `sha256:...`
    alias: str = ""  # the reference that users install from, once it has the same manifest
    replaced: str = ""  # the reference under which an overwritten manifest is kept
    saved: str = ""  # the folder with the bytes of a withdrawn version
    run: int = 0  # the number of the workflow run that was started
    issue: int = 0  # the number of the incident's issue

    @property
    def published(self) -> bool:
        """Whether this incident published a chart, and did not withdraw it."""
        return bool(self.digest)

    @property
    def can_be_resumed_from(self) -> bool:
        """Whether another recipe can continue from these facts."""
        return bool(self.revert or self.good_commit or self.digest)

    def as_data(self) -> dict[str, Any]:
        """Return the known fields as the data of an event."""
        data = {}
        for name, value in vars(self).items():
            if value:
                data[name] = value
        if self.merged_at:
            data["merged_at"] = self.merged_at.isoformat()
        return data

    @classmethod
    def from_data(cls, outcomes: Iterable[Mapping[str, Any]], chart: str = "") -> Facts:
        """Return the facts in the data of outcomes, oldest first; None clears a field.

        Of several charts it is for `chart`: of the others' outcomes only what is SHARED counts.
        Raises TypeError or ValueError for a field of another type.
        """
        values: dict[str, Any] = {}
        for data in outcomes:
            is_own = (data.get(CHART) or "") == chart
            for key, value in data.items():
                if is_own or key in SHARED:
                    values[FIRST_EDITION.get(key, key)] = value
        known = {}
        for field in fields(cls):
            value = values.get(field.name)
            if value:
                known[field.name] = _checked(field, value)
        return cls(**known)


def _checked(field: Field[Any], value: Any) -> Any:
    """Return the value of a field as it was before it was written."""
    if field.type == "datetime | None":
        return aware_time(value)
    if field.type == "tuple[str, ...]":
        return tuple(map(str, value))
    if field.type != type(value).__name__:
        raise TypeError(f"{field.name} is {value!r}")
    if isinstance(value, int) and not 0 < value < LARGEST_NUMBER:
        raise ValueError(f"{field.name} is {value!r}")
    return value


def aware_time(text: str) -> datetime:
    """Return a time in UTC. Raises ValueError for one without a zone, TypeError, OverflowError."""
    time = datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return time.astimezone(UTC)
