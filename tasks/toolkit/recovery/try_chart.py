"""Try the chart of the working copy: in the current cluster, or rendered if none answers."""

from __future__ import annotations

import re

from ..clients.helm.installation import count_objects
from ..clients.helm.kube_context import find_context
from ..clients.helm.local_chart import Rendering
from ..console.output import status
from ..core.errors import BadInput, Refused, ServiceError
from ..core.settings import VARIABLES
from ..core.shell import join
from ..incident.project import Project
from .local_chart import Values, prepare_chart

CONNECT = "choose a cluster with KUBECONFIG or `kubectl config use-context`"
PREFIX = "try-"  # nobody's own release has the name
LONGEST_RELEASE = 53  # characters, as helm allows


def try_chart(
    project: Project,
    values: Values,
    namespace: str,
    *,
    install: bool,
) -> None:
    """Let the current cluster check the chart, or render it if none answers; install on demand.

    Raises CheckFailed, Refused, BadInput, ServiceError.
    """
    namespace = namespace or project.settings.namespace
    if not re.fullmatch(VARIABLES["NAMESPACE"].pattern, namespace):
        advice = "use at most 63 lower case letters, digits and dashes"
        raise BadInput(f"--namespace {namespace!r} is not a Kubernetes namespace", advice)
    folder, chart = prepare_chart(project, project.root, quiet=not install)
    release = release_name(chart.name)
    rendering = Rendering(folder, release, namespace, values.file, values.assignments)
    helm = project.helm.local_charts
    name = f"{chart.name} {chart.version}"
    manifests = helm.render(rendering)
    context = find_context(project.runner.environ)
    where = f"{context}, " if context else ""
    status(f"{where}namespace {namespace}, release {release}")
    problem = helm.try_in_cluster(rendering)
    if problem and install:
        raise Refused(f"nothing was installed, since no cluster answered: {problem}", CONNECT)
    if problem:
        status(f"no cluster answered: {problem}", "warning")
        count = count_objects(manifests)
        status(f"{name}: {count} objects, rendered locally; no cluster has checked them", "done")
        status(CONNECT, "next")
        return
    if not install:
        status(f"the cluster accepts {name}; nothing was installed", "done")
        status("invoke chart.try --install", "next")
        return
    _install(project, rendering, chart.name, chart.version)


def release_name(chart: str) -> str:
    """Return the name of the trial release, which no release in use has."""
    name = re.sub("[._]", "-", f"{PREFIX}{chart}")
    return name[:LONGEST_RELEASE].rstrip("-")


def _install(
    project: Project,
    rendering: Rendering,
    chart: str,
    version: str,
) -> None:
    """Install or upgrade the release, and say how to remove it. Raises ServiceError."""
    release, namespace = rendering.release, rendering.namespace
    remove = join(["helm", "uninstall", release, f"--namespace={namespace}"])
    status(f"to remove it: {remove}", "next")  # also if it does not become ready
    helm = project.helm.local_charts
    if not helm.install(rendering, project.settings.wait_timeout):
        return
    installed = project.helm.installer.installed_release(release, namespace)
    if installed != (chart, version, "deployed"):
        what = f"release {release} in namespace {namespace} is not deployed"
        raise ServiceError(what, f"see `helm status {release} --namespace {namespace}`")
    status(f"installed {chart} {version} as {release}, and it is ready", "done")
