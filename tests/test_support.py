"""Support: one incident issue, a notice in the release's notes, and the lessons."""

from __future__ import annotations

import json
import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tasks.sandbox.github.records import Release
from tasks.sandbox.scenarios import SCENARIOS
from tasks.sandbox.world import World
from tasks.toolkit.incident.journal import Journal
from tasks.toolkit.reports.notice import BEGIN, END

from .cluster import Cluster
from .conftest import Person
from .plans import notes_of
from .scenes import happen

CHAIN = "rollback.revert --pr 42 --merge publish.all verify.all"
ISSUES = "https://github.com/stianfro/threek8s/issues"
MOMENT = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"
NOTES = "What is new:\r\n\r\n* a dashboard `é`  \n\n\n"


def only_issue(world: World) -> Any:
    (issue,) = world.github.issues.values()
    return issue


def only_journal(world: World) -> Path:
    (file,) = world.clone.glob(".rollback/*/journal.jsonl")
    return file


def incidents_closed(person: Person) -> list[bool]:
    """Return of each incident, newest first, whether it is closed."""
    incidents = json.loads(person("timeline.history --json").stdout)["incidents"]
    return [incident["closed"] for incident in incidents]


def paste(world: World, plan: str) -> None:
    """Run a plan in the maintainer's shell, as if it was pasted there."""
    ended = world.run("sh", "-ec", plan)
    assert ended.returncode == 0, plan + ended.stderr


# The issue


@pytest.mark.thorough
def test_an_incident_has_one_labelled_issue_that_is_kept_up_to_date(
    broken: World, person: Person
) -> None:
    person("timeline.start --reason '1.7.0 cannot be found'")
    person("support.incident")
    issue = only_issue(broken)
    assert (issue.state, issue.labels) == ("OPEN", ["priority: high", "type: incident"])
    assert "1.7.0 cannot be found" in issue.body
    after = broken.snapshot()
    assert "is up to date" in person("support.incident").stderr
    assert broken.snapshot() == after
    person(f"{CHAIN} support.incident --title 'Chart 1.7.0 is missing'")
    assert list(broken.github.issues) == [issue.number]
    assert issue.title == "Chart 1.7.0 is missing"
    for part in ("pull/44", "invoke rollback.revert --pr 42 --merge", "sha256:"):
        assert part in issue.body


@pytest.mark.thorough
def test_what_was_already_done_or_only_checked_is_under_its_command(
    broken: World, person: Person
) -> None:
    person(CHAIN)
    for line in ("publish.all", "verify.chart", "verify.all", "support.incident"):
        person(line)
    body = only_issue(broken).body
    skipped = rf"\n- `invoke publish.all`\n  - {MOMENT}, publish.package: skipped"
    assert re.search(skipped, body)
    checked = rf"\n- `invoke verify.chart`\n  - {MOMENT}, verify.chart: done, checks chart passed\n"
    assert re.search(checked, body)
    outcomes = "workflow unverified, chart passed, install passed, path passed, references passed"
    assert re.search(rf"{MOMENT}, verify.all: done, checks {outcomes}\n", body)


@pytest.mark.thorough
def test_labels_that_exist_stay_as_they_are(broken: World, person: Person) -> None:
    broken.github.labels["Priority: High"] = ("abcdef", "ours")
    person("support.incident")
    assert broken.github.labels["Priority: High"] == ("abcdef", "ours")
    assert set(broken.github.labels) == {"Priority: High", "type: incident"}


@pytest.mark.thorough
def test_the_issue_of_who_found_it_is_kept_by_who_recovers_on_another_machine(
    broken: World, person: Person
) -> None:
    person("when.check", 1)
    person("support.incident")
    found = only_issue(broken).body
    shutil.rmtree(broken.clone / ".rollback")
    person(f"{CHAIN} support.incident")
    body = only_issue(broken).body
    assert "Nothing was done about it yet" in found
    assert "Nothing was done about it yet" not in body
    suspected = re.findall("^- suspected: .*", found, re.MULTILINE)
    assert suspected == re.findall("^- suspected: .*", body, re.MULTILINE)
    assert "rollback.revert: merged" in body


