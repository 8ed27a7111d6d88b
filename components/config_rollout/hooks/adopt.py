"""Says at the component what adopting does, and what became of an adopted kube-proxy since the last `up`."""

import pulumi

from ..core.adoption import Adoption
from ..core.content import Content
from ..core.kept import Before
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
        self, component: pulumi.Resource, name: str, adoption: Adoption | None, before: Before, content: Content | None
    ) -> None:
        super().__init__(component, name, (), before, content)
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
            self._tell(self._adoption.explain())

    async def _component_updates(self, args: pulumi.ResourceHookArgs) -> None:
        if self._known:
            await super()._component_updates(args)

    async def _daemon_set_updates(self, args: pulumi.ResourceHookArgs) -> None:
        if not self._known:
            return
        if self._adoption and not self._adoption.is_managed():
            self._tell(self._adoption.explain_taken_back())
        else:
            await super()._daemon_set_updates(args)

    def _settle(self) -> None:
        left = self._adoption.explain_left(self._put_back) if self._adoption and not self._told else ""
        if left:
            self._tell(left)
        else:
            super()._settle()
