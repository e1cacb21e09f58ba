"""Support: one incident issue, found again, and the lessons from the record."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tasks.sandbox.records import Release
from tasks.sandbox.scenarios import SCENARIOS
from tasks.sandbox.world import World
from tasks.support import BEGIN
from tasks.toolkit.incident.journal import Journal

from .cluster import Cluster
from .conftest import Person

CHAIN = "rollback.revert --pr 42 --merge publish.all verify.all"


def test_one_issue_an_incident_labelled_filled_from_the_record_and_kept_up_to_date(
    broken: World, person: Person
) -> None:
    person("timeline.start --reason '1.7.0 cannot be found'")
    person("support.incident")
    (issue,) = broken.github.issues.values()
    assert (issue.state, issue.labels) == ("OPEN", ["priority: high", "type: incident"])
    assert "1.7.0 cannot be found" in issue.body
    after = broken.snapshot()
    assert "is up to date" in person("support.incident").stderr
    assert broken.snapshot() == after
    person(f"{CHAIN} support.incident --title 'Chart 1.7.0 is missing'")
    assert list(broken.github.issues) == [issue.number]
    assert issue.title == "Chart 1.7.0 is missing"
    assert (
        "pull/44" in issue.body
        and "invoke rollback.revert --pr 42 --merge" in issue.body
        and "sha256:" in issue.body
    )


@pytest.mark.thorough
def test_what_was_found_done_or_only_looked_at_stands_under_its_command(
    broken: World, person: Person
) -> None:
    person(CHAIN)
    for line in ("publish.all", "verify.chart", "verify.all", "support.incident"):
        person(line)
    (issue,) = broken.github.issues.values()
    moment = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"
    assert re.search(
        rf"\n- `invoke publish.all`\n  - {moment}, publish.package: skipped", issue.body
    )
    assert re.search(
        rf"\n- `invoke verify.chart`\n  - {moment}, verify.chart: done, checks chart passed\n",
        issue.body,
    )
    assert re.search(
        rf"{moment}, verify.all: done, checks workflow unverified, chart passed, install passed\n",
        issue.body,
    )


def test_labels_that_are_there_stay_as_they_are(broken: World, person: Person) -> None:
    broken.github.labels["Priority: High"] = ("abcdef", "ours")
    person("support.incident")
    assert broken.github.labels["Priority: High"] == ("abcdef", "ours")
    assert set(broken.github.labels) == {"Priority: High", "type: incident"}


@pytest.mark.thorough
def test_an_issue_that_was_closed_ends_its_incident_and_what_acts_next_begins_another(
    broken: World, person: Person
) -> None:
    person("support.incident support.notify")
    (issue,) = broken.github.issues.values()
    issue.state = "CLOSED"
    config = (broken.home / "gh" / "config.yml").read_text()
    (broken.home / "gh" / "config.yml").write_text("http_unix_socket: /nowhere\n")
    assert "goes on" in person("timeline.start").stderr  # GitHub cannot be asked
    (broken.home / "gh" / "config.yml").write_text(config)
    assert f"its issue #{issue.number} is closed" in person("--dry publish.package").stderr
    assert f"its issue #{issue.number} is closed" in person("support.notify --resolved").stderr
    assert [
        past["closed"] for past in json.loads(person("timeline.history --json").stdout)["incidents"]
    ] == [True]
    person(f"{CHAIN} support.incident")
    assert [
        past["closed"] for past in json.loads(person("timeline.history --json").stdout)["incidents"]
    ] == [False, True]
    assert len(broken.github.issues) == 2


def test_a_token_that_may_not_write_issues_is_said_to_be_one_and_nothing_is_half_done(
    broken: World, person: Person
) -> None:
    broken.github.permissions["issues"] = "read"
    assert "give the token write access" in person.refused("support.incident", 3)
    broken.github.permissions["issues"] = "write"
    person("support.incident")
    assert len(broken.github.issues) == 1


def test_lessons_are_written_posted_once_and_close_issue_and_incident(
    broken: World, person: Person
) -> None:
    person(f"timeline.start --reason 'a bad path' support.incident {CHAIN}")
    (issue,) = broken.github.issues.values()
    person("support.lessons")
    (file,) = (broken.clone / ".rollback").glob("*/lessons.md")
    text = file.read_text()
    for part in (
        "a bad path.",
        "```mermaid\ngantt\n",
        "| Immediate | revert the PR | 5:00 min |",
        "- [ ] complete fix",
        f"see {broken_url(issue.number)}",
    ):
        assert part in text
    assert [*issue.comments.values()] == [text]
    assert "posted already" in person("support.lessons").stderr
    assert (
        "posted anew" in person("support.lessons --close").stderr
    )  # the stage that was to do is not done
    assert [*issue.comments.values()] == [file.read_text()] and "| not done |" in file.read_text()
    assert issue.state == "CLOSED"
    assert "no incident is open" in person("timeline.stop").stderr
    after = broken.snapshot()
    person("support.lessons --close")
    assert broken.snapshot() == after


def test_what_people_wrote_into_the_lessons_stays_and_what_came_later_is_posted_in_the_place_of_what_was(
    broken: World, person: Person
) -> None:
    person("timeline.start support.incident support.lessons")
    (issue,) = broken.github.issues.values()
    (file,) = broken.clone.glob(".rollback/*/lessons.md")
    impact, well = (
        "Who could not do what, and for how long: to be filled in.",
        "## What went well\n\n- to be filled in",
    )
    added = "- the bell rang\n\n```bash\n## not a heading\n```\n\n## Root cause\n\nA path."
    text = file.read_text().replace(well, f"## What went well\n\n{added}")
    file.write_text(text.replace("## Recovery", "## Asked\n\nWhy?\n\n## Recovery"))
    (number,) = issue.comments  # and one went on with it on GitHub, whose editor ends lines so
    issue.comments[number] = (
        issue.comments[number].replace(impact, "Nobody could install.").replace("\n", "\r\n")
    )
    person("rollback.revert --pr 42 --merge support.lessons")
    text = file.read_text()
    for part in (
        f"## What went well\n\n{added}\n\n## What went badly\n",
        "## Impact\n\nNobody could install.\n\n",
        "\n## Asked\n\nWhy?\n",
    ):
        assert part in text
    assert "rollback.revert: done" in text and text.count("## ") == 9
    assert issue.comments == {number: text}
    after = broken.snapshot()
    told = person("support.lessons").stderr
    assert "written already" in told and "posted already" in told
    assert (file.read_text(), broken.snapshot()) == (text, after)
    assert [path.name for path in file.parent.iterdir() if path.name.startswith(".")] == []


@pytest.mark.thorough
def test_lessons_are_edited_among_many_comments_and_no_document_of_others_is_overwritten(
    broken: World, person: Person
) -> None:
    person("timeline.start support.incident")
    (issue,) = broken.github.issues.values()
    said = [f"me too, and {number} others" for number in range(150)]
    issue.comments = dict(enumerate(said))
    person("support.lessons")
    last = max(issue.comments)
    person("verify.chart support.lessons")
    assert (
        [*issue.comments.values()][:-1] == said
        and max(issue.comments) == last
        and "verify.chart: done" in issue.comments[last]
    )
    other = broken.home / "notes.md"
    other.write_text("# My notes\n")
    assert f"--file {other} is another document" in person.refused(
        f"support.lessons --file {other}"
    )
    assert other.read_text() == "# My notes\n"
    other.write_text("")
    person(f"support.lessons --file {other}")
    assert other.read_text() == issue.comments[last]
    other.write_bytes(b"\xff")
    assert "cannot be read" in person.refused(f"support.lessons --file {other}")


@pytest.mark.thorough
def test_a_dry_edit_of_the_lessons_does_when_it_is_pasted_what_the_recipe_does(
    broken: World, person: Person
) -> None:
    person("timeline.start support.incident support.lessons")
    (issue,) = broken.github.issues.values()
    (number,) = issue.comments
    issue.comments[number] += "and more\n"  # what people add below the last heading is theirs
    plan = person("--dry support.lessons --close").stdout
    pasted = broken.run("sh", "-ec", plan)
    assert pasted.returncode == 0, plan + pasted.stderr
    assert (
        "and more\n" in issue.comments[number]
        and "| not done |" in issue.comments[number]
        and issue.state == "CLOSED"
    )


def test_issue_and_lessons_name_the_triggers_that_fired_before_the_incident_began(
    broken: World, person: Person
) -> None:
    person("when.check", code=1)
    person("when.users")
    kept, earlier = (
        broken.clone / ".git" / "rollback-triggers.jsonl",
        datetime.now(UTC) - timedelta(hours=2),
    )
    kept.write_text(re.sub(r'"at": "[^"]*', f'"at": "{earlier.isoformat()}', kept.read_text()))
    assert not (broken.clone / ".rollback").exists() and not broken.git("status", "--porcelain")
    person("timeline.start support.incident support.lessons")
    (issue,) = broken.github.issues.values()
    moment = f"{earlier:%Y-%m-%d %H:%M:%S} UTC"
    for text in (issue.body, *issue.comments.values()):
        assert "\nWhat fired: publish, versions.\n" in text
        seen = "failed, triggers publish fired, versions fired, users clear"
        assert re.search(rf"\n- `invoke when.check`\n  - {moment}, when.check: {seen}\n", text)
        assert text.index("when.check: failed") < text.index("timeline.start: opened")
    (file,) = broken.clone.glob(".rollback/*/journal.jsonl")
    assert Journal(file).elapsed() < 60  # from when it began, not from when it was looked
    person("timeline.stop")
    person("timeline.start --reason another support.incident")
    assert "fired" not in broken.github.issues[max(broken.github.issues)].body


@pytest.mark.thorough
@pytest.mark.parametrize("kept", ["", "{}\n", "[]", '{"at": 1}', "\xff"])
def test_what_was_kept_of_an_earlier_look_is_of_no_use_when_it_is_old_or_none(
    broken: World, person: Person, kept: str
) -> None:
    file = broken.clone / ".git" / "rollback-triggers.jsonl"
    person("when.check", code=1)
    old = re.sub(r'"at": "\d{4}', '"at": "2020', file.read_text())
    file.write_bytes((kept or old).encode("latin-1"))
    person("timeline.start support.incident")
    (issue,) = broken.github.issues.values()
    assert "fired" not in issue.body and not file.exists()


@pytest.mark.thorough
def test_an_issue_that_lost_its_label_and_its_text_is_found_by_its_number_and_one_that_was_deleted_is_made_anew(
    broken: World, person: Person
) -> None:
    person("support.incident")
    (issue,) = broken.github.issues.values()
    issue.labels, issue.body = [], "somebody wrote over it"
    person("support.incident support.lessons")
    assert (
        list(broken.github.issues) == [issue.number]
        and "What was done" in issue.body
        and len(issue.comments) == 1
    )
    del broken.github.issues[issue.number]
    person("support.incident")
    assert len(broken.github.issues) == 1 and issue.number not in broken.github.issues


@pytest.mark.thorough
def test_that_somebody_closed_the_issue_is_told_although_there_is_nothing_new_to_write(
    broken: World, person: Person
) -> None:
    person("timeline.start")
    person("support.incident")
    (issue,) = broken.github.issues.values()
    (file,) = broken.clone.glob(".rollback/*/journal.jsonl")
    file.write_text(
        "".join(
            line for line in file.read_text().splitlines(keepends=True) if '"issue"' not in line
        )
    )  # killed before that
    issue.state = "CLOSED"
    told = person("support.incident").stderr
    assert (
        "is up to date" in told and f"was closed meanwhile: gh issue reopen {issue.number}" in told
    )


@pytest.mark.thorough
def test_after_its_incident_is_closed_a_notice_is_taken_away_and_lessons_are_posted_without_another(
    broken: World, person: Person
) -> None:
    person("support.incident support.notify timeline.stop")
    person("support.notify --resolved")
    person("support.lessons")
    person("support.lessons --close")
    (issue,) = broken.github.issues.values()
    assert (issue.state, len(issue.comments)) == ("CLOSED", 1)
    assert "rollback notice" not in broken.github.releases[0].body
    assert len(list(broken.clone.glob(".rollback/*/journal.jsonl"))) == 1
    assert "no incident is open" in person("timeline.stop").stderr


@pytest.mark.thorough
def test_what_is_longer_than_github_takes_is_cut_where_it_is_posted_and_whole_in_the_file(
    broken: World, person: Person
) -> None:
    person("timeline.start --reason 'a long night'")
    (file,) = broken.clone.glob(".rollback/*/journal.jsonl")
    journal = Journal(file)
    for number in range(700):
        journal.write(
            "publish.push",
            "failed",
            {"error": f"{number:03} the registry doesn't answer, as it did not all the night long"},
        )
    person("support.incident support.lessons")
    (issue,) = broken.github.issues.values()
    whole = (file.parent / "lessons.md").read_text()
    for text in (issue.body, *issue.comments.values()):
        assert 65000 < len(text) <= 65536
        assert f"the record of incident {journal.id} holds all of it" in text
        assert (
            "a long night" in text and "699 the registry" in text and "350 the registry" not in text
        )
        assert text.count("```") % 2 == 0
    assert "350 the registry" in whole and len(issue.comments) == 1
    assert "posted already" in person("support.lessons").stderr
    assert len(issue.comments) == 1


def broken_url(number: int) -> str:
    return f"https://github.com/stianfro/threek8s/issues/{number}"


def test_without_an_incident_there_is_nothing_to_learn_from(world: World, person: Person) -> None:
    assert world.folder.is_dir()
    assert "there is no incident" in person.refused("support.lessons")


@pytest.mark.thorough
def test_lessons_go_to_a_file_that_can_be_written_or_nowhere(broken: World, person: Person) -> None:
    person("timeline.start support.incident")
    assert len(broken.github.issues) == 1
    assert "--file /nope/x.md cannot be written (No such file or directory)" in person.refused(
        "support.lessons --file /nope/x.md --close"
    )


@pytest.mark.parametrize("line", ["support.incident", "support.lessons --close"])
def test_a_dry_run_prints_what_it_would_do_and_does_nothing(
    broken: World, person: Person, line: str
) -> None:
    person("timeline.start")
    if "lessons" in line:
        person("support.incident")
    before = broken.snapshot()
    plan = person(f"--dry {line}").stdout
    assert broken.snapshot() == before
    pasted = broken.run("sh", "-ec", plan)
    assert pasted.returncode == 0, plan + pasted.stderr
    (issue,) = broken.github.issues.values()
    assert (issue.state, len(issue.comments)) == (
        ("CLOSED", 1) if "lessons" in line else ("OPEN", 0)
    )


NOTES = "What is new:\r\n\r\n* a dashboard `é`  \n\n\n"


@pytest.fixture
def noted(broken: World) -> World:
    """Give the drill's world, with notes that hold what editors like to change."""
    broken.github.releases[0].body = NOTES
    return broken