@pytest.mark.thorough
def test_closing_the_issue_ends_its_incident_and_the_next_change_opens_another(
    broken: World, person: Person
) -> None:
    told = person("support.incident support.notify").stderr
    assert "invoke support.notify --resolved support.lessons --close" in told.splitlines()[-1]
    issue = only_issue(broken)
    issue.state = "CLOSED"
    config = broken.home / "gh" / "config.yml"
    text = config.read_text()
    config.write_text("http_unix_socket: /nowhere\n")
    assert "continues" in person("timeline.start").stderr  # GitHub cannot be asked
    config.write_text(text)
    over = f"its issue #{issue.number} is closed"
    assert over in notes_of(person("--dry publish.package").stdout)
    assert over in person("support.notify --resolved").stderr
    assert incidents_closed(person) == [True]
    person(f"{CHAIN} support.incident")
    assert incidents_closed(person) == [False, True]
    assert len(broken.github.issues) == 2


@pytest.mark.thorough
def test_a_token_that_may_not_write_issues_is_named_and_nothing_is_half_done(
    broken: World, person: Person
) -> None:
    broken.github.permissions["issues"] = "read"
    assert "give the token write access" in person.refused("support.incident", 3)
    broken.github.permissions["issues"] = "write"
    person("support.incident")
    assert len(broken.github.issues) == 1


@pytest.mark.thorough
def test_an_issue_without_label_and_text_is_found_and_a_deleted_one_is_opened_anew(
    broken: World, person: Person
) -> None:
    person("support.incident")
    issue = only_issue(broken)
    issue.labels = []
    issue.body = "somebody wrote over it"
    person("support.incident support.lessons")
    assert list(broken.github.issues) == [issue.number]
    assert "What was done" in issue.body
    assert len(issue.comments) == 1
    del broken.github.issues[issue.number]
    person("support.incident")
    assert only_issue(broken).number != issue.number


@pytest.mark.thorough
def test_that_somebody_closed_the_issue_is_told_although_there_is_no_news(
    broken: World, person: Person
) -> None:
    person("timeline.start")
    person("support.incident")
    issue = only_issue(broken)
    file = only_journal(broken)
    lines = file.read_text().splitlines(keepends=True)
    # As after a kill between the issue's creation and its record.
    file.write_text("".join(line for line in lines if '"issue"' not in line))
    issue.state = "CLOSED"
    printed = person("support.incident").stderr
    assert "is up to date" in printed
    assert f"was closed in the meantime: gh issue reopen {issue.number}" in printed


# The lessons


@pytest.mark.thorough
def test_lessons_are_written_posted_once_and_close_issue_and_incident(
    broken: World, person: Person
) -> None:
    person(f"timeline.start --reason 'a bad path' support.incident {CHAIN}")
    issue = only_issue(broken)
    printed = person("support.lessons").stderr
    (file,) = (broken.clone / ".rollback").glob("*/lessons.md")
    assert f"→ fill in what people know in {file}, then: invoke support.lessons --close" in printed
    text = file.read_text()
    for part in (
        "a bad path. The suspect is [#42](https://github.com/stianfro/threek8s/pull/42)",
        "the release of v1.7.0\n- Exposed until: 20",
        "- Revert: [#44](https://github.com/stianfro/threek8s/pull/44)\n- Merged as: ",
        "```mermaid\ngantt\n",
        "| Immediate | revert the PR | 5:00 min |",
        "| Complete the fix and the re-deployment, ",
        f"Issue: {ISSUES}/{issue.number}",
    ):
        assert part in text
    assert list(issue.comments.values()) == [text]
    assert "already posted" in person("support.lessons").stderr
    # The stage that was to do is not done when the incident closes.
    assert "post updated" in person("support.lessons --close").stderr
    assert list(issue.comments.values()) == [file.read_text()]
    assert "| not done |" in file.read_text()
    assert issue.state == "CLOSED"
    assert "no incident is open" in person("timeline.stop").stderr
    after = broken.snapshot()
    person("support.lessons --close")
    assert broken.snapshot() == after


