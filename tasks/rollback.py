"""Rollback Steps: 1. Revert GitHub Workflow Changes."""

from __future__ import annotations

from .toolkit.errors import BadInput, Refused, ServiceError
from .toolkit.incident import Incident
from .toolkit.polling import NotYet
from .toolkit.pulls import Pull
from .toolkit.recipe import recipe
from .toolkit.screen import say

MERGE_HELP = "merge the revert too, waiting for its checks and reviews: nothing is recovered before"


@recipe(
    acts=True,
    help={
        "pr": "the pull request that made the changes: 42, #42 or its URL",
        "merge": MERGE_HELP,
        "title": "title of the revert, instead of GitHub's",
        "body": "text of the revert, instead of GitHub's",
        "draft": "open the revert as a draft",
    },
)
def revert(incident: Incident, pr: str, merge: bool = False, title: str = "", body: str = "", draft: bool = False) -> None:
    """Revert the PR that made the changes: `gh pr revert <PR-NUMBER>`."""
    step, github = "rollback.revert", incident.github
    if draft and merge:
        raise BadInput("--draft and --merge exclude each other", "a draft cannot be merged; leave one out")
    pull = github.pull(github.number(pr))
    if pull.state != "MERGED":
        raise BadInput(
            f"#{pull.number} {pull.title!r} is {pull.state.lower()}, not merged", "there is nothing to revert; close it if it is open"
        )
    found = github.revert_of(pull.number)
    if found:
        say(step, f"#{pull.number} {pull.title!r} is reverted already by #{found.number} ({found.state.lower()}) {found.url}", "done")
        incident.found_done(step, **_facts(found))
    else:
        with incident.acting(step, pr=pull.number) as learned:
            found = github.revert(pull, title, body, draft)
            learned.update(_facts(found) if found else {"planned": pull.merge_commit})
        if found:
            say(step, f"#{pull.number} {pull.title!r}: opened its revert {found.url}", "done")
    _finish(incident, step, found, merge, f"invoke rollback.revert --pr {pull.number} --merge")


@recipe(
    acts=True,
    help={
        "sha": "the commit to revert: a hash, short or full",
        "push-to-default": "push the revert straight to the default branch, with no review, as the runbook does",
        "merge": MERGE_HELP,
    },
)
def commit(incident: Incident, sha: str, push_to_default: bool = False, merge: bool = False) -> None:
    """Or manually revert the workflow file: `git revert <commit-hash>`, `git push origin main`."""
    step, git = "rollback.commit", incident.git
    tip = git.fetch(incident.branch)
    bad = git.commit(sha)
    if not git.contains(tip, bad):
        raise BadInput(f"{git.summary(bad)!r} is not on {incident.branch} at origin", "give a commit of that branch: `git log origin/HEAD`")
    undone = git.reverted_by(tip, bad)
    if undone:
        say(step, f"{git.summary(bad)!r} is reverted already by {git.summary(undone)!r}", "done")
        incident.found_done(step, good_commit=undone)
    elif push_to_default:
        _push_revert(incident, tip, bad, incident.branch)
    else:
        found = _revert_by_pull(incident, tip, bad)
        _finish(incident, step, found, merge, f"invoke rollback.commit --sha {bad[:12]} --merge")


def _push_revert(incident: Incident, tip: str, bad: str, branch: str) -> None:
    """Revert in a worktree and push to `branch`; believe what the remote has then."""
    git = incident.git
    with git.worktree(tip) as tree:
        git.revert(tree, bad)
        ours = git.commit("HEAD", at=tree)
        with incident.acting("rollback.commit", sha=bad, branch=branch) as learned:
            git.push(tree, branch)
            if incident.dry:
                learned["planned"] = bad
                return
            if git.remote_commit(branch) != ours:
                raise ServiceError(
                    f"{branch} at origin is not what was pushed", "somebody else pushed meanwhile; run the same command again"
                )
            learned.update({"good_commit": ours} if branch == incident.branch else {})
    say("rollback.commit", f"pushed {git.summary(ours)!r} to {branch}", "done")


