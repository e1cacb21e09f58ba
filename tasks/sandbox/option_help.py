"""The help of the options of those who practise, and of those who change the recipes."""

from __future__ import annotations

DRILL_HELP = {
    "scenario": "what goes wrong; `--scenario list` lists the scenarios",
    "hands-on": "open a shell in the sandbox to recover by hand; `exit` deletes it",
    "keep": "keep the sandbox until Ctrl-C, and print the lines that move a shell into it",
}
TEST_HELP = {
    "all": "run the exhaustive tests too, as CI does",
    "only": "as pytest's -k: names",
}
BENCH_HELP = {
    "rounds": "how often each is measured; the medians count",
    "latency": "milliseconds that a request takes, instead of 0 and 150",
    "only": "parts of it, such as chain,list",
    "write": "put the table into docs/performance.md",
}
