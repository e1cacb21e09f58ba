"""Two examples of each local shortcut."""

from __future__ import annotations

from collections.abc import Mapping

SHORTCUT_EXAMPLES: Mapping[str, tuple[str, str]] = {
    "chart.lint": (
        "chart.lint",
        "chart.lint --strict",
    ),
    "chart.template": (
        "chart.template",
        "chart.template --values values-prod.yaml",
    ),
    "chart.diff": (
        "chart.diff 1.6.1 1.7.0",
        "chart.diff v1.7.0 working",
    ),
    "chart.bump": (
        "chart.bump",
        "--dry chart.bump --to 1.7.1 --app-version 1.7.1",
    ),
    "chart.try": (
        "chart.try",
        "chart.try --values values-prod.yaml --install",
    ),
    "run.logs": (
        "run.logs",
        "run.logs --run 123456789",
    ),
    "run.watch": (
        "run.watch",
        "run.watch --run 123456789",
    ),
}
