"""Rollback Steps: 1. Revert GitHub Workflow Changes."""

from __future__ import annotations

from .toolkit.clients.github.pulls import PullRequest
from .toolkit.console.output import status
from .toolkit.console.waiting import Pending
from .toolkit.core.errors import BadInput, Refused, ServiceError
from .toolkit.incident.context import Incident
from .toolkit.incident.recipe import recipe

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
def revert(
    incident: Incident,
    pr: str,
    merge: bool = False,
    title: str = "",
    body: str = "",
    draft: bool = False,
) -> None:
    """Revert the PR that made the changes: `gh pr revert <PR-NUMBER>`."""
    step, github = "rollback.revert", incident.github
    if draft and merge:
        raise BadInput(
            "--draft and --merge exclude each other", "a draft cannot be merged; leave one out"
        )
    pull = github.pull(github.number(pr))
    if pull.state != "MERGED":
        raise BadInput(
            f'#{pull.number} "{pull.title}" is {pull.state.lower()}, not merged',
            "there is nothing to revert; close it if it is open",
        )
    found = github.revert_of(pull)
    if found:
        _found(incident, step, f'#{pull.number} "{pull.title}"', found)
    else:
        try:
            with incident.acting(step, pr=pull.number) as learned:
                found = github.revert(pull, title, body, draft)
                learned.update(_facts(found) if found else {"revert": 0})
        except Refused:
            if not _undone(incident, step, incident.git.fetch(incident.branch), pull.merge_commit):
                raise
            return
        if found:
            status(step, f'#{pull.number} "{pull.title}": opened its revert {found.url}', "done")
    _finish(
        incident,
        step,
        found,
        merge,
        f"invoke rollback.revert --pr {pull.number} --merge",
        pull.merge_commit,
    )


@recipe(
    acts=True,
    help={
        "sha": "the commit to revert: a hash, short or full",
        "push-to-default": "push the revert straight to the default branch, with no review, as the runbook does",
        "merge": MERGE_HELP,
    },
)
def commit(
    incident: Incident, sha: str, push_to_default: bool = False, merge: bool = False
) -> None:
    """Or manually revert the workflow file: `git revert <commit-hash>`, `git push origin main`."""
    step, git = "rollback.commit", incident.git
    if push_to_default and merge:
        raise BadInput(
            "--push-to-default and --merge exclude each other",
            "what is pushed needs no merge; leave one out",
        )
    tip = git.fetch(incident.branch)
    bad = git.commit(sha)
    if not git.contains(tip, bad):
        raise BadInput(
            f'"{git.summary(bad)}" is not on {incident.branch} at origin',
            "give a commit of that branch: `git log origin/HEAD`",
        )
    if _undone(incident, step, tip, bad):
        return
    if push_to_default:
        _push_revert(incident, tip, bad, incident.branch)
    else:
        found = _revert_by_pull(incident, tip, bad)
        _finish(
            incident, step, found, merge, f"invoke rollback.commit --sha {bad[:12]} --merge", bad
        )


def _undone(incident: Incident, step: str, tip: str, bad: str) -> bool:
    """Tell whether a commit up to `tip` undid `bad`, and let the chain know it."""
    git = incident.git
    undone = git.reverted_by(tip, bad)
    if undone:
        status(step, f'"{git.summary(bad)}" is reverted already by "{git.summary(undone)}"', "done")
        _landed(incident, step, git.landed(tip, undone, bad))
    return bool(undone)


def _landed(incident: Incident, step: str, good: str) -> None:
    incident.found_done(step, good_commit=good, merged_at=incident.git.when(good).isoformat())


def _push_revert(incident: Incident, tip: str, bad: str, branch: str) -> bool:
    """Revert in a worktree and push to `branch`; believe what the remote has then. Tells whether anything was left to take back."""
    git, main = incident.git, incident.branch
    with git.worktree(tip) as tree:
        if not git.revert(tree, bad):
            status(
                "rollback.commit", f'nothing is left of "{git.summary(bad)}" to take back', "done"
            )
            _landed(incident, "rollback.commit", tip)
            return False
        ours = git.commit("HEAD", at=tree)
        with incident.acting("rollback.commit", sha=bad, branch=branch) as learned:
            git.push(
                tree,
                branch,
                "leave out --push-to-default: a pull request is opened instead"
                if branch == main
                else "ask its owner",
            )
            if incident.dry:
                learned.update({"planned": bad} if branch == main else {})
                return True
            if git.remote_commit(branch) != ours:
                raise ServiceError(
                    f"{branch} at origin is not what was pushed",
                    "somebody else pushed meanwhile; run the same command again",
                )
            learned.update(
                {"good_commit": ours, "merged_at": git.when(ours).isoformat()}
                if branch == main
                else {}
            )
    status("rollback.commit", f'pushed "{git.summary(ours)}" to {branch}', "done")
    return True


