"""Under which name a chart is tried."""

from __future__ import annotations

import re

from tasks.toolkit.core.settings import VARIABLES
from tasks.toolkit.recovery.try_chart import release_name


def test_the_name_is_one_that_helm_takes_and_not_the_charts_own() -> None:
    for chart in ("threek8s", "a.b_c", "x" * 80, "x" * 48 + "-y"):
        name = release_name(chart)
        assert re.fullmatch(VARIABLES["RELEASE_NAME"].pattern, name)
        assert name != chart
