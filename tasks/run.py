"""Local shortcuts: workflow runs."""

from __future__ import annotations

from .toolkit.diagnosis.run_logs import show_failed_step, watch_newest_run
from .toolkit.incident.context import Incident
from .toolkit.incident.recipe import ONE_CHART, recipe

RUN_HELP = {"run": "the number of a run, as in its URL; default: the newest"}


@recipe(takes=ONE_CHART, help=RUN_HELP)
def logs(incident: Incident, run: str = "") -> None:
    """Show the failed step of the newest failed run, and the last lines that it printed."""
    show_failed_step(incident.project, run)


@recipe(takes=ONE_CHART, help=RUN_HELP)
def watch(incident: Incident, run: str = "") -> None:
    """Follow the newest run until it ends."""
    watch_newest_run(incident.project, run)
