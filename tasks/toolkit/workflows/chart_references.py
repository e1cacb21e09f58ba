"""Where a chart is pushed to, published and installed from, as the settings have it."""

from __future__ import annotations

from dataclasses import dataclass

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
