"""`status`: how the workloads of a cluster and their configurations are."""

import argparse
import json
from typing import Any

from ...core.rbac.status import status_rights
from ...core.status.state import status_json, status_of
from ...core.status.words import lines_of
from .looking import (
    WITH_HASH,
    add_cluster_options,
    config_maps_of,
    exit_code,
    nodes_of,
    open_cluster,
    view_of,
    workloads_at,
)
from .naming import add_workload, where_of
from .reports import with_reports


def add(commands: Any) -> None:
    """Add the command."""
    text = "print which revision runs where, and what is wrong; exit with 0 if all is healthy, 1 if not"
    command = commands.add_parser("status", help=text, description=text)
    command.set_defaults(run=_status)
    add_workload(command, default=WITH_HASH)
    command.add_argument("--watch", action="store_true", help="keep watching until Ctrl-C")
    command.add_argument("--json", action="store_true", help="as docs/schemas/status.json describes it")
    add_cluster_options(command)


def _status(args: argparse.Namespace) -> int:
    where = where_of(args)
    with open_cluster(args, status_rights(where.kinds, where.namespace, where.name, args.watch)) as cluster:
        if args.watch:
            from .watching import watch

            return watch(cluster, where, args.json)
        things = workloads_at(cluster, where)
        around = nodes_of(cluster), config_maps_of(cluster)
        statuses = [status_of(with_reports(cluster, view_of(cluster, thing, *around))) for thing in things]
    if args.json:
        print(json.dumps(status_json(statuses), indent=2))
    else:
        print("\n\n".join("\n".join(lines_of(status)) for status in statuses))
    return exit_code([status.view for status in statuses], all(status.is_as_wanted for status in statuses))