def _revert_by_pull(incident: Incident, tip: str, bad: str) -> PullRequest | None:
    """Push the revert to a branch of its own and open a pull request, or go on where an earlier run was cut."""
    git, github, branch, number = incident.git, incident.github, f"revert-{bad[:12]}", 2
    while (
        (found := github.pull_from(branch))
        and (again := github.revert_of(found))
        and again.state == "MERGED"
    ):
        branch, number = f"revert-{bad[:12]}-{number}", number + 1  # that one was taken back itself
    if found:
        _found(incident, "rollback.commit", f'"{git.summary(bad)}"', found)
        return found
    if not git.remote_commit(branch) and not _push_revert(incident, tip, bad, branch):
        return None
    with incident.acting("rollback.commit", branch=branch) as learned:
        title, body = (
            f'Revert "{git.summary(bad).partition(" ")[2]}"',
            f"This reverts commit {bad}.",
        )
        found = github.create_pull(branch, incident.branch, title, body)
        learned.update(_facts(found) if found else {"revert": 0})
    if found:
        status("rollback.commit", f"opened the revert {found.url}", "done")
    return found


def _facts(pull: PullRequest) -> dict[str, object]:
    """Return what the chain needs to know of a revert; its merge commit is what may be published."""
    facts: dict[str, object] = {
        "revert": pull.number,
        "revert_url": pull.url,
        "good_commit": "",
        "merged_at": "",
    }
    if pull.merged_at:
        facts |= {"good_commit": pull.merge_commit, "merged_at": pull.merged_at.isoformat()}
    return facts


def _found(incident: Incident, step: str, what: str, pull: PullRequest) -> None:
    """Say that the revert is there already, and let the chain know it."""
    how = (
        "is reverted already by"
        if pull.state == "MERGED"
        else "has its revert already, which is open:"
    )
    status(step, f"{what} {how} #{pull.number} {pull.url}", "done")
    incident.found_done(step, **_facts(pull))


def _finish(
    incident: Incident, step: str, pull: PullRequest | None, merge: bool, command: str, bad: str
) -> None:
    """Merge the revert of the commit `bad` if asked; else say that nothing is recovered yet."""
    if pull and pull.state == "MERGED":
        return
    if merge and incident.dry and (pull or "revert" in incident.known):
        incident.github.merge(pull.number if pull else None, incident.github.merge_option())
        incident.found_done(step, planned=bad)
    elif merge and pull:
        _merge(incident, step, pull)
    elif pull:
        status(step, f"nothing is recovered before #{pull.number} is merged: {command}", "next")


def _merge(incident: Incident, step: str, pull: PullRequest) -> None:
    """Merge as soon as GitHub lets us, and believe the pull request, not gh's exit code."""
    github = incident.github
    option = github.merge_option()

    def merged() -> PullRequest | Pending:
        now = github.pull(pull.number)
        obstacle = _obstacle(now)
        if now.state == "OPEN" and not obstacle:
            github.merge(now.number, option)
            now = github.pull(pull.number)
        return (
            now
            if now.state == "MERGED" and now.merge_commit
            else Pending(obstacle or "GitHub to tell the merge commit")
        )

    with incident.acting(step, merge=pull.number) as learned:
        advice = f"look at {pull.url}, then run the same command again (no checks start on a PR that Actions opened)"
        done = incident.wait(step, merged, advice)
        learned.update(_facts(done))
    status(step, f"merged #{done.number} as {done.merge_commit[:12]}", "done")


def _obstacle(pull: PullRequest) -> str:
    """Return what a merge must wait for, or nothing. Raises Refused for what no waiting mends."""
    if pull.state == "CLOSED":
        raise Refused(f"#{pull.number} was closed without being merged", f"reopen it at {pull.url}")
    if pull.draft:
        raise Refused(
            f"#{pull.number} is a draft",
            f"`gh pr ready {pull.number}`, then run the same command again",
        )
    if pull.merge_state == "DIRTY":
        raise Refused(
            f"#{pull.number} conflicts with its base branch",
            f"resolve it at {pull.url}, then run the same command again",
        )
    if pull.merge_state == "BLOCKED" and pull.bad:
        raise Refused(
            f"#{pull.number} may not be merged: {', '.join(pull.bad)} failed",
            f"see {pull.url}/checks, then run the same command again",
        )
    if pull.merge_state == "BLOCKED":
        review = "a review" if pull.review in ("REVIEW_REQUIRED", "CHANGES_REQUESTED") else ""
        return (
            " and ".join(
                filter(None, (", ".join(f"check {name}" for name in pull.pending), review))
            )
            or "the branch's protection rules"
        )
    if pull.merge_state == "BEHIND":
        return f"its branch to be brought up to date (`gh pr update-branch {pull.number}`)"
    return "GitHub to work out whether it can be merged" if pull.merge_state == "UNKNOWN" else ""
