"""`pause`, `resume` and `rbac`: what a person does to a rollout in waves, and what it has to be allowed."""

import argparse
from typing import Any

from ...cluster.client import Cluster, ClusterError
from ...core.kube_proxy.layout import Layout
from ...core.kubernetes.annotations import PAUSED_ANNOTATION
from ...core.rbac.kube_proxy import all_rights
from ...core.rbac.waves import wave_roles
from ...core.waves.gates import KINDS, PROXIED
from ..errors import Trouble
from .looking import add_cluster_options, daemon_set

_DONE = {
    "pause": "is paused: whatever `up` runs stops before the next pod. config-rollout resume {} takes it back",
    "resume": "is resumed: `pulumi up` goes on",
}


def add(commands: Any) -> None:
    """Add the commands."""
    for name, text in (
        ("pause", "stop a rollout in waves before its next pod, wherever it runs"),
        ("resume", "let `pulumi up` go on after a pause"),
    ):
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(run=_annotate, command=name)
        _add_daemon_set(command)
        add_cluster_options(command)
    text = "print the smallest Role and ClusterRole that a rollout in waves needs beside the provider's"
    command = commands.add_parser("rbac", help=text, description=text)
    command.set_defaults(run=_rbac)
    _add_daemon_set(command)
    command.add_argument("--gate", choices=KINDS, action="append", default=[], help="a gate of the waves; repeatable")
    text = "of a KubeProxy: add all that it needs itself, and the provider for it"
    command.add_argument("--manage", choices=("own", "adopt"), help=text)
    text = "where the gate new_service probes, if it says so; repeatable"
    command.add_argument("--gate-namespace", metavar="NAMESPACE", action="append", help=text)


def _add_daemon_set(command: argparse.ArgumentParser) -> None:
    command.add_argument("daemon_set", metavar="NAMESPACE/NAME", type=daemon_set, help="the DaemonSet")


def _annotate(given: argparse.Namespace) -> int:
    namespace, name = given.daemon_set
    value = "true" if given.command == "pause" else None
    try:
        cluster = Cluster.find(given.kubeconfig, given.context)
        body = {"metadata": {"annotations": {PAUSED_ANNOTATION: value}}}
        if cluster.patch("daemonsets", name, namespace, body) is None:
            raise Trouble(f"{namespace}/{name}: there is no such DaemonSet on {cluster.server}. Correct the name.")
    except ClusterError as error:
        raise Trouble(str(error)) from None
    print(f"{namespace}/{name} {_DONE[given.command].format(f'{namespace}/{name}')}")
    return 0


def _rbac(given: argparse.Namespace) -> int:
    namespace, name = given.daemon_set
    if given.gate_namespace and "new_service" not in given.gate:
        raise Trouble("--gate-namespace: is there without a gate that has one. Add --gate new_service.")
    probed = given.gate_namespace or [namespace] if "new_service" in given.gate else []
    beside = all_rights(Layout(namespace=namespace, daemon_set=name), given.manage) if given.manage else ()
    print(wave_roles(namespace, name, any(kind in PROXIED for kind in given.gate), probed, beside))
    return 0
