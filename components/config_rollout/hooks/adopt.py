"""Says at the component what adopting does, and what became of an adopted kube-proxy since the last `up`."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import pulumi

from ..core.audit.writing import changes_between
from ..core.configuration.diff import diff_contents
from ..core.kube_proxy.adoption import Adoption, explain_known
from ..core.kubernetes.workloads import config_hash_of
from ..core.revisions.observation import Observation
from ..core.workload.configuration import Configuration
from .audit import Auditor, Begun
from .explain import Explainer, Plan, state_of
from .leave import refuse_deletion
from .listeners import Listeners, explaining


class AdoptionExplainer(Explainer):
    """
    Explains from the live DaemonSet what the engine's own state cannot tell.

    What the engine changes from one configuration to the next is explained as that of any DaemonSet; without an
    adoption (it is our own) that is all. Where the configuration is not known (the cluster could not be
    read in preview) nothing is.
    """

    def __init__(
        self,
        component: pulumi.Resource,
        name: str,
        audit: Auditor,
        adoption: Adoption | None,
        observe: Callable[[], Awaitable[Observation]],
        configuration: Configuration | None,
        plan: Plan | None = None,
    ) -> None:
        super().__init__(component, name, audit, observe, configuration, plan)
        self._known = configuration is not None
        self._who = f"{type(component).__name__} '{name}'"
        self._adoption = adoption
        self._put_back = False
        self.known: pulumi.Resource | None = None
        """The ConfigMap that others know by name, once it is registered."""

    def of_component(self) -> Listeners:
        """Return the listeners of the component itself: it is announced, and never deletes what it was to adopt."""
        return super().of_component() + Listeners(before_update=[refuse_deletion(self._who)])

    def of_config_map(self) -> Listeners:
        """Return the listeners of the patch of the ConfigMap that others know by name."""
        new, updates = explaining(self._config_map_is_new), explaining(self._config_map_updates)
        return self.awaiting.heard(Listeners([new], [updates], on_error=self._child_failed))

    async def _config_map_updates(self, args: pulumi.ResourceHookArgs) -> None:
        self._put_back = True

    async def _config_map_is_new(self, args: pulumi.ResourceHookArgs) -> None:
        metadata = (args.new_inputs or {})["metadata"]
        where = f"{metadata['namespace']}/{metadata['name']}"
        pulumi.log.info(explain_known(where), self.known or self._component)

    async def _workload_created(self, args: pulumi.ResourceHookArgs) -> None:
        if self._adoption:
            self._made = True
            await self._tell_adoption(self._adoption, self._adoption.explain(), args)
        elif self._known:
            await super()._workload_created(args)

    async def _component_updates(self, args: pulumi.ResourceHookArgs) -> None:
        if self._known:
            await super()._component_updates(args)

    async def _workload_updates(self, args: pulumi.ResourceHookArgs) -> None:
        if not self._known:
            return
        adoption = self._adoption
        if adoption and not adoption.is_managed():
            # If waves have restored the state that others made, it is adopted again.
            explanation = adoption.explain() if adoption.taken_back else adoption.explain_taken_back()
            await self._tell_adoption(adoption, explanation, args)
        else:
            await super()._workload_updates(args)

    async def _tell_adoption(self, adoption: Adoption, message: str, args: pulumi.ResourceHookArgs) -> None:
        self.restarts = self.restarts_all = adoption.restarts()
        self.has_plan = self.restarts and self.audit.staged
        self.tell(message)
        if self.restarts:
            daemon_set = dict(adoption.daemon_set)
            keys = diff_contents(adoption.read, adoption.wanted)
            begun = Begun(config_hash_of(daemon_set), *changes_between(keys, adoption.template_changes()))
            await self._audit_begins(args.new_inputs or {}, daemon_set, begun)

    async def _left(
        self, daemon_set: pulumi.CustomResource, wanted: Mapping[str, Any] | None, ignored: Sequence[str]
    ) -> str:
        left = ""
        if self._adoption and not self._made and not self._is_left_out(await state_of(daemon_set)):
            left = self._adoption.explain_left(self._put_back)
        return left or await super()._left(daemon_set, wanted, ignored)
