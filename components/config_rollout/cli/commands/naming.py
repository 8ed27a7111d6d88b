"""How a command names workloads: `NAMESPACE/NAME` is a DaemonSet, and `-n NAMESPACE KIND/NAME` any, as for kubectl."""

import argparse
from dataclasses import dataclass

from ...core.kubernetes.workload_kinds import DAEMON_SET, KINDS, WorkloadKind, WorkloadName, kind_named
from ..errors import Trouble


@dataclass(frozen=True)
class Where:
    """Which workloads: `one`, or all of a namespace, or where that is empty of the cluster."""

    one: WorkloadName | None
    namespace: str

    @property
    def name(self) -> str:
        """The name of the one; empty for all."""
        return self.one.name if self.one else ""

    def covers(self, of: WorkloadName) -> bool:
        """Return whether a workload is one of them."""
        return of == self.one if self.one else self.namespace in ("", of.namespace)

    @property
    def kinds(self) -> list[WorkloadKind]:
        """The kinds that are looked for."""
        return [self.one.kind] if self.one else [*KINDS.values()]


def add_workload(command: argparse.ArgumentParser, default: str = "") -> None:
    """Add the arguments that say which workload; with a `default`, which the help says, they may be left out."""
    what = "a DaemonSet, or with -n any workload as KIND/NAME: deployment/web"
    command.add_argument(
        "workload", metavar="NAMESPACE/NAME", nargs="?" if default else None,
        help=f"{what}; by default {default}" if default else what,
    )  # fmt: skip
    text = f"the workload's namespace, as for kubectl{'; alone, all that are in it' if default else ''}"
    command.add_argument("-n", "--namespace", metavar="NAMESPACE", default="", help=text)


def where_of(args: argparse.Namespace) -> Where:
    """
    Return which workloads the arguments name.

    Raises:
      Trouble: They name none.

    """
    if args.workload is None:
        return Where(None, args.namespace)
    one = named(args)
    return Where(one, one.namespace)


def named(args: argparse.Namespace) -> WorkloadName:
    """
    Return the one workload that the arguments name.

    Raises:
      Trouble: They name none.

    """
    text: str = args.workload
    before, _, name = text.rpartition("/")
    if not args.namespace:
        namespace, _, kind = before.partition("/")
        if not (namespace and name) or kind:
            fix = (
                f"-n {namespace} {kind}/{name}"
                if kind and name
                else "-n NAMESPACE KIND/NAME, as in -n web deployment/api"
            )
            raise Trouble(f"must be NAMESPACE/NAME (got {text!r}). Any kind of workload is named by {fix}.")
        return WorkloadName(DAEMON_SET, namespace, name)
    of = kind_named(before) if before else DAEMON_SET
    if not name or of is None:
        kinds = ", ".join(of.word for of in KINDS.values())
        raise Trouble(f"-n {args.namespace}: must be followed by KIND/NAME (got {text!r}). Kinds are {kinds}.")
    return WorkloadName(of, args.namespace, name)
