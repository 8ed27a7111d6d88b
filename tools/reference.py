"""The reference pages of the docs, made from the code: arguments, commands, annotations, permissions, schemas."""

import argparse
import ast
import json
import re
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from config_rollout.cli.main import command_line
from tools.command_line import run_text
from tools.messages import messages_page

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PACKAGE = ROOT / "components" / "config_rollout"


@dataclass(frozen=True)
class Field:
    """A field of a TypedDict: its name, its type as it is written, whether it is required, and its docstring."""

    name: str
    type: str
    required: bool
    text: str


@dataclass(frozen=True)
class Arguments:
    """A TypedDict that users write: its name, its docstring, and its fields, those of its bases first."""

    name: str
    text: str
    fields: list[Field] = field(default_factory=list)


def arguments_of(folder: Path) -> tuple[dict[str, Arguments], dict[str, str]]:
    """
    Return every TypedDict in a folder of modules, and how every other type that has a name is written.

    One that others inherit from is in these, and not there itself: nobody writes it.
    """
    classes: dict[str, Arguments] = {}
    aliases: dict[str, str] = {}
    trees = [ast.parse(path.read_text()) for path in sorted(folder.glob("*.py"))]
    todo = [node for tree in trees for node in tree.body if isinstance(node, ast.ClassDef)]
    for node in sorted(todo, key=lambda node: [base for base in map(ast.unparse, node.bases) if base != "TypedDict"]):
        inherited = [one for base in node.bases for one in classes.get(ast.unparse(base), Arguments("", "")).fields]
        total = not any(word.arg == "total" and ast.unparse(word.value) == "False" for word in node.keywords)
        own = list(_fields(node, total))
        classes[node.name] = Arguments(node.name, ast.get_docstring(node) or "", [*inherited, *own])
    for base in {ast.unparse(base) for node in todo for base in node.bases}:
        classes.pop(base, None)
    for tree in trees:
        for branch in [one for one in tree.body if isinstance(one, ast.If)]:
            for line in [one for one in branch.body if isinstance(one, ast.Assign)]:
                aliases[ast.unparse(line.targets[0])] = ast.unparse(line.value)
        for line in [one for one in tree.body if isinstance(one, ast.Assign)]:
            aliases.setdefault(ast.unparse(line.targets[0]), ast.unparse(line.value))
    return classes, aliases


def _fields(node: ast.ClassDef, total: bool) -> Iterator[Field]:
    for line, after in zip(node.body, [*node.body[1:], None], strict=True):
        if not isinstance(line, ast.AnnAssign):
            continue
        wanted = re.fullmatch(r"(NotRequired|Required)\[(.*)\]", ast.unparse(line.annotation))
        required = wanted[1] == "Required" if wanted else total
        written = (wanted[2] if wanted else ast.unparse(line.annotation)).removesuffix(" | None")
        docstring = after.value.value if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) else ""
        yield Field(ast.unparse(line.target), written, required, _unwrapped(str(docstring)))


def _unwrapped(docstring: str) -> str:
    """Return a docstring with a line for each paragraph, as Markdown has no use for its line breaks."""
    paragraphs = re.split(r"\n\s*\n", docstring.strip())
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def _head(title: str, intro: str) -> list[str]:
    return [f"# {title}", "", textwrap.dedent(intro).strip(), ""]


def arguments_page() -> tuple[Path, str]:
    """Return the page of all arguments, and what it has to hold."""
    classes, aliases = arguments_of(PACKAGE / "args")
    components = [name for name in sorted(classes) if (PACKAGE / f"{_snake(name.removesuffix('Args'))}.py").exists()]
    rest = sorted(classes.keys() - set(components))
    intro = """
        Every argument of every component, from the docstrings that editors show. `Input[...]` may be an Output; what
        has no `Input` is plain, and known in preview. An optional argument that is `None` counts as left out.
    """
    lines = _head("Arguments", intro)
    for name in components:
        lines += _section(classes[name], name.removesuffix("Args"), classes, aliases)
    lines += ["## Types", "", "What the arguments above are made of.", ""]
    for name in rest:
        lines += _section(classes[name], name, classes, aliases, "###")
    return DOCS / "reference" / "arguments.md", "\n".join(lines).rstrip() + "\n"


def _section(
    of: Arguments, title: str, classes: Mapping[str, Arguments], aliases: Mapping[str, str], level: str = "##"
) -> list[str]:
    lines = [f"{level} {title}", "", _linked(_unwrapped(of.text)), ""]
    lines += ["| argument | type | what |", "| --- | --- | --- |"]
    for one in of.fields:
        kind = _typed(one.type, classes, aliases)
        need = "**required** " if one.required else ""
        lines.append(f"| `{one.name}` | {kind} | {need}{_linked(_cell(one.text))} |")
    return [*lines, ""]


def _typed(written: str, classes: Mapping[str, Arguments], aliases: Mapping[str, str]) -> str:
    """Return a type as a cell: its own names spelt out, and links to the TypedDicts in it."""
    for _ in range(3):  # an alias may name another one
        written = re.sub(r"\b[A-Z]\w+\b", lambda name: aliases.get(name[0], name[0]), written)
    written = re.sub(r"Literal\[(.*?)\]", lambda of: of[1].replace(", ", " | "), written)
    names = [name for name in re.findall(r"\b[A-Z]\w+\b", written) if name in classes]
    links = "".join(f" [{name}](#{name.lower()})" for name in dict.fromkeys(names))
    return f"`{_cell(written)}`{links}"


