"""Every message that a user can get, read off the code: where something is wrong, what, and what to do."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "components" / "config_rollout"

_INTRO = """\
Every message has the form `who: where: what is wrong (got …). What to do.` All of them come at once, before anything is
written. Here `…` is what only a run knows; search for a part of yours that it does not hide. Errors of the command line
itself, such as a file that is not there, say all of this by themselves."""

SOMETHING = "…"
"""What stands in a message for what only a run knows."""

_RAISED = ("Finding", "Refused")
"""What holds a message: where, what and fix, or what and fix of something whose place is said later."""

_MOST = 6
"""More spellings of one message than this are not told apart."""


@dataclass(frozen=True, order=True)
class Message:
    """One message: what it is about, what is wrong, and what to do, each with `…` for what only a run knows."""

    where: str
    what: str
    fix: str


def messages_page() -> tuple[Path, str]:
    """Return the page of all messages, and what it has to hold: those of a folder of the package are a chapter."""
    modules = {path: ast.parse(path.read_text()) for path in sorted(PACKAGE.rglob("*.py"))}
    constants = {
        name: value
        for tree in modules.values()
        for name, value in assigned([line for line in tree.body if isinstance(line, ast.Assign)]).items()
        if name.isupper()
    }
    lines = ["# Errors and warnings", "", *_INTRO.splitlines(), ""]
    for folder in dict.fromkeys(path.parent for path in modules):
        found = {one for path, tree in modules.items() if path.parent == folder for one in messages_of(tree, constants)}
        rows = sorted(one for one in found if set(one.what) - set(SOMETHING + " "))
        if rows:
            purpose = (ast.get_docstring(modules[folder / "__init__.py"]) or "").splitlines()[0].partition(":")[0]
            lines += [f"## {purpose.rstrip('.')}", "", "| where | what is wrong | what to do |", "| --- | --- | --- |"]
            lines += [f"| {_cell(one.where)} | {_cell(one.what)} | {_cell(one.fix)} |" for one in rows] + [""]
    return ROOT / "docs" / "reference" / "errors.md", "\n".join(lines).rstrip() + "\n"


def _cell(text: str) -> str:
    """Return a message as a cell that shows it as it is printed: no Markdown of its own, but code stays code."""
    plain = re.split(r"(`[^`]*`)", text)
    return "".join(
        one if number % 2 else re.sub(r"([<>*_\[\]{}])", r"\\\1", one) for number, one in enumerate(plain)
    ).replace("|", "\\|")


def messages_of(tree: ast.Module, constants: Mapping[str, ast.expr]) -> Iterator[Message]:
    """Yield every `Finding(where, what, fix)` in a module; `constants` are the values of names that it imports."""
    known = {**constants, **assigned([line for line in tree.body if isinstance(line, ast.Assign)])}
    for function, call in _calls(tree, None):
        names = {**known, **({} if function is None else assigned(function.body, call.lineno))}
        parts = [part for argument in call.args for part in _parts(argument, names)]
        if len(parts) in (2, 3):
            *where, what, fix = (spellings(part, names) for part in parts)
            place = where[0][0] if where and len(where[0]) == 1 else SOMETHING
            yield from (Message(place, one, other) for one, other in _pairs(what, fix))
    for function, returned in _faults(tree):
        names = {**known, **assigned(function.body, returned.lineno)}
        what, fix = (spellings(part, names) for part in returned.elts)
        yield from (Message(SOMETHING, one, other) for one, other in _pairs(what, fix))


def _faults(tree: ast.Module) -> Iterator[tuple[ast.FunctionDef, ast.Tuple]]:
    """Yield each `return what, fix` of a function that may return a `Fault`."""
    for function in [one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)]:
        if function.returns and "Fault" in ast.unparse(function.returns):
            returns = [one.value for one in ast.walk(function) if isinstance(one, ast.Return)]
            yield from ((function, value) for value in returns if isinstance(value, ast.Tuple))


def assigned(body: list[ast.stmt], before: int = 10**9) -> dict[str, ast.expr]:
    """Return what each plain name is assigned to, last before a line, anywhere in a body."""
    found: dict[str, ast.expr] = {}
    for node in sorted((one for line in body for one in ast.walk(line)), key=lambda one: getattr(one, "lineno", 0)):
        if not isinstance(node, ast.Assign) or node.lineno > before:
            continue
        (target, *_), value = node.targets, node.value
        if isinstance(target, ast.Name):
            found[target.id] = value
        elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            pairs = zip(target.elts, value.elts, strict=False)
            found |= {name.id: one for name, one in pairs if isinstance(name, ast.Name)}
    return found


def spellings(node: ast.expr, names: Mapping[str, ast.expr], depth: int = 0) -> list[str]:
    """Return how a text can read: both branches of an `if`, and `…` for what only a run knows."""
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    if isinstance(node, ast.IfExp):
        return [*spellings(node.body, names, depth), *spellings(node.orelse, names, depth)]
    if isinstance(node, ast.Name) and node.id in names and depth < 4:
        return spellings(names[node.id], names, depth + 1)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _joined([spellings(node.left, names, depth), spellings(node.right, names, depth)])
    if isinstance(node, ast.JoinedStr):
        return _joined([_piece(one, names, depth) for one in node.values])
    return [SOMETHING]


def _piece(node: ast.expr, names: Mapping[str, ast.expr], depth: int) -> list[str]:
    return spellings(node.value if isinstance(node, ast.FormattedValue) else node, names, depth)


def _joined(parts: list[list[str]]) -> list[str]:
    whole = [""]
    for part in parts:
        whole = [start + one for start in whole for one in (part if len(whole) * len(part) <= _MOST else [SOMETHING])]
    return [one.replace(SOMETHING * 2, SOMETHING) for one in whole]


def _pairs(what: list[str], fix: list[str]) -> Iterator[tuple[str, str]]:
    """Yield each spelling with its fix: those of one `if` belong together where there are as many of both."""
    if len(what) == len(fix):
        yield from zip(what, fix, strict=True)
    else:
        yield from ((one, other) for one in what for other in fix)


def _parts(node: ast.expr, names: Mapping[str, ast.expr]) -> list[ast.expr]:
    """Return the arguments that a `*NAME` stands for, or the argument itself."""
    if not isinstance(node, ast.Starred):
        return [node]
    value = names.get(node.value.id) if isinstance(node.value, ast.Name) else None
    return value.elts if isinstance(value, ast.Tuple) else [node]


def _calls(node: ast.AST, function: ast.FunctionDef | None) -> Iterator[tuple[ast.FunctionDef | None, ast.Call]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call) and isinstance(child.func, ast.Name) and child.func.id in _RAISED:
            yield function, child
        yield from _calls(child, child if isinstance(child, ast.FunctionDef) else function)
