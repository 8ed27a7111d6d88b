"""What becomes of the resource options that a user puts on a component. Children get fresh ones."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from ..core.arguments.case import snake_case
from ..core.formats.kube_proxy.values import duration
from ..core.kubernetes.property_paths import workload_path
from ..core.kubernetes.strategies import timeout_seconds
from ..core.kubernetes.workload_kinds import DAEMON_SET, WorkloadKind
from ..hooks.listeners import Listeners, heard_by

CONTENT = {kind: f"kubernetes:core/v1:{kind}Patch" for kind in ("ConfigMap", "Secret")}
"""The types of the resources that hold what pods read."""


class Options:
    """
    Hands a component's resource options on, so that each does what a reader expects.

    `parent`, `aliases`, `depends_on`, `provider`, `providers` and `transforms` reach the children by themselves.
    `protect` does for the workload and not for the ConfigMap: every change of the configuration lets one go.
    `retain_on_delete`, `custom_timeouts` and `ignore_changes` Pulumi keeps to the component, so they are handed on.
    """

    def __init__(
        self, args: Mapping[str, Any], opts: pulumi.ResourceOptions | None, kind: WorkloadKind = DAEMON_SET
    ) -> None:
        self._args, self._kind = args, kind
        self._opts = opts or pulumi.ResourceOptions()

    @property
    def retain_on_delete(self) -> bool | None:
        """Return whether `destroy` leaves objects of the cluster: as the user says, else if it takes them over."""
        stated = self._opts.retain_on_delete
        return stated if stated is not None else self._args.get("take_over") or None

    @property
    def ignored(self) -> list[str]:
        """Return the paths in the workload whose changes the engine is to ignore."""
        fixed = [f"spec.{field}" for field in self._kind.fixed]  # what differs is refused: core/revisions/ownership.py
        return [*(workload_path(path, self._kind) for path in self._opts.ignore_changes or []), *fixed]

    def for_component(
        self, component: pulumi.Resource, identity: tuple[str, str], listeners: Listeners, aliases: Sequence[str] = ()
    ) -> pulumi.ResourceOptions:
        """Return the options of the component of this type and name: its own hooks and aliases beside the user's."""
        hooks = heard_by(listeners, *identity, self._opts.parent, component)
        merged = pulumi.ResourceOptions.merge(self._opts, pulumi.ResourceOptions(aliases=list(aliases), hooks=hooks))
        merged.ignore_changes = None
        return merged

    def for_content(
        self,
        parent: pulumi.Resource,
        name: str,
        after: Sequence[pulumi.Resource],
        listeners: Listeners,
        kind: str = "ConfigMap",
    ) -> pulumi.ResourceOptions:
        """
        Return the options of a ConfigMap or Secret of this name, which comes after what its content comes from.

        Its name says what it means: other bytes under it mean the same.
        The cluster keeps it as long as it is needed, whatever becomes of it in
        Pulumi's state: core/revisions/config_maps.py.
        """
        return pulumi.ResourceOptions(
            parent=parent,
            depends_on=list(after),
            protect=False,
            retain_on_delete=True,
            ignore_changes=["data", "binaryData"],
            aliases=[pulumi.Alias(type_="kubernetes:core/v1:ConfigMap")] if kind == "ConfigMap" else None,
            hooks=heard_by(listeners, CONTENT[kind], name, parent),
        )

    def for_workload(
        self, parent: pulumi.Resource, identity: tuple[str, str], after: Sequence[pulumi.Resource], listeners: Listeners
    ) -> pulumi.ResourceOptions:
        """Return the options of the workload of this type and name, which comes after what it needs."""
        return pulumi.ResourceOptions(
            parent=parent,
            depends_on=list(after),
            retain_on_delete=self.retain_on_delete,
            ignore_changes=self.ignored,
            custom_timeouts=self._timeouts(),
            hooks=heard_by(listeners, *identity, parent),
        )

    def limit(self, is_first: bool) -> tuple[float, str]:
        """Return how long the first rollout, or any later one, may take: in seconds, and in words."""
        timeouts = self._timeouts()
        text = str(timeouts.create if is_first else timeouts.update)
        return (duration(text) or 0) / 1e9, _words(text)  # the engine has refused what is no duration

    def _timeouts(self) -> pulumi.CustomTimeouts:
        seconds = self._args.get("rollout_timeout_seconds")
        if seconds is None:
            args, kind = self._args, self._kind
            strategy = args.get(snake_case(kind.strategy))
            seconds = timeout_seconds(kind, strategy, args.get("min_ready_seconds"), args.get("replicas"))
        timeouts = self._opts.custom_timeouts or pulumi.CustomTimeouts()
        limit = f"{int(seconds)}s"
        return pulumi.CustomTimeouts(timeouts.create or limit, timeouts.update or limit, timeouts.delete)


def _words(limit: str) -> str:
    return f"{limit[:-1]} s" if limit[:-1].isdigit() and limit.endswith("s") else limit
