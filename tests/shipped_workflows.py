"""The workflows that are shipped here: `python -m tests.shipped_workflows` writes them again."""

from __future__ import annotations

from tasks.toolkit.diagnosis.adopted import SETTINGS
from tasks.toolkit.workflows.laid_files import LaidFor, fill

from .house import PROJECT

WRITTEN = (
    "Its settings are variables of the repository. `inv init --actions` writes one with yours."
)


def shipped_texts() -> dict[str, str]:
    """Return the workflows for a repository with the recipes at its top, by their paths."""
    target = LaidFor("./", ["Publish Helm Chart"], "vars.REGISTRY != ''", {}, WRITTEN)
    settings = {name: f"${{{{ vars.{name} }}}}" for name in SETTINGS}
    return fill(target, settings)


if __name__ == "__main__":
    for path, text in shipped_texts().items():
        file = PROJECT / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