def _revert_by_pull(incident: Incident, tip: str, bad: str) -> Pull | None:
    """Push the revert to a branch of its own and open a pull request, or go on where an earlier run was cut."""
    git, github, branch = incident.git, incident.github, f"revert-{bad[:12]}"
    found = github.pull_from(branch)
    if found:
        say("rollback.commit", f"its revert is there already: #{found.number} ({found.state.lower()}) {found.url}", "done")
        incident.found_done("rollback.commit", **_facts(found))
        return found
    if not git.remote_commit(branch):
        _push_revert(incident, tip, bad, branch)
    with incident.acting("rollback.commit", branch=branch) as learned:
        found = github.create_pull(branch, f'Revert "{git.summary(bad).partition(" ")[2]}"', f"This reverts commit {bad}.")
        learned.update(_facts(found) if found else {"planned": bad})
    if found:
        say("rollback.commit", f"opened the revert {found.url}", "done")
    return found


def _facts(pull: Pull) -> dict[str, object]:
    """Return what the chain needs to know of a revert; its merge commit is what may be published."""
    facts: dict[str, object] = {"revert": pull.number, "revert_url": pull.url, "good_commit": "", "merged_at": ""}
    if pull.merged_at:
        facts |= {"good_commit": pull.merge_commit, "merged_at": pull.merged_at.isoformat()}
    return facts


def _finish(incident: Incident, step: str, pull: Pull | None, merge: bool, command: str) -> None:
    """Merge the revert if asked; else say that nothing is recovered yet."""
    if pull and pull.state == "MERGED":
        return
    if merge and pull is None:
        incident.github.merge(None, incident.github.merge_option())
    elif merge and pull:
        _merge(incident, step, pull)
    elif pull:
        say(step, f"nothing is recovered before #{pull.number} is merged: {command}", "next")


def _merge(incident: Incident, step: str, pull: Pull) -> None:
    """Merge as soon as GitHub lets us, and believe the pull request, not gh's exit code."""
    github = incident.github
    option = github.merge_option()

    def merged() -> Pull | NotYet:
        now = github.pull(pull.number)
        obstacle = _obstacle(now)
        if now.state == "OPEN" and not obstacle:
            github.merge(now.number, option)
            now = github.pull(pull.number)
        return now if now.state == "MERGED" and now.merge_commit else NotYet(obstacle or "GitHub to tell the merge commit")

    with incident.acting(step, merge=pull.number) as learned:
        advice = f"look at {pull.url}, then run the same command again (no checks start on a PR that Actions opened)"
        done = incident.wait(step, merged, advice)
        learned.update(_facts(done))
    say(step, f"merged #{done.number} as {done.merge_commit[:12]}", "done")


def _obstacle(pull: Pull) -> str:
    """Return what a merge must wait for, or nothing. Raises Refused for what no waiting mends."""
    if pull.state == "CLOSED":
        raise Refused(f"#{pull.number} was closed without being merged", f"reopen it at {pull.url}")
    if pull.draft:
        raise Refused(f"#{pull.number} is a draft", f"`gh pr ready {pull.number}`, then run the same command again")
    if pull.merge_state == "DIRTY":
        raise Refused(f"#{pull.number} conflicts with its base branch", f"resolve it at {pull.url}, then run the same command again")
    if pull.merge_state == "BLOCKED" and pull.bad:
        raise Refused(
            f"#{pull.number} may not be merged: {', '.join(pull.bad)} failed", f"see {pull.url}/checks, then run the same command again"
        )
    if pull.merge_state == "BLOCKED":
        review = "a review" if pull.review in ("REVIEW_REQUIRED", "CHANGES_REQUESTED") else ""
        return " and ".join(filter(None, (", ".join(f"check {name}" for name in pull.pending), review))) or "the branch's protection rules"
    if pull.merge_state == "BEHIND":
        return f"its branch to be brought up to date (`gh pr update-branch {pull.number}`)"
    return "GitHub to work out whether it can be merged" if pull.merge_state == "UNKNOWN" else ""
