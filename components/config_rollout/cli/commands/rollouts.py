"""What the commands about past rollouts share: where the records come from, and how a fault in them is reported."""

import argparse
import sys
from collections.abc import Sequence

from ...cluster.client import Cluster
from ...core.arguments.finding import report
from ...core.kubernetes.workload_kinds import WorkloadName
from ..errors import Trouble
from ..inputs.records import RolloutRecords, from_cluster, from_file
from .looking import add_cluster_options
from .naming import add_workload, where_of


def add_options(command: argparse.ArgumentParser) -> None:
    """Add the options that say which records are read."""
    add_workload(command, default="all that have a history")
    command.add_argument(
        "--from",
        metavar="FILE",
        dest="file",
        help="read records from JSON lines (- for standard input) instead of the cluster",
    )
    add_cluster_options(command)


def find_cluster(args: argparse.Namespace) -> Cluster | None:
    """Return the cluster to read; `None` if a file is read."""
    return None if args.file else Cluster.find(args.kubeconfig, args.context)


def read(args: argparse.Namespace, cluster: Cluster | None) -> RolloutRecords:
    """
    Return the selected records; what is wrong with others goes to standard error.

    Raises:
      Trouble: There are none that can be read.
      ClusterError: The cluster cannot be asked.

    """
    where = where_of(args)
    selected = from_cluster(cluster, where.one, where.namespace) if cluster else from_file(args.file)
    kept = {of: records for of, records in selected.rollouts.items() if where.covers(of)}
    if selected.rollouts and not kept:
        place = where.one or f"namespace {where.namespace}"
        there = listed([*selected.rollouts])
        raise Trouble(f"{args.file}: has no rollout of {place} (got {there}). Choose one of them.")
    selected.rollouts = kept
    if not selected.rollouts:
        raise Trouble(report("no record can be read", selected.findings))
    for line in report("warning", selected.findings).splitlines():
        print(f"config-rollout: {line}", file=sys.stderr)
    return selected


def listed(of: Sequence[WorkloadName]) -> str:
    """Return workloads for a sentence, shortened if there are many."""
    names = sorted(map(str, of))
    return ", ".join(names[:5]) + (f" and {len(names) - 5:,} more" if len(names) > 5 else "")
