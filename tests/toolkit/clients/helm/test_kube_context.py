"""Which cluster helm takes: https://kubernetes.io/docs/concepts/configuration/."""

from __future__ import annotations

from pathlib import Path

from tasks.toolkit.clients.helm.kube_context import find_context

CONTEXTS = """
contexts: [{name: one, context: {cluster: c}}, {name: two, context: {cluster: d}}, 7]
current-context: one
"""
CLUSTERS = """
clusters: [{name: c, cluster: {server: "https://c"}}]
current-context: other
"""


def shown(environ: dict[str, str]) -> str:
    return str(find_context(environ))


def test_the_first_kubeconfig_that_names_a_context_counts(tmp_path: Path) -> None:
    contexts, clusters = tmp_path / "contexts", tmp_path / "clusters"
    contexts.write_text(CONTEXTS)
    clusters.write_text(CLUSTERS)
    both = {"KUBECONFIG": f"{tmp_path}/none:{contexts}:{clusters}"}
    assert shown(both) == "context one (https://c)"
    assert shown({**both, "HELM_KUBECONTEXT": "two"}) == "context two"
    assert shown({"KUBECONFIG": f"{clusters}:{contexts}"}) == "context other"


def test_without_a_readable_kubeconfig_there_is_none(tmp_path: Path) -> None:
    assert find_context({"HOME": str(tmp_path)}) is None
    (tmp_path / ".kube").mkdir()
    file = tmp_path / ".kube/config"
    for text in ("[", "[]", "contexts: 1\n", ""):
        file.write_text(text)
        assert find_context({"HOME": str(tmp_path)}) is None
    file.write_text(CONTEXTS.replace("one", "1").replace("contexts: [", "contexts: ["))
    assert shown({"HOME": str(tmp_path)}) == "context 1"
