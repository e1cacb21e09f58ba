"""What a rehearsal knows about actions that are no stand-ins of the sandbox."""

from __future__ import annotations

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
    "docker/metadata-action": "images get no tags and labels in a rehearsal",
    "github/codeql-action": NO_SCANS,
    "goreleaser/goreleaser-action": "programs are not built in a rehearsal",
    "helm/kind-action": "no cluster is started in a rehearsal",
    "tibdex/github-app-token": NO_APP,
}

OUTPUTS = {
    "actions/create-github-app-token": {"token": "${{ github.token }}"},
    "tibdex/github-app-token": {"token": "${{ github.token }}"},
}
