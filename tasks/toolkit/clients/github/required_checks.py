"""The checks that a branch requires, as whoever may read the repository may see them.

https://docs.github.com/rest/branches/branches and https://docs.github.com/rest/repos/rules
"""

from __future__ import annotations

from urllib.parse import quote

from .gh import Gh

PROTECTED = ".protection.required_status_checks.contexts // [] | .[]"
RULED = (
    '.[] | select(.type == "required_status_checks") | .parameters.required_status_checks[].context'
)


def required_checks(gh: Gh, branch: str) -> list[str]:
    """Return the names of the checks, by the branch's protection and by rulesets.

    Raises RecipeError if GitHub does not tell.
    """
    name = quote(branch, safe="")
    queries = {
        f"branches/{name}": PROTECTED,
        f"rules/branches/{name}?per_page=100": RULED,
    }
    names = set()
    for path, query in queries.items():
        printed = gh.program.text(
            "api",
            f"repos/{gh.slug}/{path}",
            "--jq",
            query,
        )
        names.update(printed.split("\n"))
    names.discard("")
    return sorted(names)
