"""`pause` and `resume`: controlling a rollout in waves."""

import argparse
from typing import Any

from ...cluster.client import Cluster, ClusterError
from ...core.kubernetes.annotations import PAUSED_ANNOTATION
from ..errors import Trouble
from .looking import add_cluster_options
from .naming import add_workload, named

_DONE = {
    "pause": "is paused: a running `up` stops before the next pod. config-rollout resume {} ends the pause",
    "resume": "is resumed: `pulumi up` continues",
}


def add(commands: Any) -> None:
    """Add the commands."""
    for name, text in (
        ("pause", "stop a rollout in waves before its next pod, wherever it runs"),
        ("resume", "let `pulumi up` continue after a pause"),
    ):
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(run=_annotate, command=name)
        add_workload(command)
        add_cluster_options(command)


def _annotate(args: argparse.Namespace) -> int:
    kind, namespace, name = of = named(args)
    if not kind.has_waves:
        fix = f"Use kubectl -n {namespace} rollout {args.command} {kind.word}/{name}"
        raise Trouble(f"{of}: has no waves, so `up` would not notice. {fix}.")
    value = "true" if args.command == "pause" else None
    try:
        cluster = Cluster.find(args.kubeconfig, args.context)
        body = {"metadata": {"annotations": {PAUSED_ANNOTATION: value}}}
        if cluster.patch(kind.resource, name, namespace, body) is None:
            raise Trouble(f"{of}: no such {kind.kind} on {cluster.server}. Correct the name.")
    except ClusterError as error:
        raise Trouble(str(error)) from None
    print(f"{of} {_DONE[args.command].format(of.arguments)}")
    return 0
