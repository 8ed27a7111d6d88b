"""`history`: the rollouts of workloads, one of them in full, or what differs between two configurations."""

import argparse
import json
import re
import sys
from collections.abc import Sequence
from typing import Any

from ...cluster.client import Cluster, Object
from ...core.arguments.finding import report
from ...core.audit.record import WELL, AuditRecord
from ...core.configuration.content import Content, parse_content
from ...core.configuration.diff import FieldChange, KeyChange
from ...core.configuration.read_as import ReadAs, read_as
from ...core.rbac.status import history_rights
from ...core.revisions.naming import source_name
from ...core.status.history import (
    Rollout,
    between,
    config_maps_of_revision,
    history_json,
    of_revision,
    reloads_of,
    rollouts_of,
    secrets_of_revision,
    why_no_diff,
)
from ...core.status.history_words import in_full, table
from ...core.status.observation import WorkloadView
from ...core.workload.configuration import Configuration, diff_configurations
from ..errors import Trouble
from ..inputs.files import maps_of
from .difference import show
from .looking import (
    WITH_HASH,
    add_cluster_options,
    exit_code,
    open_cluster,
    view_of,
    view_without_pods,
    workloads_at,
)
from .naming import add_workload, where_of

_REVISIONS = re.compile(r"(\d+)(?:\.\.(\d+))?")


def add(commands: Any) -> None:
    """Add the command."""
    text = "print the rollouts of a workload, one in full, or the difference between two configurations"
    command = commands.add_parser("history", help=text, description=text)
    command.set_defaults(run=_history)
    add_workload(command, default=WITH_HASH)
    command.add_argument(
        "revisions", metavar="REVISION", nargs="?", type=_revisions,
        help="4 for one in full, 3..4 for the difference between the configurations of two",
    )  # fmt: skip
    command.add_argument("--json", action="store_true", help="as docs/schemas/history.json and diff.json describe it")
    add_cluster_options(command)


def _revisions(text: str) -> tuple[int, int | None]:
    numbers = _REVISIONS.fullmatch(text)
    if not numbers:
        raise argparse.ArgumentTypeError(f"must be a revision, or two as in 3..4 (got {text!r})")
    return int(numbers[1]), int(numbers[2]) if numbers[2] else None


def _history(args: argparse.Namespace) -> int:
    first: int | None
    second: int | None
    first, second = args.revisions or (None, None)
    where = where_of(args)
    with open_cluster(args, history_rights(where.kinds, where.namespace, where.name)) as cluster:
        # Only a full report says how many pods have each revision.
        read = view_of if first is not None and second is None else view_without_pods
        every = [read(cluster, thing, []) for thing in workloads_at(cluster, where)]
        if first is not None and second is not None:
            return _differ(cluster, every[0], first, second, args.json)
    rollouts = [(view, rollout) for view in every for rollout in rollouts_of(view)]
    if first is not None:
        of = _one(every[0], first)
        rollouts = [(every[0], one) for one in (of, *reloads_of(rollouts_of(every[0]), first))]
    if args.json:
        print(json.dumps(history_json(rollouts), indent=2))
    elif first is not None:
        print("\n\n".join("\n".join(in_full(*one)) for one in rollouts))
    else:
        print("\n\n".join("\n".join(_listed(view)) for view in every))
    return exit_code(every, all(_ended_well(view.records) for view in every))


def _listed(view: WorkloadView) -> list[str]:
    return [f"{view.where}", *table(rollouts_of(view))]


def _ended_well(records: Sequence[AuditRecord]) -> bool:
    """Return whether the newest rollout has finished, or the newest reload."""
    return not records or records[-1].result in WELL


def _one(view: WorkloadView, number: int) -> Rollout:
    rollout = of_revision(rollouts_of(view), number)
    if rollout is None:
        raise Trouble(why_no_diff(view, number))
    return rollout


def _differ(cluster: Cluster, view: WorkloadView, first: int, second: int, as_json: bool) -> int:
    """Print what differs between two revisions, configuration and pod template, as `diff` does."""
    sides = [config_maps_of_revision(view, number) for number in (first, second)]
    old, new = (sources or ([], "") for sources in sides)
    changes: Sequence[KeyChange] = ()
    if old[1] != new[1] or None in sides or not old[1]:
        if wrong := [why for number in (first, second) if (why := why_no_diff(view, number))]:
            raise Trouble("\n".join(wrong))
        changes = diff_configurations(*(_configuration(cluster, view, names) for names, _ in (old, new)))
        secrets = [secrets_of_revision(view, number) for number in (first, second)]
        for name in sorted({*secrets[0]} ^ {*secrets[1]}):
            revision = first if name in secrets[0] else second
            what = f"only revision {revision} reads it, and what a Secret holds is not compared"
            print(f"config-rollout: {name.replace(' ', f' {view.namespace}/')}: {what}.", file=sys.stderr)
    by_number = {revision.number: revision for revision in view.revisions}
    template: Sequence[FieldChange] = ()
    if first in by_number and second in by_number:
        template = between(view.name, by_number[first], by_number[second]).template_changes()
    else:
        gone = ", ".join(str(number) for number in (first, second) if number not in by_number)
        what = f"Kubernetes has removed revision {gone}, so only the configurations are compared"
        print(f"config-rollout: {view.where}: {what}.", file=sys.stderr)
    return show(changes, (old[1], new[1]), as_json, template)


def _configuration(cluster: Cluster, view: WorkloadView, names: Sequence[str]) -> Configuration:
    return Configuration.of({source_name(name, view.name): _content(cluster, view, name) for name in names})


def _content(cluster: Cluster, view: WorkloadView, name: str) -> Content:
    config_map: Object | None = cluster.get("configmaps", name, view.namespace)
    where = f"ConfigMap {view.namespace}/{name}"
    if config_map is None:
        raise Trouble(f"{where}: was just deleted. Run this again.")
    reading, wrong = read_as(config_map)
    reading = reading or ReadAs()
    content, findings = parse_content(*maps_of(config_map), reading.formats, reading.effects, reading.text_version)
    if wrong or (findings and not (content.data or content.binary_data)):
        raise Trouble(report(where, [*wrong, *findings]))
    return content.as_read(reading.reads)
