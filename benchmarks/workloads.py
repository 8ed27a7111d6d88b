"""What many workloads with several sources cost the engine: `python -m benchmarks.workloads`."""

import os
import sys
from functools import partial

import pulumi
import pulumi_kubernetes as k8s

from benchmarks.timing import paired, timed
from config_rollout import ConfiguredDaemonSet
from tools import build
from tools.engine import Engine
from tools.local_cluster import LocalCluster

COUNTS = {1: 9, 10: 7, 100: 3}
"""How many workloads -> how many pairs of runs: many take so long that nothing else weighs much."""
SOURCES, SECRET = [f"source-{number}" for number in range(4)], "token"
DATA, VALUES = {"agent.yaml": "level: info\n"}, {"token": "swordfish"}
HASH_KEY = "a hash key of the stack, 32 letters"
POD_SPEC = {
    "containers": [
        {
            "name": "agent",
            "image": "agent:1",
            "volume_mounts": [{"name": name, "mount_path": f"/etc/{name}"} for name in (*SOURCES, SECRET)],
        }
    ],
    "volumes": [
        *({"name": name, "config_map": {"name": name}} for name in SOURCES),
        {"name": SECRET, "secret": {"secret_name": SECRET}},
    ],
    "node_selector": {"for": "nobody"},
}
"""Pods that run nowhere: what is measured is the engine, and not how long pods take."""

Row = tuple[str, str, str]


def with_the_component(count: int) -> None:
    """Register so many components."""
    arguments = {
        "namespace": f"ours-{count}",
        "config_maps": {name: {"data": DATA} for name in SOURCES},
        "secrets": {SECRET: {"string_data": VALUES}},
        "hash_key": pulumi.Output.secret(HASH_KEY),
        "pod_spec": POD_SPEC,
    }
    for number in range(count):
        ConfiguredDaemonSet(f"agent-{number}", arguments)  # type: ignore[arg-type] # pod_spec is plain


def by_hand(count: int) -> None:
    """Register the same resources."""
    namespace = f"theirs-{count}"
    for number in range(count):
        name = f"agent-{number}"
        labels = {"app.kubernetes.io/name": name}
        mounted: list[dict[str, object]] = []
        for source in SOURCES:
            of = {"name": f"{name}-{source}", "namespace": namespace}
            k8s.core.v1.ConfigMap(of["name"], metadata=of, data=DATA, immutable=True)
            mounted.append({"name": source, "config_map": {"name": of["name"]}})
        of = {"name": f"{name}-{SECRET}", "namespace": namespace}
        k8s.core.v1.Secret(of["name"], metadata=of, string_data=pulumi.Output.secret(VALUES), immutable=True)
        mounted.append({"name": SECRET, "secret": {"secret_name": of["name"]}})
        template = {
            "metadata": {"labels": labels, "annotations": {"checksum/config": "0" * 64}},
            "spec": {**POD_SPEC, "volumes": mounted},
        }
        spec = {"selector": {"match_labels": labels}, "template": template}
        k8s.apps.v1.DaemonSet(name, metadata={"name": name, "namespace": namespace}, spec=spec)


def rows() -> list[Row]:
    """Measure previews and no-op updates of each number of workloads, with the component and by hand."""
    binaries = build.ensure([*build.CONTROL_PLANE, *build.ENGINE])
    measured: list[Row] = []
    seconds = {}
    with LocalCluster(binaries) as cluster, Engine(binaries, cluster.kubeconfig) as engine:
        cluster.add_nodes(1)
        os.environ["KUBECONFIG"] = str(cluster.kubeconfig)  # the programs run in this process, and read the cluster
        for count, pairs in COUNTS.items():
            stacks = {}
            for name, program in (("ours", with_the_component), ("theirs", by_hand)):
                cluster.create_namespace(f"{name}-{count}")
                stacks[name] = engine.stack(f"{name}-{count}", name, partial(program, count))
                stacks[name].up()
            ours, theirs = stacks["ours"], stacks["theirs"]
            before = sum(cluster.writes().values())
            ours.up()
            writes = sum(cluster.writes().values()) - before
            what = f"{count:,} workload{'' if count == 1 else 's'} of 5 sources each, the components / by hand"
            measured += [
                (f"`preview` of {what}", f"{paired(ours.preview, theirs.preview, pairs=pairs):.2f}", "at most 1.15"),
                (f"no-op `up` of {what}", f"{paired(ours.up, theirs.up, pairs=pairs):.2f}", "at most 1.15"),
                (f"API writes of a no-op `up` of {count:,}", str(writes), "0"),
            ]
            seconds[count] = min(timed(ours.preview, 1) for _ in range(pairs)) / count
            print(f"{count:,}: preview {seconds[count]:.2f} s each", *measured[-3:], sep="\n", file=sys.stderr)
    few, many = sorted(COUNTS)[-2:]
    what = f"time of `preview` for each of {many:,} workloads / for each of {few:,}"
    return [*measured, (what, f"{seconds[many] / seconds[few]:.2f}", "1: linear")]


if __name__ == "__main__":
    for row in rows():
        print("| " + " | ".join(row) + " |")