def test_a_notice_is_put_once_updated_and_taken_away_and_the_notes_are_the_same_to_the_byte(
    noted: World, person: Person
) -> None:
    release = noted.github.releases[0]
    person("support.notify")
    first = release.body
    assert first.endswith(NOTES) and f"archive/refs/tags/{release.tag_name}.tar.gz" in first
    assert "already" in person("support.notify").stderr
    assert release.body == first
    person("support.incident support.notify --version 1.6.1")
    assert release.body.endswith(NOTES) and release.body.count("[!WARNING]") == 1
    assert "v1.6.1.tar.gz" in release.body and broken_url(max(noted.github.issues)) in release.body
    person("support.notify --resolved")
    assert release.body == NOTES
    assert "no release carries a notice" in person("support.notify --resolved").stderr


@pytest.mark.thorough
def test_a_notice_offers_what_can_be_installed_and_after_the_recovery_first_the_version_that_was_published(
    world: World, person: Person, tmp_path: Path
) -> None:
    SCENARIOS["install"].happen(world)
    release = world.github.releases[0]
    person("support.notify")
    assert "fails at present" in release.body and "v1.6.1.tar.gz" in release.body
    assert "v1.7.0.tar.gz" not in release.body and "git clone" not in release.body
    person("rollback.revert --pr 42 --merge publish.all --version 1.7.1 support.notify")
    assert "fails at present" not in release.body and "git clone" in release.body
    first = re.findall(r"> ```bash\n> (.*?)\n> ```", release.body, re.DOTALL)[0]
    assert first.startswith(f"helm install threek8s {world.reference} --version 1.7.1")
    with Cluster() as cluster:
        pasted = world.run("sh", "-ec", first, env=cluster.use(tmp_path / "config"))
        assert pasted.returncode == 0, first + pasted.stderr
        assert "Deployment" in cluster.kinds()
    assert "already" in person("support.notify").stderr


