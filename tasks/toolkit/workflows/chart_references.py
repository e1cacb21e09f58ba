"""Where a chart is pushed to, published and installed from, as the settings have it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..clients.helm.instructions import GETS_CHART, PUSH, Instruction
from ..clients.registry.reference import Reference
from ..core.errors import BadInput, ServiceError
from ..incident.project import Project


@dataclass(frozen=True)
class ChartReferences:
    """The references of the chart `name`: `push` is REGISTRY, `install` what users install from."""

    name: str
    push: Reference
    install: Reference

    @classmethod
    def of(cls, project: Project, name: str) -> ChartReferences:
        """Return the references of the chart `name`, as set. Raises SettingError."""
        return cls(name, project.push_reference, project.install_reference(name))

    @property
    def published(self) -> Reference:
        """Where helm publishes the chart: it appends the name."""
        return self.push.with_chart(self.name)


def concerns_chart(instruction: Instruction, references: ChartReferences) -> bool:
    """Return whether users would take a reference for one of the chart.

    Outside of helm's commands, a folder of charts and an image of the same name are none.
    """
    reference = replace(instruction.reference, tag="")
    places = {references.published, references.install}
    if any(_is_inside(reference, place) for place in places):
        return True
    leads_there = any(_is_inside(place, reference) for place in places)
    has_owner = any(_owner(reference) == _owner(place) for place in places)
    if instruction.command in GETS_CHART:
        return leads_there or (has_owner and reference.name == references.name)
    if instruction.command == PUSH:
        return leads_there or (has_owner and references.name in instruction.words)
    return False


def _is_inside(reference: Reference, place: Reference) -> bool:
    return f"{reference.oci}/".startswith(f"{place.oci}/")


def _owner(reference: Reference) -> tuple[str, str]:
    return reference.host, reference.repository.partition("/")[0]


def fetch_tip(project: Project) -> str:
    """Fetch the default branch of origin and return its commit. Raises ServiceError."""
    try:
        return project.fetch_tip()
    except BadInput as error:  # a check of what is there could not be made
        raise ServiceError(error.what, error.advice) from error


def chart_name(project: Project, commit: str) -> str:
    """Return the name of the chart at a commit; that of the clone's chart if it has none there.

    One of several charts is known by its name in the clone.
    """
    if project.label:
        return project.chart_name
    try:
        return project.chart_at(commit).name
    except BadInput:
        return project.chart.name