@pytest.mark.thorough
def test_what_people_wrote_into_the_lessons_stays_and_the_post_is_updated_in_place(
    broken: World, person: Person
) -> None:
    person("timeline.start support.incident support.lessons")
    issue = only_issue(broken)
    (file,) = broken.clone.glob(".rollback/*/lessons.md")
    added = "- the bell rang\n\n```bash\n## not a heading\n```\n\n## Who was there\n\nAda."
    well = "- to be filled in\n\n## What went wrong"
    text = file.read_text().replace(well, f"{added}\n\n## What went wrong")
    file.write_text(text.replace("## Summary", "## Asked\n\nWhy?\n\n## Summary"))
    # Somebody else edited the post on GitHub, whose editor ends lines with \r\n.
    (number,) = issue.comments
    impact = "Who could not do what: to be filled in."
    post = issue.comments[number].replace(impact, "Nobody could install.")
    issue.comments[number] = post.replace("\n", "\r\n")
    person("rollback.revert --pr 42 --merge support.lessons")
    text = file.read_text()
    for part in (
        f"-->\n\n{added}\n\n## What went wrong\n",
        "-->\n\nNobody could install.\n\n## Detection\n",
        "\n## Asked\n\nWhy?\n",
        "rollback.revert: merged",
    ):
        assert part in text
    assert text.count("\n## ") == 14
    assert issue.comments == {number: text}
    after = broken.snapshot()
    printed = person("support.lessons").stderr
    assert "already written" in printed
    assert "already posted" in printed
    assert (file.read_text(), broken.snapshot()) == (text, after)
    assert [path.name for path in file.parent.iterdir() if path.name.startswith(".")] == []


@pytest.mark.thorough
def test_lessons_are_updated_among_many_comments_and_overwrite_no_other_document(
    broken: World, person: Person
) -> None:
    person("timeline.start support.incident")
    issue = only_issue(broken)
    others = [f"me too, and {number} others" for number in range(150)]
    issue.comments = dict(enumerate(others))
    person("support.lessons")
    last = max(issue.comments)
    person("verify.chart support.lessons")
    assert list(issue.comments.values())[:-1] == others
    assert max(issue.comments) == last
    assert "verify.chart: done" in issue.comments[last]
    file = broken.home / "notes.md"
    file.write_text("# My notes\n")
    refusal = person.refused(f"support.lessons --file {file}")
    assert f"--file {file} is another document" in refusal
    assert file.read_text() == "# My notes\n"
    file.write_text("")
    person(f"support.lessons --file {file}")
    assert file.read_text() == issue.comments[last]
    file.write_bytes(b"\xff")
    assert "cannot be read" in person.refused(f"support.lessons --file {file}")


@pytest.mark.thorough
def test_a_pasted_plan_of_updated_lessons_does_what_the_recipe_does(
    broken: World, person: Person
) -> None:
    person("timeline.start support.incident support.lessons")
    issue = only_issue(broken)
    (number,) = issue.comments
    issue.comments[number] += "and more\n"  # below the last heading, which is handwritten
    paste(broken, person("--dry support.lessons --close").stdout)
    assert "and more\n" in issue.comments[number]
    assert "| not done |" in issue.comments[number]
    assert issue.state == "CLOSED"


@pytest.mark.thorough
def test_issue_and_lessons_name_the_triggers_that_fired_before_the_incident(
    broken: World, person: Person
) -> None:
    person("when.check", code=1)
    person("when.users")
    kept = broken.clone / ".git" / "rollback-triggers.jsonl"
    earlier = datetime.now(UTC) - timedelta(hours=2)
    kept.write_text(re.sub(r'"at": "[^"]*', f'"at": "{earlier.isoformat()}', kept.read_text()))
    assert not (broken.clone / ".rollback").exists()
    assert not broken.git("status", "--porcelain")
    person("timeline.start support.incident support.lessons")
    issue = only_issue(broken)
    outcomes = "fired, triggers publish fired, versions fired, users clear"
    seen = f"{earlier:%Y-%m-%d %H:%M:%S} UTC, when.check: {outcomes}"
    assert "\nWhat fired: publish, versions.\n" in issue.body
    (lessons,) = issue.comments.values()
    assert f"publish, versions, at {earlier:%Y-%m-%d %H:%M:%S} UTC, by" in lessons
    assert "\n- Why: `changed publish-helm.yml between v1.6.1 (the last good" in lessons
    for text in (issue.body, *issue.comments.values()):
        assert f"\n- `invoke when.check`\n  - {seen}\n" in text
        assert text.index("when.check: fired") < text.index("timeline.start: opened")
    # The time counts from the opening, not from the earlier check.
    assert Journal(only_journal(broken)).elapsed() < 60
    person("timeline.stop")
    person("timeline.start --reason another support.incident")
    assert "fired" not in broken.github.issues[max(broken.github.issues)].body