@pytest.mark.thorough
def test_a_notice_below_what_somebody_wrote_stays_there_and_goes_without_the_rest(
    noted: World, person: Person
) -> None:
    release = noted.github.releases[0]
    person("support.notify")
    release.body = "Read this first.\n" + release.body.replace(
        "\n", "\r\n"
    )  # as GitHub's own editor leaves it
    person("support.notify --version 1.6.1")
    assert release.body.startswith("Read this first.\n<!--")
    release.body = release.body.replace("\n", "\r\n")
    person("support.notify --resolved")
    assert release.body.replace("\r", "") == ("Read this first.\n" + NOTES).replace("\r", "")


@pytest.mark.thorough
def test_a_notice_whose_end_is_lost_and_a_release_that_is_not_there_are_refused(
    noted: World, person: Person
) -> None:
    assert "has no release v9.9.9: give --tag; the newest are v1.7.0, v1.6.1" in person.refused(
        "support.notify --tag v9.9.9"
    )
    noted.github.releases[1].body = "<!-- rollback notice -->\nthe rest was deleted by hand"
    assert "has lost its last line" in person.refused("support.notify --tag v1.6.1", 1)
    noted.github.permissions["contents"] = "read"
    assert "give the token write access" in person.refused("support.notify", 3)


@pytest.mark.thorough
def test_a_dry_notice_does_when_it_is_pasted_what_the_recipe_does(
    noted: World, person: Person
) -> None:
    plan = person("--dry support.notify").stdout
    assert noted.github.releases[0].body == NOTES
    pasted = noted.run("sh", "-ec", plan)
    assert pasted.returncode == 0, plan + pasted.stderr
    written = noted.github.releases[0].body
    assert (
        written.endswith(NOTES.replace("\r", "")) and "already" in person("support.notify").stderr
    )


