"""Fills the parts of the documents that are made from the code: `make docs`."""

import ast
import json
import re
import tempfile
from functools import cache
from pathlib import Path

from config_rollout.core import compatibility
from config_rollout.core.formats.kube_proxy.fields import render_table
from config_rollout.core.kube_proxy.layout import Layout
from config_rollout.core.kubernetes.workload_kinds import DAEMON_SET, WorkloadName
from config_rollout.core.rbac.audit import audit_rights
from config_rollout.core.rbac.kube_proxy import all_rights
from config_rollout.core.rbac.pruning import prune_rights
from config_rollout.core.rbac.rights import role
from config_rollout.core.rules import document as rules
from config_rollout.core.rules.check_settings import config_schema
from config_rollout.core.waves import reload_programs
from tools import comparison, reference
from tools.command_line import run_text
from tools.fake_api import FakeApi, halted

ROOT = Path(__file__).parents[1]


def filled(document: str, name: str, text: str) -> str:
    """Return a document with `text` between `<!-- NAME -->` and `<!-- /NAME -->`."""
    between = re.compile(rf"(?s)(<!-- {name} -->\n).*(<!-- /{name} -->)")
    return between.sub(lambda marks: f"{marks[1]}{text.rstrip()}\n{marks[2]}", document)


def blocks(language: str, document: str = "README.md") -> list[str]:
    """Return the code blocks of a document in a language."""
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```", (ROOT / document).read_text())


def kube_proxy() -> tuple[Path, str]:
    """Return the document on kube-proxy, and what it has to hold."""
    path = ROOT / "docs" / "kube-proxy.md"
    return path, filled(path.read_text(), "fields", render_table())


REPLAYS = {
    "otel-collector": (
        "tests/data/otel-collector/daemonset-only.jsonl",
        "tests/data/otel-collector/daemonset-and-deployment.jsonl",
        "--format",
        "relay=yaml",
    ),
    "kubespray": ("tests/data/kubespray-kube-proxy/releases.jsonl",),
}
"""The histories of the document on replay: name -> arguments of the command."""


@cache
def replayed(name: str) -> tuple[str, str]:
    """Return what the command prints for a history, and the picture that it draws."""
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder, "picture.svg")
        return ran("replay", *REPLAYS[name], "--output", str(picture)), picture.read_text()


def replay() -> tuple[Path, str]:
    """Return the document on replay, and what it has to hold."""
    path = ROOT / "docs" / "replay.md"
    text = path.read_text()
    for name, arguments in REPLAYS.items():
        command = f"$ config-rollout replay {' '.join(arguments)}"
        text = filled(text, name, f"```text\n{command}\n{replayed(name)[0]}```")
    return path, text


def pictures() -> list[tuple[Path, str]]:
    """Return the pictures of the document on replay, and what they have to hold."""
    return [(ROOT / "docs" / f"replay-{name}.svg", replayed(name)[1]) for name in REPLAYS]


ROLLOUTS = "tests/data/rollouts/kube-proxy.jsonl"
"""The records of the documents on the timeline and on metrics."""

RELOADS = "tests/data/rollouts/node-dns.jsonl"
"""The same, of reloads."""


@cache
def ran(*arguments: str) -> str:
    """Return what the command line prints, run at the top of the repository."""
    done = run_text(*arguments, folder=ROOT)
    done.check_returncode()
    return done.stdout


@cache
def timeline(records: str, rollout: int = 1) -> str:
    """Return the picture of a rollout in a file of records; 1 is the last one."""
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder, "picture.svg")
        ran("timeline", "--from", records, "--rollout", str(rollout), "--output", str(picture))
        return picture.read_text()


def timelines() -> list[tuple[Path, str]]:
    """Return the pictures of the document on the timeline, and what they have to hold."""
    names = {"timeline.svg": 1, "timeline-restored.svg": 2}
    of_rollouts = [(ROOT / "docs" / name, timeline(ROLLOUTS, rollout)) for name, rollout in names.items()]
    return [*of_rollouts, (ROOT / "docs" / "timeline-reload.svg", timeline(RELOADS))]


def metrics() -> tuple[Path, str]:
    """Return the document on metrics, and what it has to hold."""
    path = ROOT / "docs" / "metrics.md"
    text = path.read_text()
    for name, records in (("metrics", ROLLOUTS), ("reloads", RELOADS)):
        printed = ran("metrics", "--from", records)
        text = filled(text, name, f"```text\n$ config-rollout metrics --from {records}\n{printed}```")
    return path, text


def policies() -> tuple[Path, str]:
    """Return the document on the policies, and what it has to hold."""
    path = ROOT / "docs" / "policies.md"
    text = filled(path.read_text(), "rules", rules.render_table())
    return path, filled(text, "examples", rules.render_examples())


def check_config() -> tuple[Path, str]:
    """Return the schema of the configuration file of `check`, and what it has to hold."""
    return ROOT / "docs" / "schemas" / "config.json", f"{json.dumps(config_schema(), indent=2)}\n"


def needs() -> tuple[Path, str]:
    """Return the document on compatibility, and what it has to hold."""
    path = ROOT / "docs" / "compatibility.md"
    return path, filled(path.read_text(), "needs", compatibility.render_table())


def adopting() -> tuple[Path, str]:
    """Return the document on adopting kube-proxy, and what it has to hold."""
    path = ROOT / "docs" / "adopting-kube-proxy.md"
    return path, filled(path.read_text(), "role", f"```yaml\n{role(all_rights(Layout()))}\n```")


def transform() -> tuple[Path, str]:
    """Return the document on the filter, and what it has to hold."""
    path = ROOT / "docs" / "transform.md"
    return path, filled(path.read_text(), "role", f"```yaml\n{role(prune_rights('NAMESPACE'))}\n```")


def ci() -> tuple[Path, str]:
    """Return the document on CI, and what it has to hold: a comment as it is written, which a page would format."""
    path = ROOT / "docs" / "ci.md"
    return path, filled(path.read_text(), "comment", f"````markdown\n{ran('explain', PREVIEW)}````")


PREVIEW = "tests/data/previews/restart.json"
"""The preview of the document on CI."""

STATUS = ("status", "history", "history monitoring/node-agent 2", "history monitoring/node-agent 1..2")
"""The commands that the document on status shows, each with its first word and number as its name."""


def status() -> tuple[Path, str]:
    """Return the document on status and history, and what it has to hold: of a rollout that has halted."""
    path = ROOT / "docs" / "status.md"
    text = path.read_text()
    with FakeApi(halted()) as api, tempfile.NamedTemporaryFile("w") as config:
        config.write(api.kubeconfig)
        config.flush()
        for number, command in enumerate(STATUS):
            done = run_text(*command.split(), "--kubeconfig", config.name)
            shown = f"```text\n$ config-rollout {command}\n{done.stdout}{done.stderr}```"
            text = filled(text, f"example-{number}", shown)
    return path, text


def reloading() -> tuple[Path, str]:
    """Return the document on reloads, and what it has to hold."""
    path = ROOT / "docs" / "reload.md"
    return path, filled(path.read_text(), "programs", reload_programs.render_table())


def auditing() -> tuple[Path, str]:
    """Return the document on the audit record, and what it has to hold."""
    path = ROOT / "docs" / "audit.md"
    rights = role(audit_rights(WorkloadName(DAEMON_SET, "kube-system", "kube-proxy")))
    return path, filled(path.read_text(), "role", f"```yaml\n{rights}\n```")


PACKAGE = ROOT / "components" / "config_rollout"


def rooms() -> str:
    """Return the table of the package's folders: what each is for, in the first sentence of its docstring."""
    rows = ["| folder | purpose |", "| --- | --- |"]
    for path in sorted(PACKAGE.rglob("__init__.py"), key=lambda path: path.parent.parts):
        text = ast.get_docstring(ast.parse(path.read_text())) or ""
        rows.append(f"| `{path.parent.relative_to(ROOT)}/` | {text.splitlines()[0]} |")
    return "\n".join(rows)


def contributing() -> tuple[Path, str]:
    """Return the document for contributors, and what it has to hold."""
    path = ROOT / "CONTRIBUTING.md"
    return path, filled(path.read_text(), "rooms", rooms())


def compare() -> tuple[Path, str]:
    """Return the document that compares tools, and what it has to hold."""
    path = ROOT / "docs" / "compare.md"
    return path, filled(path.read_text(), "situations", comparison.table())


def every() -> list[tuple[Path, str]]:
    """Return every document that is made from the code, and what it has to hold."""
    made = [contributing(), kube_proxy(), adopting(), auditing(), needs(), policies(), replay(), status(), metrics()]
    made += [check_config(), transform(), ci(), compare(), reloading()]
    return [*made, *pictures(), *timelines(), *reference.every()]


def main() -> None:
    """Rewrite every document."""
    for path, text in every():
        path.write_text(text)


if __name__ == "__main__":
    main()
