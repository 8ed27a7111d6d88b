"""Takes over a workload that someone else made: says at the component what that does, and makes its fields ours."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import pulumi

from ..cluster.client import Cluster, ClusterError, Object
from ..cluster.retrying import Backoff
from ..core.audit.writing import changes_between
from ..core.explain.taking_over import ReadNow, TakeOver, holds_unknown, left_alone, replacing, with_live
from ..core.kubernetes.camel import camel
from ..core.kubernetes.field_managers import OWNER, handed_over, managing, others
from ..core.kubernetes.property_paths import parse_path
from ..core.kubernetes.workload_kinds import WorkloadKind
from ..core.kubernetes.workloads import config_hash_of
from ..core.revisions.observation import Observation
from ..core.workload.configuration import Configuration
from ..core.workload.secret import SecretSource
from .audit import Auditor, Begun
from .explain import Explainer, Plan
from .listeners import Listeners, refusing
from .plain_inputs import plain_arguments
from .threads import in_thread

_CONFLICT = 409
_SECONDS = 300
"""How long one write is tried, in seconds."""


class TakeOverExplainer(Explainer):
    """
    Explains taking over from the live workload and from what the API server would make of it.

    That is asked before anything of the component is registered, so what would fail is refused then. The fields of
    others become ours right before the provider writes the workload.

    Args:
      cluster: Where it is.
      wanted: What is written, as rendered; leaves may be Outputs.
      live: It, as it is.
      now: What its pods read.
      ignored: The paths in it that the engine leaves alone.

    """

    def __init__(
        self,
        component: pulumi.Resource,
        name: str,
        audit: Auditor,
        observe: Callable[[], Awaitable[Observation]],
        configuration: Configuration,
        plan: Plan | None,
        cluster: Cluster,
        wanted: Mapping[str, Any],
        live: Object,
        now: ReadNow,
        secrets: Sequence[SecretSource],
        kind: WorkloadKind,
        ignored: Sequence[str],
    ) -> None:
        super().__init__(component, name, audit, observe, configuration, plan, secrets, kind)
        self._who = f"{type(component).__name__} '{name}'"
        self._cluster, self._program, self._live, self._now = cluster, wanted, live, now
        self._wants, self._ignored = configuration, ignored
        self._take_over: TakeOver | None = None

    def of_component(self) -> Listeners:
        """Return the listeners of the component itself: what the API server would refuse is refused now."""
        return super().of_component() + Listeners([refusing(self._refuse)])

    def of_workload(self) -> Listeners:
        """Return the listeners of the workload."""
        return super().of_workload() + Listeners(before_update=[refusing(self._hand_over)])

    async def _workload_updates(self, args: pulumi.ResourceHookArgs) -> None:
        change = await self._asked()
        self.restarts, self.restarts_all = change.restarts, bool(change.template_changes)
        self.has_plan = self.restarts and self.audit.staged
        self.tell(change.explain())
        if change.restarts:
            changes = changes_between(change.keys, change.template_changes, change.secret)
            await self._audit_begins(args.new_inputs or {}, self._live, Begun(config_hash_of(self._live), *changes))

    async def _refuse(self, args: pulumi.ResourceHookArgs) -> None:
        await self._asked()

    async def _hand_over(self, args: pulumi.ResourceHookArgs) -> None:
        await self._asked()
        if not pulumi.runtime.is_dry_run():
            await in_thread(self._write_managers)

    async def _asked(self) -> TakeOver:
        """
        Return what taking over does, by the API server's own word.

        Raises:
          ValueError: The API server refuses it.

        """
        if self._take_over is None:
            self._take_over = await self._ask()
        return self._take_over

    async def _ask(self) -> TakeOver:
        wanted, secret = await plain_arguments({key: self._program[key] for key in ("metadata", "spec")})
        wanted = camel(wanted)
        for path in self._ignored:
            wanted = with_live(wanted, self._live, parse_path(path) or ())
        result, why = None, "some of it is not known yet"
        if not holds_unknown(wanted):
            result, why = await in_thread(self._dry_run, wanted)
        plan = self._plan({}, wanted) if self._plan else None
        known = self._live, wanted, self._wants, self._now, result, why, plan, secret
        return TakeOver(*known, self._secrets, self._kind)

    def _dry_run(self, wanted: Mapping[str, Any]) -> tuple[Object | None, str]:
        """Return what the API server makes of the workload, or why a preview does not know."""
        metadata, operations = self._live["metadata"], replacing(self._live, wanted)
        where = self._kind.resource, metadata["name"], metadata["namespace"]
        try:
            result = self._cluster.edit(*where, operations, OWNER, dry_run=True)
        except ClusterError as error:
            if error.status == 403 and pulumi.runtime.is_dry_run():
                return None, str(error).splitlines()[0]
            raise ValueError(f"{self._who}: take_over: {error}") from None
        return result, "" if result else "it is gone by now"

    def _write_managers(self) -> None:
        """Make the fields of others ours, whatever is written to the workload meanwhile."""
        metadata = self._live["metadata"]
        name, namespace = metadata["name"], metadata["namespace"]

        def once() -> None:
            live = self._cluster.prove(self._kind.resource, name, namespace, metadata["uid"])
            if others(live):
                operations = managing(live, handed_over(live, left_alone(self._program)))
                self._cluster.edit(self._kind.resource, name, namespace, operations, OWNER)

        Backoff(_SECONDS, passing=(_CONFLICT,)).run(once)
