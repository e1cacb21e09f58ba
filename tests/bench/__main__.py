"""`./inv bench`: measure the recipes beside the commands of the runbook, and print a table."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Sequence

os.environ.pop("INVOKED_AS", None)  # set by the wrapper that runs this
os.environ["ENV_FILE"] = os.devnull  # the settings of whoever runs it do not count

from tasks.sandbox.programs import install_missing

NAMES = ("chain", "recover", "verify", "looks", "list", "journal")


def read_options(words: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the options of a command line."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--latency", type=int, action="append", help="milliseconds a request")
    parser.add_argument("--only", default=",".join(NAMES), help=f"some of {', '.join(NAMES)}")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md")
    options = parser.parse_args(words)
    options.parts = options.only.split(",")
    for part in options.parts:
        if part not in NAMES:
            parser.error(f"--only {part}: choose some of {', '.join(NAMES)}")
    if options.rounds < 1 or min(options.latency or [0]) < 0:
        parser.error("--rounds is at least 1, and --latency at least 0")
    if options.write and (set(options.parts) != set(NAMES) or options.latency):
        parser.error("--write needs all parts: leave out --only and --latency")
    return options


def main() -> None:
    """Measure, and print the table."""
    options = read_options()
    programs = install_missing(print)
    from .parts import PARTS, Bench  # imports what is installed now  # noqa: PLC0415
    from .runs import UnexpectedEnd  # noqa: PLC0415
    from .table import print_table, write_table  # noqa: PLC0415

    latencies = [milliseconds / 1000 for milliseconds in options.latency or [0, 150]]
    bench = Bench(options.rounds, latencies, programs)
    start = time.monotonic()
    figures = []
    for part in options.parts:
        try:
            for figure in PARTS[part](bench):
                figures.append(figure)
                seconds = time.monotonic() - start
                print(f"{seconds:5.0f} s: measured {figure.name}", file=sys.stderr)
        except UnexpectedEnd as error:
            sys.exit(f"bench: {error}")
    sys.stderr.flush()
    print_table(figures, options.rounds)
    if options.write:
        write_table(figures, options.rounds)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
