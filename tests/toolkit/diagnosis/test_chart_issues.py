"""Whose chart an issue is about, and the verdict on several."""

from __future__ import annotations

import pytest

from tasks.toolkit.diagnosis.chart_issues import is_about
from tasks.toolkit.diagnosis.verdict import COULD_NOT_TELL, NO_NEED, ROLL_BACK, ROLLED_BACK
from tasks.toolkit.diagnosis.verdict_of_charts import worst

from .values import ago, issue

CHARTS = frozenset({"api", "web"})
TIMES = {
    "api-1.2.0": None,  # a draft
    "api-1.1.0": ago(hours=-1),
    "web-1.0.0": ago(hours=1),
    "api-1.0.0": ago(hours=2),
}


def test_an_issue_counts_for_the_charts_that_it_names() -> None:
    in_title = issue(1, "helm install of api fails")
    in_body = issue(1, "helm install fails", "It is the chart api.")
    for found in (in_title, in_body):
        assert is_about(found, "api", CHARTS, TIMES)
        assert not is_about(found, "web", CHARTS, TIMES)
    in_both = issue(1, "helm install of api fails", "That of web does not.")
    assert is_about(in_both, "api", CHARTS, TIMES)
    assert is_about(in_both, "web", CHARTS, TIMES)


def test_an_issue_that_names_none_counts_for_the_one_released_last_before_it() -> None:
    found = issue(1, "helm install fails")
    assert is_about(found, "web", CHARTS, TIMES)
    assert not is_about(found, "api", CHARTS, TIMES)
    assert is_about(found, "api", CHARTS, {})


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([NO_NEED, NO_NEED], NO_NEED),
        ([NO_NEED, ROLLED_BACK], ROLLED_BACK),
        ([ROLLED_BACK, COULD_NOT_TELL], COULD_NOT_TELL),
        ([COULD_NOT_TELL, ROLL_BACK, NO_NEED], ROLL_BACK),
    ],
)
def test_the_verdict_on_several_charts_is_what_asks_for_most(
    texts: list[str], expected: str
) -> None:
    assert worst(texts) == expected
