"""The environment of the sandbox: apart from the caller's, but with its terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks.sandbox.environment import isolated_environment


@pytest.mark.parametrize(("terminal", "is_plain"), [("dumb", True), ("xterm", False)])
def test_programs_print_no_colours_on_a_dumb_terminal(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, terminal: str, is_plain: bool
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", terminal)
    assert ("NO_COLOR" in isolated_environment(tmp_path, [])) == is_plain
