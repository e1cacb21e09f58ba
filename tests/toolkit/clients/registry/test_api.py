"""The registry's API: an unclear answer is an error, never an absence; a dry run shows changes."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tasks.sandbox.server import Reply, Request, Server
from tasks.toolkit.clients.dry_run import Executor
from tasks.toolkit.clients.registry.api import Registry
from tasks.toolkit.clients.registry.manifest import (
    MANIFEST,
    Manifest,
    digest_of,
    read_saved,
    saved_blob,
)
from tasks.toolkit.clients.registry.reference import Reference
from tasks.toolkit.clients.registry.session import RegistrySession, Unsupported
from tasks.toolkit.core.errors import AccessDenied, Refused, ServiceError

from .conftest import TOKEN, Service

ODD_MANIFESTS: list[Any] = [
    {"layers": ["x"]},
    {"layers": [{}]},
    {"layers": [{"digest": 1}]},
    {"layers": [{"digest": "../x"}]},
    {"layers": [], "config": "x"},
    {"layers": {}},
    {},
    [],
    "x",
]


def error_of(reply: Reply, ask: Callable[[Registry, Reference], object]) -> str:
    """Return the error about a registry that answers everything with one reply."""
    server = Server(lambda _: reply)
    server.start()
    session = RegistrySession(server.host, True, None, 5)
    try:
        with pytest.raises(ServiceError) as raised:
            ask(Registry(session, Executor(dry_run=False)), Reference(server.host, "a/b", "1.0.0"))
    finally:
        server.stop()
    assert "\n" not in str(raised.value)
    return str(raised.value)


@pytest.mark.parametrize("answer", ODD_MANIFESTS, ids=json.dumps)
def test_a_manifest_of_another_shape_is_not_a_chart(answer: Any) -> None:
    error = error_of(Reply(200, answer, {"Content-Type": MANIFEST}), Registry.manifest)
    assert "is not a chart" in error or "is not a JSON object" in error


@pytest.mark.parametrize("tags", ["abc", [1, 2], {}, 5, [["1.0.0"]]], ids=json.dumps)
def test_tags_of_another_shape_are_an_error(tags: Any) -> None:
    assert "is not a list of tags" in error_of(Reply(200, {"tags": tags}), Registry.tags)


def test_missing_tags_are_an_error() -> None:
    assert "is not a list of tags" in error_of(Reply(200, {}), Registry.tags)


def test_a_failing_registry_is_never_an_absence() -> None:
    for ask in (Registry.manifest, Registry.tags):
        assert "the registry answered 500" in error_of(Reply(500, {}), ask)


def test_an_upload_without_a_location_is_an_error() -> None:
    manifest = Manifest(json.dumps({"layers": []}).encode(), MANIFEST)
    assert manifest.blobs == []
    error = error_of(Reply(202, {}), lambda registry, _: registry.ensure_may_push("a/b"))
    assert "gave no location" in error


def test_what_is_published_can_be_read(service: Service) -> None:
    published = service.publish("a/b:1.0.0", b"one")
    service.publish("a/b:1.1.0", b"two")
    anonymous = service.client(token="")
    reference = service.reference("a/b:1.0.0")
    manifest = anonymous.manifest(reference)
    assert manifest == published
    assert manifest.digest == service.sandbox.tags("a/b")["1.0.0"]
    assert anonymous.archive(reference, manifest) == b"one"
    assert anonymous.tags(reference) == ["1.0.0", "1.1.0"]


def test_an_absence_is_none(service: Service) -> None:
    registry = service.client()
    assert registry.manifest(service.reference("a/b:1.0.0")) is None
    assert registry.tags(service.reference("a/b")) is None
    service.publish("a/b:1.0.0")
    assert registry.manifest(service.reference("a/b:1.1.0")) is None
    assert registry.tags(service.reference("a/c")) is None


def test_a_private_package_is_no_absence(service: Service) -> None:
    service.publish("a/b:1.0.0")
    service.make_private("a/b")
    with pytest.raises(AccessDenied):
        service.client(token="").manifest(service.reference("a/b:1.0.0"))
    assert service.client().manifest(service.reference("a/b:1.0.0"))


def test_all_pages_of_tags_are_read() -> None:
    pages = {"": ["1", "2"], "2": ["3"], "3": []}
    asked: list[str] = []

    def answer(request: Request) -> Reply:
        asked.append(request.query.get("last", ""))
        return Reply(200, {"tags": pages[asked[-1]] or None})

    server = Server(answer)
    server.start()
    session = RegistrySession(server.host, True, None, 5)
    registry = Registry(session, Executor(dry_run=False))
    assert registry.tags(Reference(server.host, "a/b")) == ["1", "2", "3"]
    server.stop()
    assert asked == ["", "2", "3"]


def test_a_registry_that_repeats_its_last_page_ends_the_list() -> None:
    server = Server(lambda _: Reply(200, {"tags": ["1", "2"]}))
    server.start()
    session = RegistrySession(server.host, True, None, 5)
    registry = Registry(session, Executor(dry_run=False))
    assert registry.tags(Reference(server.host, "a/b")) == ["1", "2"]
    server.stop()


def test_a_blob_with_other_content_is_an_error(service: Service) -> None:
    manifest = service.publish("a/b:1.0.0", b"one")
    answer = service.sandbox.server.answer

    def corrupt(request: Request) -> Reply:
        reply = answer(request)
        return replace(reply, body=b"other") if "/blobs/" in request.path else reply

    service.sandbox.server.answer = corrupt
    with pytest.raises(ServiceError, match=f"does not return {manifest.chart_layer} intact"):
        service.client().archive(service.reference("a/b:1.0.0"), manifest)


def test_a_manifest_without_a_chart_has_no_archive(service: Service) -> None:
    manifest = Manifest(b'{"layers": []}', MANIFEST)
    with pytest.raises(ServiceError, match="contains no chart"):
        service.client().archive(service.reference("a/b:1.0.0"), manifest)


def test_push_permission_is_checked_without_a_trace(service: Service) -> None:
    service.client().ensure_may_push("a/b")
    assert service.sandbox.snapshot() == {}
    with pytest.raises(AccessDenied, match="the registry refused the token"):
        service.client(token="wrong").ensure_may_push("a/b")
    with pytest.raises(AccessDenied):
        service.client(token="").ensure_may_push("a/b")


def test_a_manifest_gets_another_tag(service: Service) -> None:
    manifest = service.publish("a/b:1.0.0")
    assert service.client().put_manifest(service.reference("a/b:kept"), manifest) is True
    assert service.sandbox.tags("a/b")["kept"] == manifest.digest


def test_a_manifest_is_deleted_once(service: Service) -> None:
    manifest = service.publish("a/b:1.0.0")
    reference = service.reference("a/b:1.0.0")
    assert service.client().delete(reference, manifest.digest) is True
    assert service.sandbox.snapshot() == {}
    assert service.client().delete(reference, manifest.digest) is True


def test_a_registry_that_deletes_nothing_says_so(service: Service) -> None:
    manifest = service.publish("a/b:1.0.0")
    service.sandbox.allows_delete = False
    with pytest.raises(Unsupported, match="the registry answered 405"):
        service.client().delete(service.reference("a/b:1.0.0"), manifest.digest)


@pytest.mark.parametrize("mounts", [True, False])
def test_a_copy_has_the_same_digest(service: Service, mounts: bool) -> None:
    manifest = service.publish("a/b:1.0.0")
    answer = service.sandbox.server.answer

    def without_mount(request: Request) -> Reply:
        return answer(replace(request, query={}) if "mount" in request.query else request)

    if not mounts:
        service.sandbox.server.answer = without_mount
    source = service.reference("a/b:1.0.0")
    assert service.client().copy(source, service.reference("users/b:1.0.0")) is True
    assert service.sandbox.tags("users/b") == {"1.0.0": manifest.digest}
    copy = service.reference("users/b:1.0.0")
    assert service.client(token="").archive(copy, manifest) == b"the chart"


def test_nothing_can_be_a_copy_of_nothing(service: Service) -> None:
    with pytest.raises(Refused, match="is not published"):
        service.client().copy(service.reference("a/b:1.0.0"), service.reference("c/d:1.0.0"))


def test_what_was_saved_can_be_uploaded_after_it_was_deleted(
    service: Service, tmp_path: Path
) -> None:
    manifest = service.publish("a/b:1.0.0")
    reference = service.reference("a/b:1.0.0")
    folder = tmp_path / "saved"
    assert service.client().save(reference, manifest, folder) is True
    assert folder.stat().st_mode & 0o777 == 0o700
    service.client().delete(reference, manifest.digest)
    assert read_saved(folder) == manifest
    assert service.client().upload_saved(reference, manifest, folder) is True
    assert service.sandbox.tags("a/b") == {"1.0.0": manifest.digest}


def test_a_saved_version_that_is_not_intact_is_none(service: Service, tmp_path: Path) -> None:
    assert read_saved(tmp_path) is None
    manifest = service.publish("a/b:1.0.0")
    service.client().save(service.reference("a/b:1.0.0"), manifest, tmp_path)
    blob = saved_blob(tmp_path, manifest.chart_layer)
    blob.write_bytes(b"other")
    assert read_saved(tmp_path) is None
    blob.unlink()
    assert read_saved(tmp_path) is None
    (tmp_path / "manifest.json").write_text("{")
    assert read_saved(tmp_path) is None


def test_a_real_change_asks_for_no_plan(service: Service) -> None:
    manifest = service.publish("a/b:1.0.0")
    del service.sandbox.requests[:]
    service.client().put_manifest(service.reference("a/b:kept"), manifest)
    methods = [method for method, path in service.sandbox.requests if "/token" not in path]
    assert {*methods} == {"PUT"}


def paste(plan: str, folder: Path, token: str = TOKEN) -> list[str]:
    """Run a plan in a shell whose gh knows the token; return the arguments that curl got."""
    programs = folder / "programs"
    programs.mkdir(parents=True)
    curl = shlex.quote(subprocess.check_output(["which", "curl"], text=True).strip())
    log = shlex.quote(str(folder / "argv"))
    scripts = {"gh": f"echo {token}", "curl": f'echo "$*" >> {log}\nexec {curl} "$@"'}
    for name, script in scripts.items():
        (programs / name).write_text(f"#!/bin/sh\n{script}\n")
        (programs / name).chmod(0o755)
    path = f"PATH={shlex.quote(str(programs))}:$PATH\n"
    subprocess.run(["/bin/sh", "-ec", path + plan], cwd=folder, check=True)
    return (folder / "argv").read_text().splitlines()


Change = Callable[[Registry, Service, Manifest], bool | None]


def plan_of(
    service: Service, manifest: Manifest, change: Change, capsys: pytest.CaptureFixture[str]
) -> str:
    """Return what a dry run prints for a change, which it does not make."""
    before = service.sandbox.snapshot()
    capsys.readouterr()
    assert change(service.client(dry_run=True), service, manifest) is None
    assert service.sandbox.snapshot() == before
    plan = capsys.readouterr().out + ")\n"
    assert TOKEN not in plan
    return plan


CHANGES: dict[str, tuple[Change, dict[str, list[str]]]] = {
    "put": (
        lambda registry, service, manifest: registry.put_manifest(
            service.reference("a/b:kept"), manifest
        ),
        {"a/b": ["1.0.0", "kept"]},
    ),
    "delete": (
        lambda registry, service, manifest: registry.delete(
            service.reference("a/b:1.0.0"), manifest.digest
        ),
        {},
    ),
    "copy": (
        lambda registry, service, _: registry.copy(
            service.reference("a/b:1.0.0"), service.reference("users/b:1.0.0")
        ),
        {"a/b": ["1.0.0"], "users/b": ["1.0.0"]},
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_plan_makes_the_change_when_it_is_pasted_and_keeps_the_token_out_of_arguments(
    service: Service, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    change, tags = CHANGES[name]
    manifest = service.publish("a/b:1.0.0")
    plan = plan_of(service, manifest, change, capsys)
    arguments = paste(plan, tmp_path / "a folder")
    assert not [line for line in arguments if TOKEN in line or "Bearer" in line]
    published = service.sandbox.snapshot()
    assert {repository: sorted(tags) for repository, tags in published.items()} == tags
    for digests in published.values():
        assert {*digests.values()} == {manifest.digest}
    assert not (tmp_path / "a folder" / "manifest.json").exists()


def test_a_pasted_plan_saves_what_a_real_run_saves(
    service: Service, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = service.publish("a/b:1.0.0")
    folder = tmp_path / "saved $(id)"

    def save(registry: Registry, service: Service, manifest: Manifest) -> bool | None:
        return registry.save(service.reference("a/b:1.0.0"), manifest, folder)

    plan = plan_of(service, manifest, save, capsys)
    assert not folder.exists()
    paste(plan, tmp_path / "shell")
    assert read_saved(folder) == manifest
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_plan_does_not_show_an_upload_of_what_was_saved(
    service: Service, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = service.publish("a/b:1.0.0")
    registry = service.client(dry_run=True)
    assert registry.upload_saved(service.reference("a/b:2.0.0"), manifest, tmp_path) is None
    assert capsys.readouterr().out == ""
    assert [*service.sandbox.tags("a/b")] == ["1.0.0"]


def test_the_digest_is_that_of_the_bytes() -> None:
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert digest_of(b"") == f"sha256:{empty}"
