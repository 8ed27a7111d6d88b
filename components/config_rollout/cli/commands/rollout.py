"""`pause`, `resume` and `rbac`: controlling a rollout in waves, and the permissions that it needs."""

import argparse
from typing import Any

from ...cluster.client import Cluster, ClusterError
from ...core.kube_proxy.layout import Layout
from ...core.kubernetes.annotations import PAUSED_ANNOTATION
from ...core.rbac.kube_proxy import all_rights
from ...core.rbac.rights import Right, roles
from ...core.rbac.waves import wave_roles
from ...core.waves.gates import KINDS, PROXIED
from ..errors import Trouble
from .looking import add_cluster_options, daemon_set

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
        _add_daemon_set(command)
        add_cluster_options(command)
    text = "print the smallest Role and ClusterRole that a rollout in waves needs beside the provider's permissions"
    command = commands.add_parser("rbac", help=text, description=text)
    command.set_defaults(run=_rbac)
    _add_daemon_set(command)
    command.add_argument("--gate", choices=KINDS, action="append", default=[], help="a gate of the waves; repeatable")
    text = "of a KubeProxy: add everything that it and the provider need"
    command.add_argument("--manage", choices=("own", "adopt"), help=text)
    command.add_argument("--secrets", action="store_true", help="add what a component with `secrets` needs")
    text = "the namespace of the gate new_service, if it sets one; repeatable"
    command.add_argument("--gate-namespace", metavar="NAMESPACE", action="append", help=text)
    text = "print only what reading this ConfigMap of `external` needs; repeatable"
    command.add_argument("--external", metavar="NAME", action="append", default=[], help=text)
    text = "the same of a Secret; repeatable"
    command.add_argument("--external-secret", metavar="NAME", action="append", default=[], help=text)


def _add_daemon_set(command: argparse.ArgumentParser) -> None:
    command.add_argument("daemon_set", metavar="NAMESPACE/NAME", type=daemon_set, help="the DaemonSet")


def _annotate(args: argparse.Namespace) -> int:
    namespace, name = args.daemon_set
    value = "true" if args.command == "pause" else None
    try:
        cluster = Cluster.find(args.kubeconfig, args.context)
        body = {"metadata": {"annotations": {PAUSED_ANNOTATION: value}}}
        if cluster.patch("daemonsets", name, namespace, body) is None:
            raise Trouble(f"{namespace}/{name}: no such DaemonSet on {cluster.server}. Correct the name.")
    except ClusterError as error:
        raise Trouble(str(error)) from None
    print(f"{namespace}/{name} {_DONE[args.command].format(f'{namespace}/{name}')}")
    return 0


def _rbac(args: argparse.Namespace) -> int:
    namespace, name = args.daemon_set
    if args.gate_namespace and "new_service" not in args.gate:
        raise Trouble("--gate-namespace: requires --gate new_service. Add it.")
    external = {"configmaps": args.external, "secrets": args.external_secret}
    if any(external.values()):
        if args.gate or args.manage or args.secrets:
            option = "--external" if args.external else "--external-secret"
            fix = "Leave out --gate, --manage and --secrets"
            raise Trouble(f"{option}: prints only what reading it needs. {fix}.")
        rights = [Right("get", "", kind, namespace, one) for kind, names in external.items() for one in names]
        print(roles(rights, f"config-rollout-external-{name}", namespace))
        return 0
    probed = args.gate_namespace or [namespace] if "new_service" in args.gate else []
    beside = all_rights(Layout(namespace=namespace, daemon_set=name), args.manage) if args.manage else ()
    print(wave_roles(namespace, name, any(kind in PROXIED for kind in args.gate), probed, beside, args.secrets))
    return 0