def _cell(text: str) -> str:
    return text.replace("\n\n", "<br>").replace("|", "\\|").replace(" -> ", " → ")


def _linked(text: str) -> str:
    """Return a text in which the names of documents are links, from a page one folder down."""
    return re.sub(r"docs/([a-z-]+)\.md", r"[\1](../\1.md)", text)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def commands_page() -> tuple[Path, str]:
    """Return the page of all commands, and what it has to hold, whatever the width of the terminal."""
    intro = """
        Every command and its options, from the parser itself.
        [Command line](../command-line.md) says what each is for.
    """
    lines = _head("Commands", intro)
    (commands,) = [one for one in command_line()._actions if isinstance(one, argparse._SubParsersAction)]
    for name, parser in commands.choices.items():
        lines += [f"## {name}", "", f"{_sentence(parser.description or '')}", ""]
        rows = [_option(action) for action in parser._actions if not isinstance(action, argparse._HelpAction)]
        lines += ["| argument | what |", "| --- | --- |", *rows, ""] if rows else []
    return DOCS / "reference" / "commands.md", "\n".join(lines).rstrip() + "\n"


def _option(action: argparse.Action) -> str:
    choices = "{" + ",".join(map(str, action.choices)) + "}" if action.choices else ""
    value = action.metavar or choices or action.dest.upper()
    shown = ", ".join(action.option_strings) if action.option_strings else str(value)
    if action.option_strings and action.nargs != 0:
        shown += f" {value}"
    if not action.option_strings and action.nargs in ("?", "*"):
        shown = f"[{shown}]"
    return f"| `{_cell(shown)}` | {_cell(_sentence(action.help or ''))} |"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")


def annotations_page() -> tuple[Path, str]:
    """Return the page of annotations and labels, and what it has to hold."""
    tree = ast.parse((PACKAGE / "core" / "kubernetes" / "annotations.py").read_text())
    rows = []
    for line, after in zip(tree.body, tree.body[1:], strict=False):
        if isinstance(line, ast.Assign) and isinstance(line.value, ast.Constant) and isinstance(after, ast.Expr):
            kind = "label" if ast.unparse(line.targets[0]).endswith("LABEL") else "annotation"
            rows.append((str(line.value.value), kind, _unwrapped(str(ast.literal_eval(after.value)))))
    lines = [
        *_head("Annotations and labels", "Everything of that kind that this library reads or writes."),
        "| name | kind | what |",
        "| --- | --- | --- |",
        *(f"| `{name}` | {kind} | {_cell(text)} |" for name, kind, text in sorted(rows)),
    ]
    return DOCS / "reference" / "annotations.md", "\n".join(lines) + "\n"


PERMISSIONS = {
    "Waves": ("monitoring/node-agent",),
    "Waves with gates that ask the pods": ("monitoring/node-agent", "--gate", "http"),
    "A workload with Secrets": ("monitoring/node-agent", "--secrets"),
    "Keys that reload": ("monitoring/node-agent", "--reload"),
    "A ConfigMap and a Secret that others own": (
        "monitoring/node-agent",
        "--external",
        "trust-bundle",
        "--external-secret",
        "agent-tls",
    ),
    "A Deployment": ("-n", "web", "deployment/api"),
    "A StatefulSet": ("-n", "web", "statefulset/db"),
    "A StatefulSet in waves": ("-n", "web", "statefulset/db", "--waves"),
    "kube-proxy that is adopted": ("kube-system/kube-proxy", "--manage", "adopt"),
    "Manifests that are taken over": ("-n", "kube-system", "--take-over", "examples/node-local-dns/manifests"),
}
"""Heading of the page of permissions -> arguments of `config-rollout rbac`."""


def permissions_page() -> tuple[Path, str]:
    """Return the page of permissions, and what it has to hold: what the command prints."""
    intro = """
        `config-rollout rbac` prints the smallest Role for what you use, ready for `kubectl apply -f -`. The Kubernetes
        provider needs beside it what it creates, reads, patches and deletes; `--manage` and `--take-over` print that.
    """
    lines = _head("Permissions", intro)
    for heading, arguments in PERMISSIONS.items():
        done = run_text("rbac", *arguments, folder=ROOT)
        done.check_returncode()
        shown = f"$ config-rollout rbac {' '.join(arguments)}"
        lines += [f"## {heading}", "", "```text", shown, "```", "", "```yaml", done.stdout.rstrip(), "```", ""]
    return DOCS / "reference" / "permissions.md", "\n".join(lines).rstrip() + "\n"


def schemas_page() -> tuple[Path, str]:
    """Return the page of the schemas, and what it has to hold."""
    intro = """
        What the commands print with `--json`, what an audit record holds, and what the configuration of `check` may
        say, each as a JSON Schema. The tests hold every output to its schema.
    """
    lines = [
        *_head("Schemas", intro),
        "| schema | of |",
        "| --- | --- |",
    ]
    for path in sorted((DOCS / "schemas").glob("*.json")):
        schema = json.loads(path.read_text())
        lines.append(f"| [{path.name}](../schemas/{path.name}) | {_cell(schema['title'])} |")
    return DOCS / "reference" / "schemas.md", "\n".join(lines) + "\n"


def every() -> list[tuple[Path, str]]:
    """Return every reference page, and what it has to hold."""
    pages = [arguments_page(), commands_page(), annotations_page(), permissions_page(), schemas_page()]
    return [*pages, messages_page()]
