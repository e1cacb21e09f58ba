"""The sandbox's registry: whatever a client asks, it is held to what Debian's docker-registry answers; and it logs in as GHCR does."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.sandbox.registry import Registry
from tasks.sandbox.store import digest_of

from ..docker_registry import DockerRegistry

OCI = "application/vnd.oci.image.manifest.v1+json"
NAME = "some/chart"
TOLD = ("Docker-Content-Digest", "Content-Type", "Range", "Link")


@dataclass(frozen=True)
class Answer:
    """What came back: a `Location` is kept to be followed."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def told(self) -> object:
        """Return what must be the same on both: codes of errors but not their prose, an upload's place but not its name."""
        headers = {name: value for name, value in self.headers.items() if name in TOLD}
        if self.status >= 400:
            codes = (
                [error["code"] for error in json.loads(self.body)["errors"]] if self.body else []
            )
            return self.status, codes
        headers = {name: re.sub(r"; charset=utf-8$", "", value) for name, value in headers.items()}
        return (
            self.status,
            headers,
            json.loads(self.body)
            if "json" in headers.get("Content-Type", "") and self.body
            else self.body,
        )


def ask(
    registry: Registry, method: str, path: str, body: bytes | None = None, **headers: str
) -> Answer:
    url = path if path.startswith("http") else f"http://{registry.host}{path}"
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(
        url, data=body, headers={"Content-Type": "application/octet-stream", **sent}, method=method
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return Answer(answer.status, dict(answer.headers), answer.read())
    except urllib.error.HTTPError as error:
        return Answer(error.code, dict(error.headers), error.read())


def upload(registry: Registry, content: bytes, name: str = NAME) -> str:
    begun = ask(registry, "POST", f"/v2/{name}/blobs/uploads/", b"")
    digest = digest_of(content)
    ended = (
        begun.headers["Location"]
        + ("&" if "?" in begun.headers["Location"] else "?")
        + f"digest={digest}"
    )
    assert ask(registry, "PUT", ended, content).status == 201
    return digest


def manifest_of(*digests: str) -> bytes:
    parts = [
        {"mediaType": "application/octet-stream", "digest": digest, "size": 1} for digest in digests
    ]
    return json.dumps(
        {"schemaVersion": 2, "mediaType": OCI, "config": parts[0], "layers": parts[1:]}
    ).encode()


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[Registry, Registry]]:
    """Give the two registries, both open to all."""
    if not shutil.which("docker-registry"):
        pytest.skip("docker-registry is not installed (the Debian package of that name)")
    with Registry() as ours, DockerRegistry() as theirs:
        yield ours, theirs


def test_a_push_in_one_piece_or_in_chunks_and_a_mount_come_to_the_same_on_both(
    pair: tuple[Registry, Registry],
) -> None:
    found = []
    for registry in pair:
        config, layer = upload(registry, b"{}"), upload(registry, b"layer")
        seen = [
            ask(registry, "HEAD", f"/v2/{NAME}/blobs/{layer}").told(),
            ask(registry, "GET", f"/v2/{NAME}/blobs/{layer}").told(),
        ]
        begun = ask(registry, "POST", f"/v2/{NAME}/blobs/uploads/", b"")
        first = ask(registry, "PATCH", begun.headers["Location"], b"in ", Content_Range="0-2")
        if (
            type(registry) is Registry
        ):  # docker-registry 2.8 takes any range, against the specification
            assert (
                ask(registry, "PATCH", first.headers["Location"], b"??", Content_Range="7-8").status
                == 416
            )
        second = ask(registry, "PATCH", first.headers["Location"], b"chunks", Content_Range="3-8")
        last = (
            second.headers["Location"]
            + ("&" if "?" in second.headers["Location"] else "?")
            + f"digest={digest_of(b'in chunks')}"
        )
        seen += [first.told(), second.told(), ask(registry, "PUT", last, b"").told()]
        mount = f"mount={layer}&from={NAME}"
        seen += [ask(registry, "POST", f"/v2/other/chart/blobs/uploads/?{mount}", b"").told()]
        whole = manifest_of(config, layer)
        for reference in ("1.0.0", digest_of(whole)):
            seen += [
                ask(
                    registry, "PUT", f"/v2/{NAME}/manifests/{reference}", whole, Content_Type=OCI
                ).told()
            ]
        seen += [
            ask(registry, method, f"/v2/{NAME}/manifests/1.0.0", Accept=OCI).told()
            for method in ("HEAD", "GET")
        ]
        found.append(seen)
    assert found[0] == found[1]
    assert pair[0].snapshot()[NAME] == pair[1].snapshot()[NAME]


@pytest.mark.parametrize(
    ("method", "path", "body", "kind"),
    [
        ("GET", "/v2/no/such/tags/list", None, ""),
        ("GET", "/v2/no/such/manifests/1.0.0", None, OCI),
        ("GET", f"/v2/no/such/blobs/{digest_of(b'')}", None, ""),
        ("PUT", "/v2/no/such/manifests/1.0.0", manifest_of(digest_of(b"absent")), OCI),
        ("PUT", "/v2/no/such/manifests/1.0.0", b"not json", OCI),
        (
            "PUT",
            f"/v2/no/such/manifests/{digest_of(b'other')}",
            manifest_of(digest_of(b"absent")),
            OCI,
        ),
        ("PUT", f"/v2/no/such/blobs/uploads/nothing?digest={digest_of(b'')}", b"", ""),
        ("DELETE", "/v2/no/such/manifests/" + digest_of(b"absent"), None, ""),
        ("GET", "/v2/", None, ""),
    ],
)
def test_what_is_not_there_or_not_right_is_refused_alike(
    pair: tuple[Registry, Registry], method: str, path: str, body: bytes | None, kind: str
) -> None:
    ours, theirs = (ask(registry, method, path, body, Content_Type=kind) for registry in pair)
    assert ours.status == theirs.status
    assert ours.told() == theirs.told() or "UNKNOWN" in str(
        ours.told()
    )  # which of two unknowns it is, registries differ in


