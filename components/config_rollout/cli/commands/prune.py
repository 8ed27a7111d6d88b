"""`prune`: deletes ConfigMaps that `transform --names content` made and no revision needs."""

import argparse
import datetime
from typing import Any

from ...cluster.client import Cluster, Object
from ...core.kubernetes.annotations import CONTENT_NAMED_LABEL
from ...core.rbac.pruning import prune_rights
from ...core.transform.pruning import READERS, names_read, unneeded
from .looking import add_cluster_options, open_cluster


def add(commands: Any) -> None:
    """Add the command."""
    text = "delete the ConfigMaps of a namespace that transform --names content made and no revision needs"
    command = commands.add_parser("prune", help=text, description=text)
    command.set_defaults(run=_prune)
    command.add_argument("namespace", metavar="NAMESPACE", help="the namespace")
    command.add_argument("--dry-run", action="store_true", help="only print what would be deleted")
    command.add_argument(
        "--older-than",
        metavar="MINUTES",
        type=_minutes,
        default=60,
        help="leave what was created since: a deployment may be about to use it; default: 60",
    )
    add_cluster_options(command)


def _minutes(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"must be a whole number of minutes (got {text!r})")
    return int(text)


def _prune(args: argparse.Namespace) -> int:
    before = datetime.datetime.now(datetime.UTC) - datetime.timedelta(minutes=args.older_than)
    with open_cluster(args, prune_rights(args.namespace, args.dry_run)) as cluster:
        ours = cluster.list("configmaps", args.namespace, f"{CONTENT_NAMED_LABEL}=true", metadata_only=True)
        read = _read(cluster, args.namespace) if ours else set()
        goes = unneeded(ours, read, before.strftime("%Y-%m-%dT%H:%M:%SZ"))
        for one in goes:
            _delete(cluster, one, args.dry_run)
    left = f"{len(ours) - len(goes):,} stay: a pod, a workload or a kept revision reads them"
    left += f", or they are younger than {args.older_than} minutes" if args.older_than else ""
    print(f"{args.namespace}: {len(goes):,} of {len(ours):,} {'would be ' if args.dry_run else ''}deleted; {left}.")
    return 0


def _read(cluster: Cluster, namespace: str) -> set[str]:
    """Return the ConfigMaps that anything in a namespace refers to; all of it is read before anything is deleted."""
    names: set[str] = set()
    for resource in READERS:
        for page, _ in cluster.pages(resource, namespace):
            names |= names_read(resource, page)
    return names


def _delete(cluster: Cluster, config_map: Object, dry_run: bool) -> None:
    metadata = config_map["metadata"]
    title = f"ConfigMap {metadata['namespace']}/{metadata['name']}"
    if dry_run:
        print(f"{title}: would be deleted")
    elif cluster.delete("configmaps", metadata["name"], metadata["namespace"], metadata["uid"]):
        print(f"{title}: deleted")
