"""Suspects: how each is described, and which of them is the clear first."""

from __future__ import annotations

import pytest

from tasks.toolkit.clients.git.landings import Landing
from tasks.toolkit.clients.github.typed import TypedGh
from tasks.toolkit.diagnosis.change import Change, Position, likeliest
from tasks.toolkit.diagnosis.suspects import Suspect, choose, describe_files
from tasks.toolkit.diagnosis.suspicion import CHOOSE, Suspicion
from tasks.toolkit.diagnosis.trouble import Trouble
from tasks.toolkit.diagnosis.undone import Undoing

from .values import ago, pull, release

GOOD = release("1.6.1", ago(hours=3))
BAD = release("1.7.0", ago(hours=2))
NEWEST = release("1.7.1", ago(hours=1))
TROUBLE = Trouble(NEWEST, GOOD, BAD, (NEWEST, BAD, GOOD))
UNKNOWN = Trouble(NEWEST, None, BAD, (NEWEST, BAD))
BRANCH = Trouble(NEWEST, NEWEST, None, (NEWEST, BAD, GOOD))
WITHIN, AFTER, LATER = Position
ORDER = likeliest(["publish"], None)
REVERTED = Undoing.reverted("#43", "f" * 40)
BETWEEN = "between v1.6.1 (the last good release) and v1.7.0"


def suspect(
    number: int,
    kind: str = "workflow",
    position: Position = WITHIN,
    undoing: Undoing | None = None,
    *,
    is_named: bool = False,
) -> Suspect:
    landing = Landing(f"{number:040x}", ("p",), f"feat: {number}", ())
    change = Change(landing, position, {kind: ("file",)}, ORDER, is_named)
    return Suspect(change, f"changed {kind}", pull(number, "feat: more"), undoing)


CLEAR = [
    ([suspect(1)], 1),
    ([suspect(1), suspect(2)], 0),
    ([suspect(1), suspect(2, "chart"), suspect(3, "chart")], 1),
    ([suspect(1), suspect(2, "workflow", AFTER)], 1),
    ([suspect(1, "chart"), suspect(2, "workflow", AFTER)], 1),
    ([suspect(1), suspect(2, "log", is_named=True)], 0),
    ([suspect(1, is_named=True), suspect(2, "chart")], 1),
    ([suspect(1), suspect(2, undoing=REVERTED)], 2),
    ([suspect(1), suspect(2, "chart", undoing=REVERTED)], 1),
    ([suspect(1), suspect(2, undoing=Undoing.reverted("#43"))], 0),
    ([suspect(1, position=AFTER)], 0),
    ([suspect(1, position=LATER)], 0),
    ([], 0),
]


@pytest.mark.parametrize(("suspects", "expected"), CLEAR)
def test_only_the_single_likeliest_of_the_first_bad_release_is_clear(
    suspects: list[Suspect], expected: int
) -> None:
    found = choose(suspects, TROUBLE, [])
    assert (found.pull.number if found and found.pull else 0) == expected


def test_without_a_sound_release_none_is_clear_unless_somebody_chose_it() -> None:
    assert choose([suspect(1)], UNKNOWN, []) is None
    chosen = suspect(1, undoing=REVERTED)
    assert choose([chosen, suspect(2)], UNKNOWN, []) == chosen


def test_after_the_end_of_the_first_trouble_the_ones_since_count() -> None:
    since = suspect(2, position=AFTER)
    suspects = [suspect(1, position=AFTER), since]
    assert choose(suspects, TROUBLE, [since]) == since


def test_of_a_sound_release_only_what_landed_later_can_be_wrong() -> None:
    later = suspect(1, position=LATER)
    assert choose([later], BRANCH, []) == later


def test_a_suspect_is_described_with_what_became_of_its_revert() -> None:
    name = '#42 "feat: more"'
    assert suspect(42).describe("did it") == f"suspected: {name} did it"
    opened = suspect(42, undoing=Undoing.reverted("#43"))
    assert opened.describe() == f"suspected: {name}; its revert #43 is not merged"
    merged = suspect(42, undoing=REVERTED)
    nowhere = f"{name} is reverted by #43, but users get no chart with that revert"
    assert merged.describe("did it") == nowhere


def test_a_direct_commit_is_named_by_its_hash() -> None:
    landing = Landing("a" * 40, ("p",), "feat: x\x1b[0m\n\nMore.", ())
    change = Change(landing, WITHIN, {}, ORDER)
    direct = Suspect(change, "changed it", options=" --version next")
    assert direct.command == "invoke recover --sha aaaaaaaaaaaa --version next"
    assert direct.name == 'aaaaaaaaaaaa "feat: x\\x1b[0m"'