@pytest.mark.thorough
@pytest.mark.parametrize("kept", ["", "{}\n", "[]", '{"at": 1}', "\xff"])
def test_trigger_results_that_are_old_or_unreadable_are_not_used(
    broken: World, person: Person, kept: str
) -> None:
    file = broken.clone / ".git" / "rollback-triggers.jsonl"
    person("when.check", code=1)
    old = re.sub(r'"at": "\d{4}', '"at": "2020', file.read_text())
    file.write_bytes((kept or old).encode("latin-1"))
    person("timeline.start support.incident")
    assert "fired" not in only_issue(broken).body
    assert not file.exists()


@pytest.mark.thorough
def test_after_the_incident_a_notice_is_removed_and_lessons_are_posted_without_another(
    broken: World, person: Person
) -> None:
    person("support.incident support.notify timeline.stop")
    person("support.notify --resolved")
    person("support.lessons")
    person("support.lessons --close")
    issue = only_issue(broken)
    assert (issue.state, len(issue.comments)) == ("CLOSED", 1)
    assert "rollback notice" not in broken.github.releases[0].body
    assert only_journal(broken).is_file()
    assert "no incident is open" in person("timeline.stop").stderr


@pytest.mark.thorough
def test_what_is_longer_than_github_accepts_is_cut_there_and_complete_in_the_file(
    broken: World, person: Person
) -> None:
    person("timeline.start --reason 'a long night'")
    file = only_journal(broken)
    journal = Journal(file)
    for number in range(700):
        error = f"{number:03} the registry doesn't answer, as it did not all the night long"
        journal.write("publish.push", "failed", {"error": error})
    person("support.incident support.lessons")
    issue = only_issue(broken)
    for text in (issue.body, *issue.comments.values()):
        assert 65000 < len(text) <= 65536
        assert f"the journal of incident {journal.id} holds all of it" in text
        assert "a long night" in text
        assert "699 the registry" in text
        assert "350 the registry" not in text
        assert text.count("```") % 2 == 0
    assert "350 the registry" in (file.parent / "lessons.md").read_text()
    assert len(issue.comments) == 1
    assert "already posted" in person("support.lessons").stderr
    assert len(issue.comments) == 1


def test_without_an_incident_there_is_nothing_to_learn_from(world: World, person: Person) -> None:
    assert world.folder.is_dir()
    assert "there is no incident" in person.refused("support.lessons")


@pytest.mark.thorough
def test_lessons_go_to_a_file_that_can_be_written_or_nowhere(broken: World, person: Person) -> None:
    person("timeline.start support.incident")
    assert len(broken.github.issues) == 1
    refusal = person.refused("support.lessons --file /nope/x.md --close")
    assert "--file /nope/x.md cannot be written (No such file or directory)" in refusal


@pytest.mark.thorough
@pytest.mark.parametrize("line", ["support.incident", "support.lessons --close"])
def test_a_dry_run_prints_what_it_would_do_and_changes_nothing(
    broken: World, person: Person, line: str
) -> None:
    person("timeline.start")
    expected = ("OPEN", 0)
    if "lessons" in line:
        person("support.incident")
        expected = ("CLOSED", 1)
    before = broken.snapshot()
    ran_dry = person(f"--dry {line}")
    assert broken.snapshot() == before
    assert not re.search("opened|updated|posted|written:|is closed after", ran_dry.stderr)
    paste(broken, ran_dry.stdout)
    issue = only_issue(broken)
    assert (issue.state, len(issue.comments)) == expected


# The notice


@pytest.fixture
def noted(broken: World) -> World:
    """Give the drill's sandbox, with notes that hold what editors like to change."""
    broken.github.releases[0].body = NOTES
    return broken


@pytest.mark.thorough
def test_a_notice_is_put_once_updated_and_removed_and_the_notes_are_the_same_to_the_byte(
    noted: World, person: Person
) -> None:
    release = noted.github.releases[0]
    person("support.notify")
    first = release.body
    assert first.endswith(NOTES)
    assert f"archive/refs/tags/{release.tag_name}.tar.gz" in first
    assert "already carry this notice" in person("support.notify").stderr
    assert release.body == first
    person("support.incident support.notify --version 1.6.1")
    assert release.body.endswith(NOTES)
    assert release.body.count("[!WARNING]") == 1
    assert "v1.6.1.tar.gz" in release.body
    assert f"{ISSUES}/{max(noted.github.issues)}" in release.body
    person("support.notify --resolved")
    assert release.body == NOTES
    assert "no release carries a notice" in person("support.notify --resolved").stderr


