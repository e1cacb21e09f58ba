"""What a text tells users to type: references, with the helm command and the version."""

from __future__ import annotations

import pytest

from tasks.toolkit.clients.helm.instructions import find_instructions

CHART = "oci://ghcr.io/owner/charts/podinfo"


def found(text: str) -> list[tuple[int, str, str]]:
    """Return the line, the reference and the command of each instruction in a text."""
    return [(one.line, str(one.reference), one.command) for one in find_instructions(text)]


COMMANDS = [
    (f"helm install podinfo {CHART}", CHART, "install"),
    (f"    $ helm upgrade -i podinfo {CHART}", CHART, "upgrade"),
    (f"helm --debug show chart '{CHART}'", CHART, "show"),
    (f"Install it: `helm install podinfo {CHART}`.", CHART, "install"),
    (f"> helm pull {CHART} --version 1.2.3", f"{CHART}:1.2.3", "pull"),
    (f'helm pull --version="1.2.3" {CHART}', f"{CHART}:1.2.3", "pull"),
    (f"helm template x {CHART} --version 1.2.3+b.1", f"{CHART}:1.2.3_b.1", "template"),
    (f"helm show values {CHART}:1.2.3_b.1", f"{CHART}:1.2.3_b.1", "show"),
    (f"helm show chart {CHART} | grep version", CHART, "show"),
    (f"helm push podinfo-*.tgz {CHART}/", CHART, "push"),
    (f"| chart | `{CHART}` |", CHART, ""),
    (f"helm list && crane ls {CHART}", CHART, ""),
    (f"the helm chart {CHART}, or", CHART, ""),
    (f"timoni apply podinfo {CHART}", CHART, ""),
    (f"- **{CHART}**", CHART, ""),
    (f"<code>{CHART}</code><br>{CHART}<br/>", CHART, ""),
    (f"[{CHART}]({CHART})", CHART, ""),
    (f"It is at {CHART}. Then", CHART, ""),
    ("helm pull oci://127.0.0.1:5000/podinfo", "oci://127.0.0.1:5000/podinfo", "pull"),
]


@pytest.mark.parametrize(("text", "reference", "command"), COMMANDS)
def test_a_reference_is_found_with_its_version_and_command(
    text: str,
    reference: str,
    command: str,
) -> None:
    assert set(found(text)) == {(1, reference, command)}


@pytest.mark.parametrize("version", ["<VERSION>", "1.x", "X.Y.Z", "$VERSION", "v1.2.3", "^1.2.0"])
def test_what_stands_for_a_version_is_none(version: str) -> None:
    assert found(f"helm pull {CHART} --version {version}") == [(1, CHART, "pull")]
    assert found(f"helm pull {CHART}:{version}") == [(1, CHART, "pull")]


OPEN = [
    f"{CHART}-<name>",
    f"{CHART}/{{{{ .Values.name }}}}",
    f"{CHART}/$NAME",
    f"{CHART}/...",
    f"{CHART}/*",
    f"{CHART}NAME",
    "oci://ghcr.io/{owner}/podinfo",
    "oci://ghcr.io/OWNER/podinfo",
    "oci://ghcr.io/<owner>/podinfo",
    "oci://$REGISTRY/podinfo",
    "oci://ghcr.io",
    "oci://.*/chart",
]


@pytest.mark.parametrize("reference", OPEN)
def test_a_reference_that_the_reader_completes_is_none(reference: str) -> None:
    assert found(f"helm install x {reference}") == []


def test_a_command_may_have_several_lines() -> None:
    lines = [
        "> helm upgrade --install \\",
        ">   podinfo \\",
        f">   {CHART} \\  ",
        ">   --version 1.2.3",
        CHART,
    ]
    text = "\n".join(lines)
    assert found(text) == [(3, f"{CHART}:1.2.3", "upgrade"), (5, CHART, "")]


def test_another_command_on_the_line_is_another_one() -> None:
    text = f"helm pull {CHART} --version 1.0.0 && helm push x.tgz {CHART}"
    assert found(text) == [(1, f"{CHART}:1.0.0", "pull"), (1, CHART, "push")]


def test_a_text_without_references_has_no_instructions() -> None:
    assert found("") == []
    assert found("ghcr.io/owner/charts/podinfo\nhelm install podinfo \\") == []
