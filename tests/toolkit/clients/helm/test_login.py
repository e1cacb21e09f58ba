"""The login of helm: in a file of our own, in the background, or in a keychain of the system."""

from __future__ import annotations

import json
import os

import pytest

from tasks.sandbox.registry import Registry
from tasks.toolkit.core.errors import AccessDenied
from tasks.toolkit.core.secret import Secret

from .conftest import TOKEN, Machine

KEYCHAIN = """#!/bin/sh
echo "$1 $(cat)" >>"$HOME/keychain"
"""


def test_a_login_that_is_begun_is_the_login_that_follows(
    machine: Machine, registry: Registry
) -> None:
    helm = machine.helm()
    helm.login.begin(registry.host, "me", Secret(TOKEN))
    assert helm.login.is_begun
    assert not helm.login.is_valid
    assert helm.login.log_in(registry.host, "me", Secret(TOKEN))
    assert helm.login.is_valid
    assert not helm.login.is_begun
    assert [method for method, _ in registry.requests].count("POST") == 1  # helm's own token


def test_a_login_that_is_begun_and_refused_is_refused_when_it_is_needed(
    machine: Machine, registry: Registry
) -> None:
    helm = machine.helm()
    helm.login.begin(registry.host, "me", Secret("wrong"))
    with pytest.raises(AccessDenied):
        helm.login.log_in(registry.host, "me", Secret("wrong"))
    assert not helm.login.is_valid
    assert helm.login.log_in(registry.host, "me", Secret(TOKEN))


def test_a_dry_run_begins_nothing(machine: Machine, registry: Registry) -> None:
    helm = machine.helm(dry_run=True)
    helm.login.begin(registry.host, "me", Secret(TOKEN))
    assert not helm.login.is_begun
    assert registry.requests == []


def test_a_login_in_our_own_file_ends_with_the_file(machine: Machine, registry: Registry) -> None:
    helm = machine.logged_in(registry)
    (file,) = machine.scratch.glob("registry.json")
    helm.login.begin_log_out(registry.host)
    assert not file.exists()
    assert not helm.login.is_valid


def test_a_login_in_a_keychain_is_taken_out_of_it_by_helm(
    machine: Machine, registry: Registry
) -> None:
    folder = machine.folder / "bin"
    folder.mkdir()
    program = folder / "docker-credential-mine"
    program.write_text(KEYCHAIN)
    program.chmod(0o755)
    machine.environ["PATH"] = os.pathsep.join([str(folder), machine.environ["PATH"]])
    helm = machine.logged_in(registry)
    file = machine.scratch / "registry.json"
    file.write_text(json.dumps({"auths": {}, "credsStore": "mine"}))
    helm.login.begin_log_out(registry.host)
    helm.login.finish()
    assert f"erase {registry.host}" in (machine.folder / "keychain").read_text()
    assert not file.exists()
