"""`pause`, `resume` and `rbac`: controlling a rollout in waves, and the permissions that it needs."""

import argparse
from typing import Any

from ...cluster.client import Cluster, ClusterError
from ...core.kube_proxy.layout import Layout
from ...core.kubernetes.annotations import PAUSED_ANNOTATION
from ...core.kubernetes.workload_kinds import DAEMON_SET
from ...core.rbac.kube_proxy import all_rights
from ...core.rbac.reload import reload_rights
from ...core.rbac.rights import Right, roles
from ...core.rbac.waves import rollout_roles
from ...core.waves.gates import KINDS, OF_NODES, PROXIED
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
    text = "print the smallest Role and ClusterRole that rollouts of a workload need beside the provider's permissions"
    command = commands.add_parser("rbac", help=text, description=text)
    command.set_defaults(run=_rbac)
    add_workload(command)
    text = "of a StatefulSet: add what waves need; a DaemonSet always may have them"
    command.add_argument("--waves", action="store_true", help=text)
    command.add_argument("--gate", choices=KINDS, action="append", default=[], help="a gate of the waves; repeatable")
    text = "of a KubeProxy: add everything that it and the provider need"
    command.add_argument("--manage", choices=("own", "adopt"), help=text)
    command.add_argument("--secrets", action="store_true", help="add what a component with `secrets` needs")
    command.add_argument("--reload", action="store_true", help="add what keys that reload need")
    text = "the namespace of the gate new_service, if it sets one; repeatable"
    command.add_argument("--gate-namespace", metavar="NAMESPACE", action="append", help=text)
    text = "print only what reading this ConfigMap of `external` needs; repeatable"
    command.add_argument("--external", metavar="NAME", action="append", default=[], help=text)
    text = "the same of a Secret; repeatable"
    command.add_argument("--external-secret", metavar="NAME", action="append", default=[], help=text)


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


def _rbac(args: argparse.Namespace) -> int:
    kind, namespace, name = of = named(args)
    if kind is not DAEMON_SET and args.manage:
        raise Trouble(f"--manage: is for DaemonSets, and {of} is none. Leave it out.")
    if not kind.has_waves and (args.gate or args.waves):
        option = "--gate" if args.gate else "--waves"
        raise Trouble(f"{option}: {of} has no waves. Leave it out.")
    if of_nodes := [gate for gate in args.gate if gate in OF_NODES and kind is not DAEMON_SET]:
        raise Trouble(f"--gate {of_nodes[0]}: is for DaemonSets, and {of} is none. Leave it out.")
    if args.gate_namespace and "new_service" not in args.gate:
        raise Trouble("--gate-namespace: requires --gate new_service. Add it.")
    external = {"configmaps": args.external, "secrets": args.external_secret}
    if any(external.values()):
        if args.gate or args.manage or args.secrets or args.reload or args.waves:
            option = "--external" if args.external else "--external-secret"
            fix = "Leave out --gate, --manage, --reload, --secrets and --waves"
            raise Trouble(f"{option}: prints only what reading it needs. {fix}.")
        rights = [Right("get", "", kind, namespace, one) for kind, names in external.items() for one in names]
        print(roles(rights, f"config-rollout-external-{name}", namespace))
        return 0
    probed = args.gate_namespace or [namespace] if "new_service" in args.gate else []
    beside = all_rights(Layout(namespace=namespace, daemon_set=name), args.manage) if args.manage else []
    beside += reload_rights(of) if args.reload else []
    proxied = any(gate in PROXIED for gate in args.gate)
    print(rollout_roles(of, proxied, probed, beside, args.secrets, args.waves or bool(args.gate)))
    return 0
