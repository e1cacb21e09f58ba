"""The artifacts of runs: https://docs.github.com/en/rest/actions/artifacts."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from ..server import Reply
from .records import json_value
from .rest import Json, Routes
from .runs import Run
from .state import State

PER_RUN = 100


def _artifacts(github: State, run: Run) -> list[Path]:
    """Return the folders in which the jobs of a run have kept their artifacts."""
    folder = github.actions.workdir / f"artifacts-{run.id}"
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _list_artifacts(github: State, number: str, name: str = "") -> Json:
    shown = []
    for run in github.runs:
        if str(run.id) != number:
            continue
        for index, folder in enumerate(_artifacts(github, run)):
            if name in ("", folder.name):
                shown.append(_show_artifact(github, run, run.id * PER_RUN + index, folder))
    return {"total_count": len(shown), "artifacts": shown}


def _show_artifact(github: State, run: Run, number: int, folder: Path) -> Json:
    created = json_value(run.created_at)
    url = f"{github.repository.api_url}/actions/artifacts/{number}"
    return {
        "id": number,
        "node_id": f"AR_{number}",
        "name": folder.name,
        "size_in_bytes": len(_packed(folder)),
        "url": url,
        "archive_download_url": f"{url}/zip",
        "expired": False,
        "created_at": created,
        "updated_at": created,
        "expires_at": created,
    }


def _download(github: State, number: str) -> Reply:
    """Return an artifact, to which GitHub redirects."""
    for run in github.runs:
        for index, folder in enumerate(_artifacts(github, run)):
            if str(run.id * PER_RUN + index) == number:
                return Reply(200, _packed(folder), {"Content-Type": "application/zip"})
    raise LookupError(number)


def _packed(folder: Path) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder))
    return content.getvalue()


ARTIFACT_ROUTES: Routes = {
    r"GET REPO/actions/runs/(?P<number>\d+)/artifacts": _list_artifacts,
    r"GET REPO/actions/artifacts/(?P<number>\d+)/zip": _download,
}