@pytest.mark.thorough
def test_a_notice_goes_to_no_pre_release_unasked_and_reaches_releases_however_old(
    noted: World, person: Person
) -> None:
    v170, v161 = noted.github.releases
    for number in range(101):
        noted.github.git("tag", f"next-{number}", "main")
        noted.github.releases.insert(
            0, Release(100 + number, f"next-{number}", "", "soon", prerelease=True)
        )
    person("support.notify")
    assert BEGIN in v170.body
    person("support.notify --tag v1.6.1")
    person("support.notify --tag next-5 --version 1.6.1")
    assert [one.tag_name for one in noted.github.releases if BEGIN in one.body] == [
        "next-5",
        "v1.7.0",
        "v1.6.1",
    ]
    person("support.notify --resolved")
    assert not any(BEGIN in one.body for one in noted.github.releases)
    assert (v170.body, v161.body) == (NOTES, "What is new in 1.6.1.\n")


@pytest.mark.thorough
def test_a_notice_that_was_pasted_twice_is_put_once_and_taken_away_whole(
    noted: World, person: Person
) -> None:
    release = noted.github.releases[0]
    person("support.notify")
    once = release.body
    release.body = once.removesuffix(NOTES) + once
    person("support.notify")
    assert release.body == once
    release.body = once + once.removesuffix(NOTES)
    person("support.notify --resolved")
    assert release.body == NOTES
    lost = once.replace("<!-- end of the rollback notice -->", "") + once
    release.body = lost
    assert "has lost its last line" in person.refused("support.notify", 1)
    assert release.body == lost
