"""Make the release of a tag, or change it, as softprops/action-gh-release does.

Its inputs are in variables. Files are looked for, but not attached.
https://github.com/softprops/action-gh-release
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

Json = dict[str, Any]


def given(name: str) -> str:
    """Return an input of the action, or a variable of the run."""
    return os.environ[name]


def call_api(method: str, path: str, body: Mapping[str, Any] | None = None) -> Json | None:
    """Return what GitHub answers, or None if there is no such thing. Exits on errors."""
    url = f"repos/{os.environ['GITHUB_REPOSITORY']}/{path}"
    argv = ["gh", "api", "--method", method, url]
    with NamedTemporaryFile("w", suffix=".json") as file:
        if body is not None:
            json.dump(body, file)
            file.flush()
            argv.append(f"--input={file.name}")  # standard input would be sent in chunks
        ended = subprocess.run(argv, capture_output=True, text=True, check=False)
    if ended.returncode == 0:
        answer: Json = json.loads(ended.stdout)
        return answer
    if method == "GET" and "HTTP 404" in ended.stderr:
        return None
    sys.exit(ended.stderr)


def tag_of_release() -> str:
    """Return the tag that is asked for, or that the run is for. Exits if there is none."""
    tag = given("TAG").strip().removeprefix("refs/tags/")
    if tag:
        return tag
    if given("GITHUB_REF").startswith("refs/tags/") or given("DRAFT") == "true":
        return given("GITHUB_REF_NAME")
    sys.exit("GitHub Releases requires a tag")


def notes() -> str:
    """Return the notes that are asked for."""
    path = given("BODY_PATH")
    if path and Path(path).is_file():
        return Path(path).read_text()
    return given("BODY")


def find_files(pattern: str) -> list[Path]:
    """Return the files that match a pattern; braces are not understood here."""
    path = Path(given("FILES_FROM"), Path(pattern).expanduser())
    absolute = Path(os.path.normpath(path.absolute()))
    matches = Path(absolute.anchor).glob(str(absolute.relative_to(absolute.anchor)))
    return [match for match in matches if match.is_file()]


def check_files() -> None:
    """Print the files that would be attached. Exits if they must be there and are not."""
    for line in re.split(r"[\n,]", given("FILES")):
        pattern = line.strip()
        if not pattern:
            continue
        files = find_files(pattern)
        for file in files:
            print(f"found {file}, which is not attached here")
        if not files:
            print(f"Pattern '{pattern}' does not match any files.")
            if given("FAIL_UNMATCHED") == "true" and "{" not in pattern:
                sys.exit(1)


def with_flags(payload: Json) -> Json:
    """Return what to send, with the inputs that are given."""
    flags = {
        "draft": "DRAFT",
        "prerelease": "PRERELEASE",
    }
    for key, variable in flags.items():
        if given(variable):
            payload[key] = given(variable) == "true"
    texts = {
        "make_latest": "LATEST",
        "target_commitish": "TARGET",
    }
    for key, variable in texts.items():
        if given(variable):
            payload[key] = given(variable)
    if given("GENERATE") == "true":
        payload["generate_release_notes"] = True
    return payload


def find_release(tag: str) -> Json | None:
    """Return the release of a tag, which may be a draft."""
    release = call_api("GET", f"releases/tags/{tag}")
    if release:
        return release
    releases: Any = call_api("GET", "releases?per_page=100") or []
    for draft in releases:
        if draft["tag_name"] == tag:
            return dict(draft)
    return None


def publish() -> Json:
    """Make or change the release, and return it."""
    tag = tag_of_release()
    body = notes()
    old = find_release(tag)
    if not old:
        payload = {
            "tag_name": tag,
            "name": given("NAME") or tag,
            "body": body,
        }
        return call_api("POST", "releases", with_flags(payload)) or {}
    old_body = old["body"] or ""
    if body and old_body and given("APPEND") == "true":
        body = f"{old_body}\n{body}"
    changes: Json = {
        "tag_name": tag,
        "name": given("NAME") or old["name"] or tag,
        "body": body or old_body,
        "draft": False,
    }
    return call_api("PATCH", f"releases/{old['id']}", with_flags(changes)) or {}


def main() -> None:
    """Publish the release, and write the outputs of the step."""
    check_files()
    release = publish()
    upload_url = str(release["upload_url"])
    with Path(given("GITHUB_OUTPUT")).open("a") as file:
        file.write(f"id={release['id']}\n")
        file.write(f"url={release['html_url']}\n")
        file.write(f"upload_url={upload_url}\n")
        file.write("assets=[]\n")
    print(f"the release is at {release['html_url']}")


if __name__ == "__main__":
    main()
