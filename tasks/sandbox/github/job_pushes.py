"""What a job pushes with its own token: no change of a workflow, and nothing that starts a run.

A push reaches the bare repository as a file, without a token. Its hooks tell the pushes of jobs
by GITHUB_ACTIONS in the environment, as Actions set it.
"""

from __future__ import annotations

from collections.abc import Iterable

from .job_permissions import Asked
from .repository import Repository

LIST = "pushed-by-jobs"  # a line for each push, in the folder of the repository
IS_JOB = '[ "$GITHUB_ACTIONS" = true ] || exit 0'
UPDATE = f"""#!/bin/sh
{IS_JOB}
path=$(git log --format= --name-only "$3" --not --all -- .github/workflows | head -n 1)
[ "$path" ] || exit 0
echo "refusing to allow a GitHub App to create or update workflow \\`$path\\`" \\
    "without \\`workflows\\` permission" >&2
exit 1
"""
POST_RECEIVE = f"""#!/bin/sh
{IS_JOB}
while read -r old new ref; do
    echo "$new $ref" >> {LIST}
done
"""
HOOKS = {
    "update": UPDATE,
    "post-receive": POST_RECEIVE,
}


def hold(repository: Repository) -> None:
    """Let pushes of jobs be held to what the token of a job may do, from now on."""
    folder = repository.path / "hooks"
    folder.mkdir(exist_ok=True)
    for name, text in HOOKS.items():
        hook = folder / name
        hook.write_text(text)
        hook.chmod(0o755)


def refs_of_people(github: Asked, pushes: Iterable[tuple[str, str]]) -> list[str]:
    """Return which of the pushed refs no job pushed, sorted; each push is a ref and its commit."""
    if github.job_acts:
        return []
    by_jobs = _listed(github.repository)
    refs = []
    for ref, commit in pushes:
        line = f"{commit} {ref}"
        if line not in by_jobs:
            refs.append(ref)
    return sorted(refs)


def _listed(repository: Repository) -> list[str]:
    """Return the lines that the hooks have written."""
    file = repository.path / LIST
    if not file.exists():
        return []
    text = file.read_text()
    return text.splitlines()
