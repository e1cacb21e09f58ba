"""The context that all recipes of one invocation share: settings, project, log.

Every section imports this module, for the type. The parts are imported when an incident is made.
"""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..console.signals import CLOSED_PIPE_STATUS, interrupt, shut_down, shutting_down
from ..console.streams import discard_closed_streams
from ..core.errors import ServiceError
from ..core.installation import settings_folder
from ..core.invocation import choose_chart, current_chart
from ..core.secret import TOKENS

if TYPE_CHECKING:
    from invoke.context import Context

    from .log import IncidentLog
    from .project import Project
    from .watches import Watches


class Incident:
    """What the recipes of one invocation share: a project, a log, and Invoke's context.

    The console needs no object: its streams are the process's own, and its current step is ambient.
    """

    def __init__(
        self,
        context: Context,
        environ: Mapping[str, str],
        cwd: Path,
        *,
        needs_env_file: bool = True,
    ) -> None:
        """Read the settings. Raises SettingError, BadInput, Refused, ServiceError.

        An ENV_FILE that does not exist is refused if it is needed.
        """
        from ..clients.dry_run import Executor
        from ..core.settings import dotenv_file, load_settings
        from .env_check import check_env_file
        from .programs import make_runner, make_scratch, set_limits
        from .project import Project
        from .whereabouts import Whereabouts

        self.context = context
        folder = settings_folder(environ, cwd)
        self.env_file = dotenv_file(environ, folder)
        self._environ = environ
        self._executor = Executor(dry_run=bool(context.config.run.dry))
        echo = bool(context.config.run.echo)
        runner = make_runner(environ, self._executor, echo=echo)
        self.warnings = check_env_file(runner, self.env_file)
        settings, warnings = load_settings(environ, folder, cwd, needs_file=needs_env_file)
        self.warnings += warnings
        set_limits(runner, settings)
        self._scratch = make_scratch(runner)
        if settings.github_token:
            runner.keep_secret(settings.github_token)
            self._export_token()
        self._executor.scratch = str(self._scratch.path)
        project = Project(settings, runner, self._scratch.path)
        self._projects = {"": project}
        self.whereabouts = Whereabouts(project, cwd, environ)
        self.log = self._make_log(project)
        atexit.register(self._end)

    def _make_log(self, project: Project) -> IncidentLog:
        """Return the log of the project's open incident."""
        from .incidents import find_owner
        from .log import IncidentLog

        return IncidentLog(
            self._executor,
            project.runner.mask,
            lambda: project.state,
            lambda: project.git.private_file("rollback-triggers.jsonl"),
            lambda: find_owner(project),
        )

    def _export_token(self) -> None:
        """Begin a plan with the export of the token in .env, unless the environment has one."""
        from ..clients.dry_run import token_export

        if not any(self._environ.get(name) for name in TOKENS):
            self._executor.preamble.append(token_export(self.env_file))

    @classmethod
    def of(
        cls,
        context: Context,
        *,
        acts: bool = False,
        needs_env_file: bool = True,
    ) -> Incident:
        """Return the invocation's incident, kept on Invoke's config; the first call makes it.

        What makes the file of settings goes by the current folder; a recipe that `acts` may not,
        if that is in another clone. Raises SettingError, BadInput, ServiceError.
        """
        incident = context.config.get("incident")
        if not isinstance(incident, cls):
            environ = dict(os.environ)
            incident = cls(context, environ, Path.cwd(), needs_env_file=needs_env_file)
            incident._executor.take_notes()
            for name in TOKENS:  # what Python starts itself, such as a browser, needs none
                os.environ.pop(name, None)
            context.config.incident = incident
            from ..console.output import status

            for warning in incident.warnings:
                status(warning, "warning", step="settings")
        if needs_env_file:
            incident.whereabouts.ensure_own_clone(acts=acts)
        return incident

    def renew(self) -> None:
        """Let the recipes that follow read the settings again. Raises SettingError, BadInput."""
        self._executor.finish(complete=True)  # what was said so far comes first
        renewed = Incident(self.context, self._environ, Path.cwd())
        renewed._executor.take_notes()
        self.context.config.incident = renewed

    @property
    def project(self) -> Project:
        """The project: of the chart that is worked on, if there are several."""
        label = current_chart()
        if label not in self._projects:
            self._projects[label] = self._projects[""].find_chart(label)
        return self._projects[label]

    @property
    def watches(self) -> Watches:
        """What goes on in the background."""
        return self._projects[""].watches

    def choose_chart(self, given: str) -> None:
        """Let this recipe and those that follow work on the chart that `--chart` names.

        Raises BadInput.
        """
        chart = self._projects[""].find_chart(given)
        choose_chart(chart.label)

    def __copy__(self) -> Incident:
        """Return the same object: Invoke copies what its config holds."""
        return self

    @property
    def plan(self) -> str | None:
        """The plan of a dry run so far, as a block of shell; None outside a dry run."""
        return self._executor.plan

    def mask(self, text: str) -> str:
        """Return `text` without secrets."""
        return self._projects[""].runner.mask(text)

    def abandon_plan(self) -> None:
        """Leave a dry run's plan incomplete: a shell then runs nothing of it."""
        self._executor.finish(complete=False)

    def hold(self, wait: bool = False) -> None:
        """Become the only operator on this machine. Raises Refused, TookTooLong, ServiceError."""
        from .continuing import close_if_resolved, report_open_incident
        from .lock_taking import take_lock

        if not self.project.runner.operator_locks:
            self._executor.quietly(partial(take_lock, self.project, self.log, wait))
            close_if_resolved(self.project, self.log)
            self._executor.quietly(partial(report_open_incident, self.log))
        self._scratch.sweep()

    def _end(self) -> None:
        code = 0
        if not shutting_down.is_set():
            code = self.watches.report()
        interrupt.raised = True  # nothing is left to interrupt
        shut_down()  # what was read ahead, and not needed
        self._scratch.clean()
        try:
            self._executor.finish(complete=True)
        except OSError as error:  # Python has chosen its exit code, and would keep it
            discard_closed_streams()
            is_closed = isinstance(error, BrokenPipeError)
            os._exit(CLOSED_PIPE_STATUS if is_closed else ServiceError.exit_code)
        if code:
            sys.stdout.flush()
            os._exit(code)
