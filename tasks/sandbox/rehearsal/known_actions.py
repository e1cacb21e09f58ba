"""What a rehearsal knows about actions that are no stand-ins of the sandbox."""

from __future__ import annotations

from collections.abc import Collection

from ..github.workflow_files import Spec

# Other names of stand-ins.
ALIASES = {"google-github-actions/release-please-action": "googleapis/release-please-action"}

# They cannot change what is published, so that a step of theirs counts as rehearsed: a cache may
# be empty at any time, the builders serve images only, and the last one only watches the network.
HARMLESS = (
    "actions/cache",
    "docker/setup-buildx-action",
    "docker/setup-qemu-action",
    "step-security/harden-runner",
)

# Their programs are those of this machine: the input with the version, and what prints it.
# A step counts as rehearsed if the version is the one asked for.
SETUPS = {
    "actions/setup-go": ("go-version", "go version"),
    "actions/setup-java": ("java-version", "java --version"),
    "actions/setup-node": ("node-version", "node --version"),
    "actions/setup-python": ("python-version", "python3 --version"),
    "ruby/setup-ruby": ("ruby-version", "ruby --version"),
}

NO_IMAGES = "images are not built in a rehearsal"
NO_SCANS = "nothing is scanned in a rehearsal"
NO_SCRIPTS = "its script is not run in a rehearsal"
NO_SIGNATURES = "nothing is signed or attested in a rehearsal"
NO_APP = "an app's token cannot be had here, the job's own is used"
NO_LABELS = "images get no tags and labels in a rehearsal"
NO_CLUSTER = "no cluster is started in a rehearsal"
PUSHES_NO_CHART = (NO_IMAGES, NO_SCANS, NO_SIGNATURES, NO_APP, NO_LABELS, NO_CLUSTER)

# Why a step of theirs does not count as rehearsed: others may use their outputs and files.
REASONS = {
    "actions/attest": NO_SIGNATURES,
    "actions/attest-build-provenance": NO_SIGNATURES,
    "actions/attest-sbom": NO_SIGNATURES,
    "actions/create-github-app-token": NO_APP,
    "actions/github-script": NO_SCRIPTS,
    "anchore/sbom-action": NO_SCANS,
    "aquasecurity/trivy-action": NO_SCANS,
    "docker/bake-action": NO_IMAGES,
    "docker/build-push-action": NO_IMAGES,  # the sandbox's stand-in is for the drill only
    "docker/metadata-action": NO_LABELS,
    "github/codeql-action": NO_SCANS,
    "goreleaser/goreleaser-action": "programs are not built in a rehearsal",
    "helm/kind-action": NO_CLUSTER,
    "tibdex/github-app-token": NO_APP,
}

OUTPUTS = {
    "actions/create-github-app-token": {"token": "${{ github.token }}"},
    "tibdex/github-app-token": {"token": "${{ github.token }}"},
}

NO_FILES = (NO_IMAGES, NO_LABELS, NO_APP)  # what they make are images and outputs
INTO_FILES = "dest="  # an exporter of docker buildx
MISSING = " is not on this machine"


def may_change_files(spec: Spec, reasons: Collection[str]) -> bool:
    """Return whether later steps may lack files for a step that was not rehearsed for reasons.

    They do not for an action that only installs a program: a step that needs it notes that.
    """
    if "uses" not in spec or INTO_FILES in str(spec.get("with")):
        return True
    return any(not reason.endswith((*NO_FILES, MISSING)) for reason in reasons)