FILES = [
    ({"workflow": ("w/a.yml", "w/b.yml")}, "changed a.yml and b.yml (it calls a.yml)"),
    ({"versions": ("c/Chart.yaml",)}, "changed the versions in Chart.yaml"),
    ({"chart": ("c/x", "c/y", "c/z")}, "changed the chart's x, y and 1 more"),
]


@pytest.mark.parametrize(("files", "expected"), FILES)
def test_the_files_of_a_change_are_named(files: dict[str, tuple[str, ...]], expected: str) -> None:
    workflows = {"w/a.yml": "the workflow", "w/b.yml": "it calls a.yml"}
    change = Change(Landing("c", ("p",), "", ()), WITHIN, files, ORDER)
    assert describe_files(change, workflows, "c/") == expected


def test_what_the_log_names_is_said() -> None:
    change = Change(Landing("c", ("p",), "", ()), WITHIN, {"log": ("push.sh",)}, ORDER, True)
    assert describe_files(change, {}, "c/") == "changed push.sh (named in the error)"


def test_a_clear_suspect_is_the_only_one_with_a_command() -> None:
    first, other = suspect(15), suspect(23, position=AFTER)
    suspicion = Suspicion(TROUBLE, (first, other), first, last_line="Error: not found")
    assert suspicion.evidence.split("\n") == [
        'the failed step ended with "Error: not found"',
        f'suspected: #15 "feat: more" changed workflow {BETWEEN}',
        "less likely: #23",
    ]
    assert suspicion.summary == 'suspected: #15 "feat: more"'
    assert suspicion.advice == "invoke recover --pr 15"


def test_without_a_clear_one_at_most_five_are_listed_each_with_its_command() -> None:
    suspects = tuple(suspect(number) for number in range(1, 8))
    suspicion = Suspicion(
        TROUBLE, (*suspects, suspect(9, "chart", LATER)), run=7, gh=TypedGh("o/r")
    )
    first, *lines, more, less = suspicion.evidence.split("\n")
    assert first == f"{BETWEEN}, no clear suspect:"
    assert lines[0] == '#1 "feat: more" changed workflow'
    assert (len(lines), more, less) == (5, "and 2 more", "less likely: #9")
    choose_line, *commands = suspicion.advice.split("\n")
    assert choose_line == f"{CHOOSE}; see `invoke run.logs --run 7`"
    assert commands == [f"invoke recover --pr {number}" for number in range(1, 6)]
    assert suspicion.summary == "no clear suspect among #1, #2, #3, #4, #5 and 2 more"


def test_where_nothing_is_left_to_revert_the_run_may_be_repeated() -> None:
    suspicion = Suspicion(TROUBLE, (), options=" --version next", run=7, gh=TypedGh("o/r"))
    nothing = "no change touches the workflow, the chart or what failed, except for reverted ones"
    assert suspicion.evidence == f"{BETWEEN}: {nothing}"
    assert suspicion.advice.split("\n") == [
        "in case the cause has passed: gh run rerun 7 --failed --repo o/r",
        "invoke recover --sha HASH --version next, with the commit that caused it",
    ]


def test_the_reasons_say_when_a_change_landed() -> None:
    suspicion = Suspicion(TROUBLE, (suspect(1), suspect(2, position=AFTER), suspect(3)))
    assert suspicion.why(suspect(1)) == f"changed workflow {BETWEEN}"
    after = suspicion.why(suspect(1, position=AFTER))
    assert after == "changed workflow after v1.7.0, when the trouble had begun"
    later = suspicion.why(suspect(1, position=LATER))
    assert later == "changed workflow after v1.7.1, so it cannot have caused this"
    unknown = Suspicion(UNKNOWN).why(suspect(1))
    assert unknown == "changed workflow; no good release among the newest 2"


def test_suspects_are_ranked_for_programs() -> None:
    first = suspect(15, undoing=Undoing.reverted("#43"))
    (data,) = Suspicion(TROUBLE, (first,), first).as_data()
    assert data == {
        "rank": 1,
        "number": 15,
        "sha": f"{15:040x}",
        "title": "feat: more",
        "why": f"changed workflow {BETWEEN}",
        "is_clear": True,
        "reverted_by": "#43",
        "next": "invoke recover --pr 15",
    }
