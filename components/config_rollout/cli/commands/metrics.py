"""`metrics`: the last rollout of each workload for Prometheus, through a file that node-exporter reads, or a push."""

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ...cluster.client import Cluster, ClusterError
from ...core.kubernetes.workload_kinds import WorkloadName
from ..errors import Trouble, not_installed
from .rollouts import add_options, find_cluster, read

SUFFIX = ".prom"


def add(commands: Any) -> None:
    """Add the command."""
    text = "print metrics of the last rollouts for Prometheus, as OpenMetrics"
    command = commands.add_parser("metrics", help=text, description=text)
    command.set_defaults(run=_metrics)
    add_options(command)
    command.add_argument(
        "--output", metavar="FILE", type=Path, help="write them for node-exporter's textfile collector: .prom"
    )
    command.add_argument("--push", metavar="URL", help="add them to a Pushgateway")


def _metrics(args: argparse.Namespace) -> int:
    from ...core.audit.metrics import labels_of, metrics

    if args.output and args.output.suffix != SUFFIX:
        raise Trouble(f"--output: must end in {SUFFIX}: node-exporter reads only that (got '{args.output.name}').")
    try:
        from ..outputs import prometheus as exposition
    except ModuleNotFoundError as error:
        raise not_installed(error, "write the metrics", "metrics") from None
    try:
        cluster = find_cluster(args)
        selected = read(args, cluster)
        hashes = _hashes(cluster, selected.rollouts) if cluster else {}
    except ClusterError as error:
        raise Trouble(str(error)) from None
    every = metrics(selected.rollouts, hashes)
    if args.output:
        exposition.write(every, args.output)
    if args.push:
        for name, records in selected.rollouts.items():
            exposition.push(metrics({name: records}, hashes), args.push, labels_of(name))
    if not (args.output or args.push):
        print(exposition.text(every), end="")
    return selected.code


def _hashes(cluster: Cluster, names: Iterable[WorkloadName]) -> dict[WorkloadName, str]:
    """Return the config hash that the pod template of each workload has now."""
    from ...core.kubernetes.workloads import config_hash_of

    hashes = {}
    for name in names:
        live = cluster.get(name.kind.resource, name.name, name.namespace)
        if live is not None:
            hashes[name] = config_hash_of(live)
    return hashes
