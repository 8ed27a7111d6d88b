"""Says at the component what adopting does, and what became of an adopted kube-proxy since the last `up`."""

from collections.abc import Sequence

import pulumi

from ..core import live
from ..core.adoption import Adoption
from ..core.audit import changes_of_adoption
from ..core.content import Content
from ..core.kept import Before
from .audit import Auditor, Begun
from .explain import Explainer
from .leave import refuse_deletion


class AdoptionExplainer(Explainer):
    """
    Explains from the live DaemonSet what the engine's own state cannot tell.

    What the engine changes from one configuration to the next is explained as that of any DaemonSet; without an
    adoption (it is our own) that is all. Where `content`, the configuration, is not known (the cluster could not be
    read in preview) nothing is.
    """

    def __init__(
        self,
        component: pulumi.Resource,
        name: str,
        audit: Auditor,
        adoption: Adoption | None,
        before: Before,
        content: Content | None,
        plan: Sequence[str] = (),
    ) -> None:
        super().__init__(component, name, audit, plan, before, content)
        self._known = content is not None
        self._who = f"{type(component).__name__} '{name}'"
        self._adoption = adoption
        self._put_back = False

    def of_component(self) -> pulumi.ResourceHookBinding:
        """Return the hooks for the component itself: it is told of, and never deletes what it was to adopt."""
        hooks = super().of_component()
        hooks.before_update = [*(hooks.before_update or []), refuse_deletion(self._who, f"{self._hook_name}:leave")]
        return hooks

    def of_daemon_set(self) -> pulumi.ResourceHookBinding:
        """Return the hooks for the patch of the DaemonSet."""
        hooks = super().of_daemon_set()
        options = pulumi.ResourceHookOptions(on_dry_run=True, ignore_errors=True)
        hooks.before_create = [pulumi.ResourceHook(f"{self._hook_name}:adopt", self._daemon_set_adopted, options)]
        if self._adoption:
            hooks.after_create = hooks.after_update
        return hooks

    def of_config_map(self) -> pulumi.ResourceHookBinding:
        """Return the hooks for the patch of the ConfigMap that others know by name."""
        hooks = self._before_update("known", self._config_map_updates)
        hooks.on_error = self.of_child().on_error
        return hooks

    async def _config_map_updates(self, args: pulumi.ResourceHookArgs) -> None:
        self._put_back = True

    async def _daemon_set_adopted(self, args: pulumi.ResourceHookArgs) -> None:
        if self._adoption:
            await self._tell_adoption(self._adoption, self._adoption.explain(), args)

    async def _component_updates(self, args: pulumi.ResourceHookArgs) -> None:
        if self._known:
            await super()._component_updates(args)

    async def _daemon_set_updates(self, args: pulumi.ResourceHookArgs) -> None:
        if not self._known:
            return
        adoption = self._adoption
        if adoption and not adoption.is_managed():
            # What waves have taken back to as it was made by others is adopted anew.
            told = adoption.explain() if adoption.taken_back else adoption.explain_taken_back()
            await self._tell_adoption(adoption, told, args)
        else:
            await super()._daemon_set_updates(args)

    async def _tell_adoption(self, adoption: Adoption, message: str, args: pulumi.ResourceHookArgs) -> None:
        self.restarts = self.restarts_all = adoption.restarts()
        self._tell(message)
        if self.restarts:
            daemon_set = dict(adoption.daemon_set)
            begun = Begun(live.config_hash_of(daemon_set), *changes_of_adoption(adoption))
            await self._audit_begins(args.new_inputs or {}, daemon_set, begun)

    def _settle(self) -> None:
        left = self._adoption.explain_left(self._put_back) if self._adoption and not self._told else ""
        if left:
            self._tell(left)
        else:
            super()._settle()
