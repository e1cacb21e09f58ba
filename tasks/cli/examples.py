"""Two examples of each task, as they follow the program's name."""

from __future__ import annotations

from collections.abc import Mapping

from .shortcut_examples import SHORTCUT_EXAMPLES

EXAMPLES: Mapping[str, tuple[str, str]] = {
    "recover": (
        "recover --pr 42",
        "--dry recover --pr 42 --version next",
    ),
    "doctor": (
        "doctor",
        "doctor --json",
    ),
    "init": (
        "init",
        "init --copy rollback",
    ),
    "drill": (
        "drill",
        "drill --scenario versions --hands-on",
    ),
    "test": (
        "test",
        "test --all --only cut_at_any_point",
    ),
    "lint": (
        "lint",
        "lint test",
    ),
    "pictures": (
        "pictures",
        "pictures test",
    ),
    "bench": (
        "bench",
        "bench --only chain --rounds 1",
    ),
    "when.publish": (
        "when.publish",
        "when.publish --json",
    ),
    "when.versions": (
        "when.versions",
        "when.versions --json",
    ),
    "when.users": (
        "when.users",
        "when.users --json",
    ),
    "when.check": (
        "when.check",
        "when.check --json",
    ),
    "rollback.revert": (
        "rollback.revert --pr 42",
        "rollback.revert --pr 42 --merge publish.all verify.all",
    ),
    "rollback.commit": (
        "rollback.commit --sha 1a2b3c4 --merge",
        "rollback.commit --sha 1a2b3c4 --push-to-default",
    ),
    "publish.check": (
        "publish.check",
        "publish.check --json",
    ),
    "publish.good": (
        "publish.good",
        "publish.good --json",
    ),
    "publish.package": (
        "publish.package",
        "publish.package --ref v1.6.1 --version next",
    ),
    "publish.login": (
        "publish.login publish.push",
        "publish.login publish.push --archive threek8s-1.7.0.tgz",
    ),
    "publish.push": (
        "publish.push",
        "publish.push --archive threek8s-1.7.0.tgz",
    ),
    "publish.alias": (
        "publish.alias",
        "publish.alias --version 1.7.0",
    ),
    "publish.logout": (
        "publish.logout",
        "publish.login publish.push publish.logout",
    ),
    "publish.all": (
        "publish.all",
        "publish.all --ref v1.6.1 --version next",
    ),
    "publish.withdraw": (
        "publish.withdraw --version 1.7.0 --delete",
        "--dry publish.withdraw --version 1.7.0 --delete",
    ),
    "publish.restore": (
        "publish.restore --version 1.7.0",
        "publish.restore --version 1.7.0 verify.all",
    ),
    "workaround.source": (
        "workaround.source",
        "workaround.source --release web --install",
    ),
    "workaround.tarball": (
        "workaround.tarball",
        "workaround.tarball --version 1.6.1",
    ),
    "workaround.instructions": (
        "workaround.instructions",
        "workaround.instructions --version 1.6.1",
    ),
    "verify.workflow": (
        "verify.workflow",
        "verify.workflow --strict",
    ),
    "verify.chart": (
        "verify.chart",
        "verify.chart --json",
    ),
    "verify.install": (
        "verify.install",
        "verify.install --json",
    ),
    "verify.path": (
        "verify.path",
        "verify.path --json",
    ),
    "verify.references": (
        "verify.references",
        "verify.references --json",
    ),
    "verify.all": (
        "verify.all",
        "verify.all --strict",
    ),
    "prevention.branch": (
        "prevention.branch",
        "prevention.branch --branch move-registry-path",
    ),
    "prevention.rehearse": (
        "prevention.rehearse --pr 42",
        "prevention.rehearse --ref move-registry-path --as tag",
    ),
    "prevention.dispatch": (
        "prevention.dispatch",
        "prevention.dispatch --ref main --input chart_version=1.7.0",
    ),
    "prevention.test-tag": (
        "prevention.test-tag",
        "prevention.test-tag --tag v999.0.0-test --clean",
    ),
    "prevention.monitor": (
        "prevention.monitor",
        "prevention.monitor --releases 5 --watch",
    ),
    "support.incident": (
        "support.incident",
        "support.incident --title '1.7.0 cannot be installed'",
    ),
    "support.notify": (
        "support.notify",
        "support.notify --resolved",
    ),
    "support.lessons": (
        "support.lessons",
        "support.lessons --close",
    ),
    "timeline.show": (
        "timeline.show",
        "timeline.show --mermaid",
    ),
    "timeline.start": (
        "timeline.start",
        "timeline.start --reason '1.7.0 was not published'",
    ),
    "timeline.stop": (
        "timeline.stop",
        "timeline.stop timeline.history",
    ),
    "timeline.history": (
        "timeline.history",
        "timeline.history --json",
    ),
    "contact.issues": (
        "contact.issues",
        "contact.issues --open",
    ),
    "contact.status": (
        "contact.status",
        "contact.status --open",
    ),
    **SHORTCUT_EXAMPLES,
}
