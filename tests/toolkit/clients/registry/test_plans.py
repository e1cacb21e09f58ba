"""What a dry run shows for a change: a shell makes it, and the token is in no argument."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.sandbox import programs
from tasks.sandbox.environment import isolated_environment
from tasks.sandbox.server import Reply, Request
from tasks.toolkit.clients.registry.api import Registry
from tasks.toolkit.clients.registry.curl import curl_command
from tasks.toolkit.clients.registry.manifest import Manifest
from tasks.toolkit.clients.registry.saved import read_saved

from ....plans import finished_plan
from .conftest import TOKEN, Answer, Service

Change = Callable[[Registry, Manifest], bool | None]
PS = ("ps", "-A", "-ww", "-o", "args=")
Capture = pytest.CaptureFixture[str]


def plan_of(
    service: Service,
    manifest: Manifest,
    change: Change,
    capsys: Capture,
) -> str:
    """Return what a dry run prints for a change, which it does not make."""
    before = service.sandbox.snapshot()
    capsys.readouterr()
    planner = service.client(dry_run=True)
    assert change(planner, manifest) is None
    assert service.sandbox.snapshot() == before
    plan = finished_plan(capsys)
    assert TOKEN not in plan
    return plan


def paste(
    service: Service,
    plan: str,
    folder: Path,
) -> None:
    """Run a plan in a folder, in a shell of somebody who is logged in with gh.

    While the registry answers, look at the arguments of all programs, as anybody may.
    """
    folder.mkdir()
    environ = isolated_environment(folder.parent, programs.install_missing(print))
    environ["GH_TOKEN"] = TOKEN
    arguments = list[str]()

    def look(answer: Answer, request: Request) -> Reply:
        shown = subprocess.check_output(PS, text=True)
        arguments.extend(shown.splitlines())
        return answer(request)

    service.disturb(look)
    subprocess.run(
        ["/bin/sh", "-ec", plan],
        cwd=folder,
        env=environ,
        check=True,
    )
    assert not [line for line in arguments if TOKEN in line]
    requests = [line for line in arguments if line.startswith("curl ")]
    assert requests
    assert not [line for line in requests if "Bearer" in line]


def test_a_pasted_plan_gives_a_manifest_another_tag(
    service: Service,
    tmp_path: Path,
    capsys: Capture,
) -> None:
    manifest = service.publish("a/b:1.0.0")

    def put(registry: Registry, manifest: Manifest) -> bool | None:
        return registry.put_manifest(service.reference("a/b:kept"), manifest)

    plan = plan_of(service, manifest, put, capsys)
    paste(service, plan, tmp_path / "a folder")
    assert service.sandbox.tags("a/b") == {
        "1.0.0": manifest.digest,
        "kept": manifest.digest,
    }


def test_a_pasted_plan_deletes_a_manifest(
    service: Service,
    tmp_path: Path,
    capsys: Capture,
) -> None:
    manifest = service.publish("a/b:1.0.0")

    def delete(registry: Registry, manifest: Manifest) -> bool | None:
        return registry.delete(service.reference("a/b:1.0.0"), manifest.digest)

    plan = plan_of(service, manifest, delete, capsys)
    paste(service, plan, tmp_path / "a folder")
    assert service.sandbox.snapshot() == {}


def test_a_pasted_plan_copies_a_manifest_and_leaves_no_file(
    service: Service,
    tmp_path: Path,
    capsys: Capture,
) -> None:
    manifest = service.publish("a/b:1.0.0")

    def copy(registry: Registry, _: Manifest) -> bool | None:
        source = service.reference("a/b:1.0.0")
        return registry.copy(source, service.reference("users/b:1.0.0"))

    plan = plan_of(service, manifest, copy, capsys)
    folder = tmp_path / "a folder"
    paste(service, plan, folder)
    published = {"1.0.0": manifest.digest}
    assert service.sandbox.snapshot() == {"a/b": published, "users/b": published}
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    "token",
    ['x"\noutput = "stolen', "x\noutput=stolen", "$(touch stolen)", "a\\nX: y"],
)
def test_a_pasted_plan_takes_nothing_but_a_token_from_the_token_service(
    service: Service,
    tmp_path: Path,
    token: str,
) -> None:
    def issue(_: Answer, request: Request) -> Reply:
        if request.path == "/token":
            return Reply(200, f'{{"token": "{token}"}}\n"token": "x"\n'.encode())
        return Reply(200, b"what is asked for")

    path = 'tags/list";touch${IFS}"stolen'
    line = curl_command(service.session(), "GET", "a/b$(touch${IFS}stolen)", path)
    service.disturb(issue)
    environ = isolated_environment(tmp_path, programs.install_missing(print))
    environ["GH_TOKEN"] = TOKEN
    subprocess.run(["/bin/sh", "-c", line], cwd=tmp_path, env=environ, check=False)
    assert not (tmp_path / "stolen").exists()


def test_a_pasted_plan_saves_what_a_real_run_saves(
    service: Service,
    tmp_path: Path,
    capsys: Capture,
) -> None:
    manifest = service.publish("a/b:1.0.0")
    saved = tmp_path / "saved $(id)"

    def save(registry: Registry, manifest: Manifest) -> bool | None:
        return registry.save(service.reference("a/b:1.0.0"), manifest, saved)

    plan = plan_of(service, manifest, save, capsys)
    assert not saved.exists()
    paste(service, plan, tmp_path / "a folder")
    assert read_saved(saved) == manifest
    assert saved.stat().st_mode & 0o777 == 0o700


def test_a_plan_does_not_show_an_upload_of_what_was_saved(
    service: Service,
    tmp_path: Path,
    capsys: Capture,
) -> None:
    manifest = service.publish("a/b:1.0.0")
    registry = service.client(dry_run=True)
    reference = service.reference("a/b:2.0.0")
    assert registry.upload_saved(reference, manifest, tmp_path) is None
    assert capsys.readouterr().out == ""
    assert [*service.sandbox.tags("a/b")] == ["1.0.0"]