@pytest.mark.thorough
def test_a_notice_offers_what_can_be_installed_and_first_what_was_published(
    world: World, person: Person, tmp_path: Path
) -> None:
    happen(world, SCENARIOS["install"].happen)
    release = world.github.releases[0]
    person("support.notify")
    assert "fails at present" in release.body
    assert "v1.6.1.tar.gz" in release.body
    assert "v1.7.0.tar.gz" not in release.body
    assert "git clone" not in release.body
    person("rollback.revert --pr 42 --merge publish.all --version 1.7.1 support.notify")
    assert "fails at present" not in release.body
    assert "git clone" in release.body
    first = re.findall(r"> ```bash\n> (.*?)\n> ```", release.body, re.DOTALL)[0]
    assert first.startswith(f"helm install threek8s {world.reference} --version 1.7.1")
    with Cluster() as cluster:
        pasted = world.run("sh", "-ec", first, env=cluster.use(tmp_path / "config"))
        assert pasted.returncode == 0, first + pasted.stderr
        assert "Deployment" in cluster.kinds()
    assert "already carry this notice" in person("support.notify").stderr


@pytest.mark.thorough
def test_a_notice_below_somebodys_text_stays_there_and_goes_without_the_rest(
    noted: World, person: Person
) -> None:
    release = noted.github.releases[0]
    person("support.notify")
    # GitHub's own editor ends lines so.
    release.body = "Read this first.\n" + release.body.replace("\n", "\r\n")
    person("support.notify --version 1.6.1")
    assert release.body.startswith("Read this first.\n<!--")
    release.body = release.body.replace("\n", "\r\n")
    person("support.notify --resolved")
    assert release.body.replace("\r", "") == ("Read this first.\n" + NOTES).replace("\r", "")


@pytest.mark.thorough
def test_a_notice_without_its_end_and_a_release_that_does_not_exist_are_refused(
    noted: World, person: Person
) -> None:
    refusal = person.refused("support.notify --tag v9.9.9")
    assert "has no release v9.9.9: give --tag; the newest are v1.7.0, v1.6.1" in refusal
    noted.github.releases[1].body = f"{BEGIN}\nthe rest was deleted by hand"
    assert "has lost its last line" in person.refused("support.notify --tag v1.6.1", 1)
    noted.github.permissions["contents"] = "read"
    assert "give the token write access" in person.refused("support.notify", 3)


@pytest.mark.thorough
def test_a_pasted_plan_of_a_notice_does_what_the_recipe_does(noted: World, person: Person) -> None:
    plan = person("--dry support.notify").stdout
    assert noted.github.releases[0].body == NOTES
    paste(noted, plan)
    assert noted.github.releases[0].body.endswith(NOTES)
    assert "already carry this notice" in person("support.notify").stderr


@pytest.mark.thorough
def test_a_notice_goes_to_no_pre_release_unasked_and_reaches_releases_however_old(
    noted: World, person: Person
) -> None:
    v170, v161 = noted.github.releases
    old_notes = v161.body
    for number in range(101):
        tag = f"next-{number}"
        noted.github.repository.git("tag", tag, "main")
        noted.github.releases.insert(0, Release(100 + number, tag, "", "soon", prerelease=True))
    person("support.notify")
    assert BEGIN in v170.body
    person("support.notify --tag v1.6.1")
    person("support.notify --tag next-5 --version 1.6.1")
    with_notice = [one.tag_name for one in noted.github.releases if BEGIN in one.body]
    assert with_notice == ["next-5", "v1.7.0", "v1.6.1"]
    person("support.notify --resolved")
    assert not any(BEGIN in one.body for one in noted.github.releases)
    assert (v170.body, v161.body) == (NOTES, old_notes)


@pytest.mark.thorough
def test_a_notice_that_was_pasted_twice_is_put_once_and_removed_as_a_whole(
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
    without_end = once.replace(END, "") + once
    release.body = without_end
    assert "has lost its last line" in person.refused("support.notify", 1)
    assert release.body == without_end
