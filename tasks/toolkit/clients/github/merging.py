"""Merge pull requests: by which method, through a merge queue or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from ...core.once import Once
from ..process import ProgramOutput
from .answers import check_answer
from .gh import REPOSITORY, Gh
from .pull_mutations import MERGE, mutation, parse_mutated
from .pulls import PullRequest

METHODS = {
    "squashMergeAllowed": "--squash",
    "mergeCommitAllowed": "--merge",
    "rebaseMergeAllowed": "--rebase",
}
METHOD_NAMES = {"--squash": "SQUASH", "--merge": "MERGE", "--rebase": "REBASE"}
RULES_QUERY = (
    "query MergeRules($owner: String!, $name: String!, $branch: String!) "
    "{ repository(owner: $owner, name: $name) { "
    f"{' '.join(METHODS)} mergeQueue(branch: $branch) {{ id }} }} }}"
)
QUEUE_QUERY = (
    "query MergeQueueState($owner: String!, $name: String!, $number: Int!) "
    "{ repository(owner: $owner, name: $name) { pullRequest(number: $number) "
    "{ state isInMergeQueue autoMergeRequest { enabledAt } } } }"
)
PLANNED = '"$revert"'  # the URL that an earlier line of a plan keeps
READ_HEAD = f"head=$(gh pr view {PLANNED} --json headRefOid --jq .headRefOid)"
SUBJECT = """'"\\(.title) (#\\(.number))"'"""
READ_SUBJECT = f"subject=$(gh pr view {PLANNED} --json number,title --jq {SUBJECT})"
MERGED = '[ "$(gh pr view {} --json state --jq .state)" = MERGED ]'


@dataclass(frozen=True)
class MergeRules:
    """How a branch takes pull requests: by an option of `gh pr merge`, or through its queue."""

    method: str
    has_queue: bool

    @property
    def takes_subject(self) -> bool:
        """Whether a merge makes one commit, whose subject can be given."""
        return not self.has_queue and self.method != "--rebase"


class Merging:
    """Merges in the repository of `gh`."""

    def __init__(self, gh: Gh) -> None:
        self._gh = gh
        self._rules = Once()

    def rules(self, branch: str) -> MergeRules:
        """Return how `branch` takes pull requests; GitHub is asked once."""
        return self._rules.ask(branch, partial(self._ask_rules, branch))

    def _ask_rules(self, branch: str) -> MergeRules:
        answer = self._gh.ask_graphql(RULES_QUERY, REPOSITORY, f"-fbranch={branch}")
        check_answer("gh api graphql", answer, [*METHODS, "mergeQueue"])
        return parse_rules(answer)

    def learn_rules(self, branch: str, rules: MergeRules) -> None:
        """Take what another query has answered as the rules of a branch."""
        self._rules.ask(branch, lambda: rules)

    def merge(
        self,
        pull: PullRequest,
        rules: MergeRules,
        subject: str = "",
    ) -> PullRequest | None:
        """Ask GitHub to merge a pull request as it was read, or to queue it; return what it is now.

        Without a `subject`, GitHub chooses that of the commit: of a squash of one commit, its own.
        Return None if that was only planned. The command in a plan waits.
        """
        is_planned = self._gh.program.runner.executor.dry_run
        find_outcome = partial(self._find_outcome, pull.number)
        if is_planned or rules.has_queue:
            head = f"--match-head-commit={pull.head_commit}"
            argv = ["pr", "merge", str(pull.number), *_method(rules), head]
            if subject:
                argv.append(f"--subject={subject}")
            form = self._waiting_form("{}", f"{pull.number} --repo {self._gh.slug}", rules)
            output = self._gh.change(
                *argv, find_outcome=find_outcome, dry_run_form=form, kind="merge"
            )
            return pull if output else None
        variables = {"id": pull.id, "head": pull.head_commit, "subject": subject}
        argv = mutation(MERGE, method=METHOD_NAMES[rules.method], **variables)
        output = self._gh.program.change(*argv, find_outcome=find_outcome, kind="merge")
        return parse_mutated(output.stdout if output else "") or pull

    def plan_merge(
        self,
        rules: MergeRules,
        *,
        keep_title: bool = False,
    ) -> None:
        """Let a dry run merge the pull request that it would have opened.

        With `keep_title`, its title is the subject of the commit.
        """
        reads = [READ_HEAD]
        options = '--match-head-commit="$head"'
        if keep_title and rules.takes_subject:
            reads.append(READ_SUBJECT)
            options += ' --subject="$subject"'
        command = f"{{}} {options} {PLANNED}"
        form = "\n".join([*reads, self._waiting_form(command, PLANNED, rules)])
        self._gh.change("pr", "merge", *_method(rules), dry_run_form=form, kind="merge")

    def _waiting_form(
        self,
        command: str,
        shown: str,
        rules: MergeRules,
    ) -> str:
        """Return the shell lines that merge as soon as GitHub allows it, and wait for a queue."""
        executor = self._gh.program.runner.executor
        form = executor.bounded(command, "GitHub to allow the merge")
        if rules.has_queue:
            merged = MERGED.replace("{}", shown)
            form += "\n" + executor.bounded(merged, "the merge queue")
        return form

    def is_queued(self, number: int) -> bool:
        """Return whether a pull request is in the merge queue, or will be when its checks pass."""
        pull = self._queue_state(number)
        return bool(pull["isInMergeQueue"] or pull["autoMergeRequest"])

    def _find_outcome(self, number: int) -> ProgramOutput | None:
        """Return what gh prints of a merge, which is nothing, if GitHub has taken it."""
        is_taken = self.is_queued(number) or self._queue_state(number)["state"] == "MERGED"
        return ProgramOutput(0, "", "") if is_taken else None

    def _queue_state(self, number: int) -> Any:
        answer = self._gh.ask_graphql(QUEUE_QUERY, REPOSITORY, f"-Fnumber={number}")
        check_answer("gh api graphql", answer, ["pullRequest"])
        return answer["pullRequest"]


def parse_rules(answer: Mapping[str, Any]) -> MergeRules:
    """Return the rules in the answer of a query for METHODS and `mergeQueue`."""
    return MergeRules(first_allowed(answer), bool(answer["mergeQueue"]))


def first_allowed(methods: Mapping[str, bool]) -> str:
    """Return the option of the first of METHODS that a repository allows."""
    for name, option in METHODS.items():
        if methods[name]:
            return option
    return "--merge"


def _method(rules: MergeRules) -> list[str]:
    """Return the option of `gh pr merge`; a merge queue has its own method."""
    if rules.has_queue:
        return []
    return [rules.method]
