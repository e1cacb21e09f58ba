"""Measure the house: `python -m tests.house` prints imports, sizes and the density of lines."""

from __future__ import annotations

import ast
import io
import re
import statistics
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

PROJECT = Path(__file__).parents[1]
TASKS = PROJECT / "tasks"
WIDTH = 100
# The packages of the toolkit, the lowest first; on one floor only BESIDE is allowed.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("core",),
    ("console",),
    ("clients",),
    ("incident",),
    ("workflows", "recovery", "reports"),
    ("diagnosis",),
)
FLOOR_OF = {package: floor for floor, packages in enumerate(FLOORS) for package in packages}
BESIDE = {("recovery", "workflows")}  # the one import within a floor
CLIENTS = ("git", "github", "helm", "registry")
TYPES = {("helm", "registry"): "tasks.toolkit.clients.registry.reference"}  # a reference's type
REHEARSAL = "tasks.sandbox.rehearsal.start"  # of the sandbox, what a section may use
NO_SECTIONS = {"__init__", "__main__"}
SECTIONS = {file.stem for file in TASKS.glob("*.py")} - NO_SECTIONS
TOP = ("__main__", "cli")  # the command line: it may import anything, and nothing imports it
Function = ast.FunctionDef | ast.AsyncFunctionDef


def room_of(module: str) -> str:
    """Return a module's room: of the toolkit, or cli, sandbox, section, shortcuts, or nothing."""
    parts = module.split(".")[1:]
    if not parts:
        return ""
    if parts[0] == "toolkit":
        return parts[1] if len(parts) > 1 else ""
    if parts[0] in TOP:
        return "cli"
    if parts[0] in ("sandbox", "shortcuts"):
        return parts[0]
    return "section" if parts[0] in SECTIONS else ""


@dataclass
class Module:
    """One file of `tasks`, parsed."""

    file: Path
    name: str = field(init=False)

    def __post_init__(self) -> None:
        self.name = ".".join(self.file.relative_to(PROJECT).with_suffix("").parts)
        self.name = self.name.removesuffix(".__init__")

    @cached_property
    def text(self) -> str:
        """The source."""
        return self.file.read_text(encoding="utf-8")

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """Every node of the syntax tree."""
        return list(ast.walk(ast.parse(self.text)))

    @property
    def lines(self) -> int:
        """The number of lines."""
        return self.text.count("\n")

    @property
    def wide_lines(self) -> list[str]:
        """The lines over WIDTH columns."""
        return [line for line in self.text.split("\n") if len(line) > WIDTH]

    @cached_property
    def functions(self) -> list[Function]:
        """Every function and method."""
        return [node for node in self.nodes if isinstance(node, Function)]

    @cached_property
    def code_lines(self) -> int:
        """The number of lines that hold code: no blank line, comment or docstring."""
        docstrings: set[int] = set()
        for node in self.nodes:
            if isinstance(node, ast.Module | ast.ClassDef | Function) and ast.get_docstring(node):
                docstring = node.body[0]
                docstrings |= set(range(docstring.lineno, (docstring.end_lineno or 0) + 1))
        code: set[int] = set()
        for token in tokenize.generate_tokens(io.StringIO(self.text).readline):
            if token.string.strip() and token.type != tokenize.COMMENT:
                code |= set(range(token.start[0], token.end[0] + 1))
        return len(code - docstrings)

    def imports(self) -> Iterator[str]:
        """Yield the full name of everything of `tasks` that is imported, anywhere in the file."""
        package = self.name.split(".")
        if self.file.name != "__init__.py":
            package = package[:-1]
        for node in self.nodes:
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names if alias.name.startswith("tasks"))
            elif isinstance(node, ast.ImportFrom):
                start = package[: len(package) - node.level + 1] if node.level else []
                base = ".".join([*start, *filter(None, [node.module])])
                if base.startswith("tasks"):
                    yield from (f"{base}.{alias.name}" for alias in node.names)


def length(function: Function) -> int:
    """Return the lines of a function, its docstring included."""
    return (function.end_lineno or 0) - function.lineno + 1


def density(house: Iterable[Module]) -> float:
    """Return the nodes of the syntax tree, by lines of code."""
    house = list(house)
    nodes = sum(len(module.nodes) for module in house)
    return nodes / sum(module.code_lines for module in house)


def density_of_functions(house: Iterable[Module]) -> float:
    """Return the nodes of the syntax tree of all functions, by their lines."""
    functions = [function for module in house for function in module.functions]
    nodes = sum(len(list(ast.walk(function))) for function in functions)
    return nodes / sum(map(length, functions))


def modules() -> list[Module]:
    """Return every module of `tasks`."""
    return [Module(file) for file in sorted(TASKS.rglob("*.py"))]


