"""The table of docs/compare.md: situations, and which tool's rule restarts pods in each, as `replay` finds it."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.command_line import run_text

ROOT = Path(__file__).parents[1]
KUBE_PROXY = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\nmode: nftables\n"


@dataclass(frozen=True)
class Situation:
    """A change of a ConfigMap: what it is, its data before and after, labels after, and whether programs see it."""

    what: str
    before: Mapping[str, str]
    after: Mapping[str, str]
    needed: bool
    labels: Mapping[str, str] = field(default_factory=dict)


def _yaml(before: str, after: str, what: str, needed: bool) -> Situation:
    return Situation(what, {"agent.yaml": before}, {"agent.yaml": after}, needed)


TOOLS = {
    "config-rollout": "this library",
    "helm": "Helm",
    "kustomize": "kustomize",
    "reloader": "Reloader",
    "wave": "wave",
    "resource-version": "resourceVersion",
}
"""The rules of `replay` that have a column -> its heading."""

SITUATIONS = (
    _yaml("level: info\n", "level: info\n", "a deployment in which nothing changed", False),
    Situation(
        "a label of the ConfigMap, such as the chart's version",
        {"agent.yaml": "level: info\n"},
        {"agent.yaml": "level: info\n"},
        False,
        {"helm.sh/chart": "agent-1.2.4"},
    ),
    Situation("the order of the ConfigMap's keys", {"a": "1", "b": "2"}, {"b": "2", "a": "1"}, False),
    _yaml("level: info\n", "# for the night shift\nlevel: info\n", "a comment in YAML", False),
    _yaml("level: info\n", 'level:   "info"\n', "layout and quotes in YAML", False),
    _yaml("level: info\nport: 80\n", "port: 80\nlevel: info\n", "the order of keys in YAML", False),
    Situation(
        "a default of kube-proxy, written out",
        {"config.conf": KUBE_PROXY},
        {"config.conf": f"{KUBE_PROXY}clientConnection:\n  qps: 5\n"},
        False,
    ),
    Situation(
        "a duration of kube-proxy, spelt differently",
        {"config.conf": f"{KUBE_PROXY}configSyncPeriod: 60s\n"},
        {"config.conf": f"{KUBE_PROXY}configSyncPeriod: 1m0s\n"},
        False,
    ),
    _yaml("level: info\n", "level: debug\n", "a value", True),
    _yaml("port: 80\n", 'port: "80"\n', "a number that becomes a text", True),
    _yaml("enabled: no\n", 'enabled: "no"\n', "`no` that becomes a text: YAML 1.1 and 1.2 read it differently", True),
    Situation("a value that moves to a key of its own", {"a": "1;b=2"}, {"a": "1", "b": "2"}, True),
)


def table() -> str:
    """Return the table as Markdown: a row for each situation, a column for each rule; wrong answers are bold."""
    results = [_replayed(situation) for situation in SITUATIONS]
    rows = [f"| what changed | seen | {' | '.join(TOOLS.values())} |", f"| --- | --- |{' --- |' * len(TOOLS)}"]
    for situation, rules in zip(SITUATIONS, results, strict=True):
        cells = [_cell(bool(rules[name]["restarts"]), situation.needed) for name in TOOLS]
        rows.append(f"| {situation.what} | {'yes' if situation.needed else 'no'} | {' | '.join(cells)} |")
    return "\n".join(rows)


def _cell(restarts: bool, needed: bool) -> str:
    word = "restart" if restarts else "none"
    return word if restarts == needed else f"**{'needless' if restarts else 'missed'}**"


def _replayed(situation: Situation) -> dict[str, Any]:
    """Return what `replay` says of the one step of a situation: rule -> its counts."""
    before = {"name": "before", "data": situation.before, "effective": "1"}
    after = {"name": "after", "data": situation.after, "effective": "2" if situation.needed else "1"}
    after |= {"labels": situation.labels} if situation.labels else {}
    with tempfile.TemporaryDirectory() as folder:
        history = Path(folder, "history.jsonl")
        history.write_text("".join(f"{json.dumps(line)}\n" for line in (before, after)))
        done = run_text("replay", str(history), "--json")
    done.check_returncode()
    return {rule["rule"]: rule for rule in json.loads(done.stdout)["rules"]}
