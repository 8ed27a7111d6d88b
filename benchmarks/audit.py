"""Measures what the audit record asks of the API server, and its history's size: `python -m benchmarks.audit`."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

from benchmarks.__main__ import POD_SPEC, table
from config_rollout import ConfiguredDaemonSet, configured_workload
from config_rollout.cluster.client import Cluster
from config_rollout.core.audit.record import AuditRecord, parse_records
from config_rollout.core.audit.writing import with_record
from config_rollout.prepare.cluster import find_cluster
from tools import build
from tools.documents import filled
from tools.engine import Engine
from tools.local_cluster import LocalCluster

DOCUMENT = Path(__file__).parents[1] / "docs" / "audit.md"
SIZES = (6, 600)
"""How many nodes. A page of a list has 500 objects."""

ROLLOUTS, NODES = 1_000, 5_000
WAVES = {"first": [{"name": "canary", "nodes": 1}], "by": "topology.kubernetes.io/zone"}


class Counting:
    """Finds the cluster for the audit, and counts what is asked of it."""

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()

    def find(self, plain: Any) -> Cluster:
        """Return the cluster; its requests are counted by method and resource."""
        cluster = find_cluster(plain)
        ask = cluster._ask

        def counted(method: str, right: Any, *arguments: Any, **options: Any) -> Any:
            self.requests[f"{method} {right.resource}"] += 1
            return ask(method, right, *arguments, **options)

        cluster._ask = counted  # type: ignore[method-assign]
        return cluster


def rollouts() -> tuple[list[tuple[str, str, str]], AuditRecord]:
    """Roll a change out over clusters of each size; return the rows, and the record of the last one in waves."""
    rows: list[tuple[str, str, str]] = []
    binaries = build.ensure([*build.CONTROL_PLANE, *build.ENGINE])
    with (
        LocalCluster(binaries) as cluster,
        Engine(binaries, cluster.kubeconfig) as engine,
        mock.patch.dict("os.environ", {"KUBECONFIG": str(cluster.kubeconfig)}),
    ):
        cluster.add_nodes(SIZES[0])
        of_waves, record = _requests(cluster, engine, "waves", {"waves": WAVES})
        for size in SIZES:
            cluster.add_nodes(size - len(cluster.api.list("nodes")), prefix=f"n{size}")
            budget = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "100%"}}
            count, _ = _requests(cluster, engine, f"size-{size}", {"update_strategy": budget})
            rows.append((f"API requests for the record of a rollout over {size:,} nodes", str(count), ""))
        rows.append((f"the same over {SIZES[0]} nodes in waves", str(of_waves), ""))
    return rows, record


def _requests(cluster: LocalCluster, engine: Engine, name: str, more: dict[str, Any]) -> tuple[int, AuditRecord]:
    """Return how many requests the audit makes for one change, and its record."""
    cluster.create_namespace(name)
    level = "info"

    def program() -> None:
        data = {"agent.yaml": f"level: {level}\n"}
        ConfiguredDaemonSet("agent", {"namespace": name, "data": data, "pod_spec": POD_SPEC, **more})  # type: ignore[typeddict-item]

    counting = Counting()
    stack = engine.stack("prod", name, program, folder=name)
    with mock.patch.object(configured_workload, "find_cluster", counting.find):
        stack.up()
        level = "debug"
        stack.up()
    history = cluster.api.get(f"namespaces/{name}/configmaps/agent-rollouts")["data"]["rollouts.jsonl"]
    (record,), _ = parse_records(history, name)
    stack.destroy()
    return sum(counting.requests.values()), record


def history_row(record: AuditRecord) -> tuple[str, str, str]:
    """Measure the history after many large rollouts."""
    pods = {f"node-{number}": (number / 8, number / 8 + 3.5) for number in range(NODES)}
    history = ""
    for number in range(ROLLOUTS):
        history = with_record(history, replace(record, new_revision=number, restarts=NODES, pods=pods))
    size, kept = len(history.encode()) / 1024, history.count("\n")
    what = f"history after {ROLLOUTS:,} rollouts over {NODES:,} nodes"
    return what, f"{size:.0f} KiB, the last {kept:,} of them", "at most 256 KiB"


def main() -> None:
    """Measure, print the table, and put it and a record into the document."""
    rows, record = rollouts()
    text = table([*rows, history_row(record)])
    print(text)
    shown = json.dumps(json.loads(record.to_json()), indent=2, ensure_ascii=False)
    document = filled(DOCUMENT.read_text(), "measured", text)
    DOCUMENT.write_text(filled(document, "record", f"```json\n{shown}\n```"))


if __name__ == "__main__":
    main()
