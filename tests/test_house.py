"""The house: who may import whom, and how large a room may be."""

from __future__ import annotations

import pytest

from . import house

HOUSE = house.modules()
LONGEST_FUNCTION = 40
LARGEST_MODULE = 200
LARGEST_SECTION = 120
LINES_OF_SECTIONS = 950
FUNCTIONS_TAKING_THE_INCIDENT = 60
DENSEST = 8.0  # nodes of the syntax tree a line of code
DENSEST_FUNCTIONS = 8.2  # nodes of the syntax tree a line of a function

each_module = pytest.mark.parametrize("module", HOUSE, ids=lambda module: module.name)


@each_module
def test_each_module_imports_only_what_stands_below_it(module: house.Module) -> None:
    assert house.forbidden_imports(module) == []


@each_module
def test_each_module_keeps_to_its_size(module: house.Module) -> None:
    limit = LARGEST_MODULE
    if house.room_of(module.name) in ("section", "shortcuts"):
        limit = LARGEST_SECTION
    assert module.lines <= limit
    assert module.wide_lines == []
    too_long = [
        function.name for function in module.functions if house.length(function) > LONGEST_FUNCTION
    ]
    assert too_long == []


def test_there_is_no_circle() -> None:
    assert house.circles(house.import_graph(HOUSE)) == []


def test_only_clients_ask_whether_this_is_a_dry_run() -> None:
    assert house.dry_run_questions(HOUSE) == []


def test_few_functions_take_the_whole_incident() -> None:
    assert len(house.taking_the_incident(HOUSE)) < FUNCTIONS_TAKING_THE_INCIDENT


def test_the_sections_can_be_read_beside_the_runbook() -> None:
    rooms = ("section", "shortcuts")
    faces = [module for module in HOUSE if house.room_of(module.name) in rooms]
    assert sum(module.lines for module in faces) <= LINES_OF_SECTIONS


def test_a_line_holds_one_thought() -> None:
    assert house.density(HOUSE) < DENSEST
    assert house.density_of_functions(HOUSE) < DENSEST_FUNCTIONS


def test_the_rules_find_what_they_forbid() -> None:
    graph = {"a": {"b"}, "b": {"c"}, "c": {"b"}}
    assert house.circles(graph) == [["b", "c"]]
    forbidden = {
        "tasks.toolkit.core.errors": "tasks.toolkit.console.output.status",
        "tasks.toolkit.console.output": "tasks.toolkit.clients.process",
        "tasks.toolkit.clients.process": "tasks.toolkit.incident.log",
        "tasks.toolkit.clients.git.tags": "tasks.toolkit.clients.github.gh",
        "tasks.toolkit.clients.helm.cli": "tasks.toolkit.clients.registry.api",
        "tasks.toolkit.incident.log": "tasks.toolkit.reports.issue",
        "tasks.toolkit.recovery.push": "tasks.toolkit.diagnosis.triggers",
        "tasks.toolkit.workflows.runs": "tasks.toolkit.recovery.push",
        "tasks.toolkit.diagnosis.triggers": "tasks.sandbox.world",
        "tasks.sandbox.world": "tasks.toolkit.core.errors",
        "tasks.verify": "tasks.publish",
        "tasks.publish": "tasks.toolkit.clients.helm.cli",
        "tasks.when": "tasks.sandbox.world",
        "tasks.shortcuts": "tasks.cli.program.main",
        "tasks.toolkit.core.shell": "tasks.cli.nearest.nearest",
        "tasks.cli.program": "tasks.sandbox.world",
    }
    for module, imported in forbidden.items():
        assert not house.may_import(module, imported), (module, imported)
    allowed = {
        "tasks.toolkit.clients.helm.cli": "tasks.toolkit.clients.registry.reference.Reference",
        "tasks.toolkit.recovery.push": "tasks.toolkit.workflows.runs",
        "tasks.toolkit.diagnosis.triggers": "tasks.toolkit.recovery.withdraw",
        "tasks.shortcuts": "tasks.sandbox.world",
        "tasks.sandbox.world": "tasks.sandbox.server",
        "tasks.__main__": "tasks.cli.program.main",
        "tasks.cli.program": "tasks.ns",
        "tasks.cli.line": "tasks.toolkit.core.errors.BadInput",
    }
    for module, imported in allowed.items():
        assert house.may_import(module, imported), (module, imported)