def import_graph(house: Iterable[Module]) -> dict[str, set[str]]:
    """Return which modules each module imports; a package without code of its own is none."""
    names = {module.name for module in house}
    graph: dict[str, set[str]] = {}
    for module in house:
        imported = {
            found if found in names else found.rpartition(".")[0] for found in module.imports()
        }
        graph[module.name] = (imported & names) - {module.name}
    return graph


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Return the circles: sets of modules that reach one another."""
    reach = {name: _reachable(graph, name) for name in graph}
    found = {frozenset(other for other in reach[name] if name in reach[other]) for name in graph}
    return [sorted(circle) for circle in found if circle]


def _reachable(graph: dict[str, set[str]], start: str) -> set[str]:
    reached: set[str] = set()
    ahead = list(graph[start])
    while ahead:
        name = ahead.pop()
        if name not in reached:
            reached.add(name)
            ahead += graph[name]
    return reached


def forbidden_imports(module: Module) -> list[str]:
    """Return the imports of a module that break a "never" of the design."""
    return [found for found in module.imports() if not may_import(module.name, found)]


def may_import(module: str, found: str) -> bool:
    """Return whether a module of `tasks` may import another module or name of it."""
    here = room_of(module)
    there = room_of(found)
    if here == there == "clients":
        return _may_import_client(module, found)
    if "cli" in (here, there):
        return here == "cli" and there != "sandbox"
    if here == there:
        return here != "section"
    if here in ("", "shortcuts"):  # tasks/__init__ puts the sections together
        return True
    if here == "section":
        return there not in ("shortcuts", "sandbox", "clients") or found.startswith(REHEARSAL)
    floor = FLOOR_OF.get(here, 0)
    is_below = FLOOR_OF.get(there, floor) < floor
    return is_below or (here, there) in BESIDE


def _may_import_client(module: str, found: str) -> bool:
    """A client imports no other client, but for a reference's type."""
    mine, other = module.split(".")[3], found.split(".")[3]
    if mine == other or mine not in CLIENTS or other not in CLIENTS:
        return True
    return found.startswith(TYPES.get((mine, other), "none"))


def taking_the_incident(house: Iterable[Module]) -> list[str]:
    """Return the functions that take the whole incident."""
    return [
        f"{module.name}.{function.name}"
        for module in house
        for function in module.functions
        if any(_annotation(argument) == "Incident" for argument in function.args.args)
    ]


def _annotation(argument: ast.arg) -> str:
    return ast.unparse(argument.annotation) if argument.annotation else ""


def dry_run_questions(house: Iterable[Module]) -> list[str]:
    """Return the places outside the clients that ask whether this is a dry run."""
    pattern = re.compile(r"\.dry(_run)?\b(?!\s+import)")
    return [
        f"{module.name}: {line.strip()}"
        for module in house
        if room_of(module.name) not in ("clients", "sandbox")
        for line in module.text.split("\n")
        if pattern.search(line) and "config.run.dry" not in line and "import" not in line
    ]


def report() -> str:
    """Return the figures of the house, one a line."""
    house = modules()
    graph = import_graph(house)
    toolkit = [module for module in house if module.name.startswith("tasks.toolkit")]
    functions = [
        (length(function), module.name, function.name)
        for module in house
        for function in module.functions
    ]
    largest = max(house, key=lambda module: module.lines)
    rooms: dict[str, int] = {}
    for module in house:
        room = room_of(module.name) or "tasks"
        rooms[room] = rooms.get(room, 0) + module.lines
    lines = sum(module.lines for module in house)
    wide = sum(len(module.wide_lines) for module in house)
    longest = max(functions)
    faces = [module for module in house if room_of(module.name) in ("section", "shortcuts")]
    forbidden = [
        f"{module.name} imports {found}" for module in house for found in forbidden_imports(module)
    ]
    figures = {
        "modules": len(house),
        "floors": len(FLOORS) + 2,
        "imports between modules": sum(map(len, graph.values())),
        "circles": len(circles(graph)),
        "forbidden imports": len(forbidden),
        "lines": lines,
        "lines of sections and shortcuts": sum(module.lines for module in faces),
        "largest of these": max((module.lines, module.name) for module in faces),
        "lines of the toolkit": sum(module.lines for module in toolkit),
        **{f"lines of {room}": count for room, count in sorted(rooms.items())},
        "largest module": f"{largest.lines} lines, {largest.name}",
        "longest function": f"{longest[0]} lines, {longest[1]}.{longest[2]}",
        "median function": f"{statistics.median(size for size, _, _ in functions):g} lines",
        f"lines over {WIDTH} columns": f"{wide} ({wide / lines:.1%})",
        "syntax nodes a line of code": f"{density(house):.1f}",
        "syntax nodes a line of a function": f"{density_of_functions(house):.1f}",
        "dry-run questions outside the clients": len(dry_run_questions(house)),
        "functions that take the whole incident": len(taking_the_incident(house)),
    }
    return "\n".join(f"{name:<42}{value}" for name, value in figures.items())


if __name__ == "__main__":
    print(report())
