"""`rbac`: the permissions that rollouts of a workload need, and those of manifests that are taken over."""

import argparse
import sys
from typing import Any

from ...core.kube_proxy.layout import Layout
from ...core.kubernetes.workload_kinds import DAEMON_SET, WorkloadName
from ...core.rbac.kube_proxy import all_rights
from ...core.rbac.reload import reload_rights
from ...core.rbac.rights import Right, roles
from ...core.rbac.waves import rollout_rights, rollout_roles
from ...core.waves.gates import KINDS, OF_NODES, PROXIED
from ..errors import Trouble
from .naming import named

_BY_FILE = "--take-over"


def add(commands: Any) -> None:
    """Add the command."""
    text = "print the smallest Role and ClusterRole that rollouts of a workload need beside the provider's permissions"
    command = commands.add_parser("rbac", help=text, description=text)
    command.set_defaults(run=_rbac)
    text = "a DaemonSet, or with -n any workload as KIND/NAME: deployment/web"
    command.add_argument("workload", metavar="NAMESPACE/NAME", nargs="?", help=f"{text}; not with {_BY_FILE}")
    text = f"the workload's namespace, as for kubectl; with {_BY_FILE} that of objects that do not say theirs"
    command.add_argument("-n", "--namespace", metavar="NAMESPACE", default="", help=text)
    text = "of a StatefulSet: add what waves need; a DaemonSet always may have them"
    command.add_argument("--waves", action="store_true", help=text)
    command.add_argument("--gate", choices=KINDS, action="append", default=[], help="a gate of the waves; repeatable")
    text = "of a KubeProxy: add everything that it and the provider need"
    command.add_argument("--manage", choices=("own", "adopt"), help=text)
    text = (
        "manifests that are taken over: a file, a folder, or `-` for standard input; print everything that all of them "
        "and the provider need; repeatable"
    )
    command.add_argument(_BY_FILE, metavar="PATH", action="append", default=[], help=text)
    command.add_argument("--secrets", action="store_true", help="add what a component with `secrets` needs")
    command.add_argument("--reload", action="store_true", help="add what keys that reload need")
    text = "the namespace of the gate new_service, if it sets one; repeatable"
    command.add_argument("--gate-namespace", metavar="NAMESPACE", action="append", help=text)
    text = "print only what reading this ConfigMap of `external` needs; repeatable"
    command.add_argument("--external", metavar="NAME", action="append", default=[], help=text)
    text = "the same of a Secret; repeatable"
    command.add_argument("--external-secret", metavar="NAME", action="append", default=[], help=text)


def _rbac(args: argparse.Namespace) -> int:
    if args.gate_namespace and "new_service" not in args.gate:
        raise Trouble("--gate-namespace: requires --gate new_service. Add it.")
    if args.take_over:
        print(_of_manifests(args))
        return 0
    if args.workload is None:
        raise Trouble(f"names no workload. Name one as NAMESPACE/NAME, or manifests with {_BY_FILE}.")
    of = named(args)
    _check(args, of)
    external = {"configmaps": args.external, "secrets": args.external_secret}
    if any(external.values()):
        rights = [Right("get", "", kind, of.namespace, one) for kind, names in external.items() for one in names]
        print(roles(rights, f"config-rollout-external-{of.name}", of.namespace))
    else:
        print(rollout_roles(of, _of_workload(args, of)))
    return 0


def _check(args: argparse.Namespace, of: WorkloadName) -> None:
    """Refuse what the kind of a workload does not have, and what does not go together."""
    if of.kind is not DAEMON_SET and args.manage:
        raise Trouble(f"--manage: is for DaemonSets, and {of} is none. Leave it out.")
    if not of.kind.has_waves and (args.gate or args.waves):
        option = "--gate" if args.gate else "--waves"
        raise Trouble(f"{option}: {of} has no waves. Leave it out.")
    if of_nodes := [gate for gate in args.gate if gate in OF_NODES and of.kind is not DAEMON_SET]:
        raise Trouble(f"--gate {of_nodes[0]}: is for DaemonSets, and {of} is none. Leave it out.")
    external = bool(args.external or args.external_secret)
    if external and (args.gate or args.manage or args.secrets or args.reload or args.waves):
        option = "--external" if args.external else "--external-secret"
        fix = "Leave out --gate, --manage, --reload, --secrets and --waves"
        raise Trouble(f"{option}: prints only what reading it needs. {fix}.")


def _of_workload(args: argparse.Namespace, of: WorkloadName) -> list[Right]:
    """Return what a component needs, with what the arguments ask for as far as its kind has that."""
    gates = [gate for gate in args.gate if of.kind.has_waves and (of.kind is DAEMON_SET or gate not in OF_NODES)]
    probed = args.gate_namespace or [of.namespace] if "new_service" in gates else []
    beside = all_rights(Layout(namespace=of.namespace, daemon_set=of.name), args.manage) if args.manage else []
    beside += reload_rights(of) if args.reload else []
    waves = of.kind.has_waves and (args.waves or bool(gates))
    return rollout_rights(of, any(gate in PROXIED for gate in gates), probed, beside, args.secrets, waves)


def _of_manifests(args: argparse.Namespace) -> str:
    """Return the Roles for manifests; on standard error, what only the cluster can tell of them."""
    from ...core.manifests.rights import guessed, take_over_rights  # with the rules, which take longer to import
    from ..inputs.items import read_items

    if args.workload or args.manage or args.external or args.external_secret:
        raise Trouble(f"{_BY_FILE}: prints what all manifests need. Leave out NAMESPACE/NAME, --manage and --external.")
    namespace = args.namespace or "default"
    items = read_items(_BY_FILE, args.take_over, namespace)
    for kind in guessed(items):
        what = (
            "only the cluster can tell its resource, and whether it is in a namespace. Correct the rule if it differs"
        )
        print(f"config-rollout: note: {kind}: {what}.", file=sys.stderr)
    rights = take_over_rights(items, lambda of: _of_workload(args, of))
    return roles(rights, "config-rollout-deployer", namespace)
