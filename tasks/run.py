"""Local shortcuts: workflow runs."""

from __future__ import annotations

from .toolkit.incident.context import Incident
from .toolkit.incident.recipe import ONE_CHART, recipe

RUN_HELP = {"run": "the number or the URL of a run; default: the newest"}
ALL_HELP = {"all": "all lines of the step, instead of the last 40"}


@recipe(takes=ONE_CHART, help=RUN_HELP | ALL_HELP)
def logs(incident: Incident, run: str = "", all: bool = False) -> None:
    """Show the failed step of the newest failed run, and the last lines that it printed."""
    from .toolkit.diagnosis.run_logs import show_failed_step

    show_failed_step(incident.project, run, whole=all)


@recipe(takes=ONE_CHART, help=RUN_HELP)
def watch(incident: Incident, run: str = "") -> None:
    """Follow the newest run until it ends."""
    from .toolkit.diagnosis.run_logs import watch_newest_run

    watch_newest_run(incident.project, run)