def test_a_digest_that_does_not_fit_the_bytes_is_refused_and_nothing_is_kept(
    pair: tuple[Registry, Registry],
) -> None:
    for registry in pair:
        begun = ask(registry, "POST", f"/v2/{NAME}/blobs/uploads/", b"").headers["Location"]
        wrong = ask(
            registry,
            "PUT",
            begun + ("&" if "?" in begun else "?") + f"digest={digest_of(b'one')}",
            b"another",
        )
        assert (wrong.status, json.loads(wrong.body)["errors"][0]["code"]) == (
            400,
            "DIGEST_INVALID",
        )
        assert ask(registry, "HEAD", f"/v2/{NAME}/blobs/{digest_of(b'one')}").status == 404


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    tags=st.sets(
        st.from_regex(r"[0-9]{1,2}\.[0-9]{1,2}\.0(-rc\.[1-9])?", fullmatch=True),
        min_size=1,
        max_size=8,
    ),
    size=st.integers(1, 9),
)
def test_tags_move_and_are_listed_in_pages_alike(
    pair: tuple[Registry, Registry], tags: set[str], size: int
) -> None:
    name = "tags/" + hashlib.sha256(repr((sorted(tags), size)).encode()).hexdigest()[:12]
    found = []
    for registry in pair:
        contents = [manifest_of(upload(registry, text, name)) for text in (b"first", b"second")]
        for content in contents:
            for tag in tags:
                ask(registry, "PUT", f"/v2/{name}/manifests/{tag}", content, Content_Type=OCI)
        pages: list[object] = []
        path = f"/v2/{name}/tags/list?n={size}"
        while path:
            page = ask(registry, "GET", path)
            pages += json.loads(page.body)["tags"] or []
            path = (re.findall("<(.*)>", page.headers.get("Link", "")) or [""])[0]
        found.append((sorted(map(str, pages)), registry.tags(name)))
    assert found[0] == found[1]
    assert found[0] == (sorted(tags), dict.fromkeys(tags, digest_of(contents[1])))


def basic(password: str) -> str:
    return f"Basic {base64.b64encode(f'anybody:{password}'.encode()).decode()}"


def token(registry: Registry, scope: str, **headers: str) -> Answer:
    return ask(
        registry, "GET", f"/token?service={registry.host}&scope=repository:{scope}", None, **headers
    )


def test_a_challenge_leads_to_a_token_that_pushes_where_it_says_and_nowhere_else() -> None:
    with Registry({"me": "right"}) as registry:
        refused = ask(registry, "POST", f"/v2/{NAME}/blobs/uploads/", b"")
        assert refused.status == 401
        assert f'scope="repository:{NAME}:pull,push"' in refused.headers["WWW-Authenticate"]
        assert token(registry, f"{NAME}:pull,push", Authorization=basic("wrong")).status == 403
        given = token(registry, f"{NAME}:pull,push", Authorization=basic("right"))
        bearer = f"Bearer {json.loads(given.body)['token']}"
        assert (
            ask(registry, "POST", f"/v2/{NAME}/blobs/uploads/", b"", Authorization=bearer).status
            == 202
        )
        assert (
            ask(
                registry, "POST", "/v2/other/chart/blobs/uploads/", b"", Authorization=bearer
            ).status
            == 401
        )
        registry.gate.readonly.add("right")
        denied = ask(registry, "POST", f"/v2/{NAME}/blobs/uploads/", b"", Authorization=bearer)
        assert (denied.status, b"permission_denied: write_package" in denied.body) == (403, True)


def test_anybody_reads_what_is_public_and_nobody_but_who_logged_in_what_is_private() -> None:
    with Registry({"me": "right"}) as registry:
        registry.private_by_default = True
        own = f"Bearer {json.loads(token(registry, f'{NAME}:pull,push', Authorization=basic('right')).body)['token']}"
        began = ask(registry, "POST", f"/v2/{NAME}/blobs/uploads/", b"", Authorization=own).headers[
            "Location"
        ]
        ask(registry, "PUT", f"{began}?digest={digest_of(b'{}')}", b"{}", Authorization=own)
        content = manifest_of(digest_of(b"{}"))
        assert (
            ask(
                registry,
                "PUT",
                f"/v2/{NAME}/manifests/1",
                content,
                Content_Type=OCI,
                Authorization=own,
            ).status
            == 201
        )
        assert token(registry, f"{NAME}:pull").status == 401
        assert ask(registry, "GET", f"/v2/{NAME}/manifests/1", Authorization=own).body == content
        registry.gate.private.clear()
        anybodys = f"Bearer {json.loads(token(registry, f'{NAME}:pull,push').body)['token']}"
        assert (
            ask(registry, "GET", f"/v2/{NAME}/manifests/1", Authorization=anybodys).body == content
        )
        assert (
            ask(registry, "DELETE", f"/v2/{NAME}/manifests/1", Authorization=anybodys).status == 401
        )
