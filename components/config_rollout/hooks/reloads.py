"""
The `Stash` that says which text running pods were last seen to have read again: it is written when they were.

Its hook proves a reload, so one that fails leaves it as it was, and the next `up` comes back to it. Not here: how pods
are asked (driver/reload.py).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import pulumi

from ..cluster.client import Cluster, Object
from ..core.kubernetes.workload_kinds import WorkloadKind
from ..core.waves.reload_check import ReloadCheck
from ..core.waves.reload_words import reloaded, restarted
from ..driver.ending import driving
from ..driver.reload import SECTIONS, Proof, Reload, Text, text_of
from .hook_name import hook_name
from .plain_inputs import UNKNOWN_OUTPUT, plain_arguments, plain_inputs
from .threads import in_thread
from .voice import Voice


class Reloads:
    """
    The reloads of one component in one run of the program.

    Args:
      component: The component, called `name`.
      name: Its name.
      kind: What runs its pods.
      check: How they are asked.
      find: Gives the cluster; may raise `ClusterError`.
      config_maps: Name -> ConfigMap that changes in place, as it is to be.
      text_hash: The hash of all their texts; `None` if a preview does not know it.

    """

    def __init__(
        self,
        component: pulumi.Resource,
        name: str,
        kind: WorkloadKind,
        check: ReloadCheck,
        find: Callable[[], Awaitable[Cluster]],
        config_maps: Mapping[str, Object],
        text_hash: str | None,
    ) -> None:
        self._component, self._name, self._kind, self._check, self._find = component, name, kind, check, find
        self._config_maps, self._hash = config_maps, text_hash
        self._reload: Reload | None = None
        self._workload = ""

    def of_config_map(self, workload: str) -> pulumi.ResourceHookBinding:
        """Return the hook of a ConfigMap that changes in place: pods are asked before it does."""
        self._workload = workload
        return pulumi.ResourceHookBinding(
            before_update=[pulumi.ResourceHook(hook_name(f"{self._name}:reload-begins"), self._changes)]
        )

    def register(self, after: Sequence[pulumi.Resource]) -> pulumi.Stash:
        """Register the stash, after everything that pods start with."""
        options = pulumi.ResourceHookOptions()
        bound: list[Any] = [pulumi.ResourceHook(hook_name(f"{self._name}:reload"), self._proven, options)]
        texts = {
            called: {section: one[section] for section in SECTIONS if section in one}
            for called, one in self._config_maps.items()
        }
        known = self._hash is not None
        return pulumi.Stash(
            f"{self._name}/reloaded",
            input={"hash": self._hash if known else UNKNOWN_OUTPUT, "configMaps": texts if known else UNKNOWN_OUTPUT},
            opts=pulumi.ResourceOptions(
                parent=self._component,
                depends_on=list(after),
                protect=False,
                hooks=pulumi.ResourceHookBinding(before_create=bound, before_update=bound),
            ),
        )

    async def _changes(self, args: pulumi.ResourceHookArgs) -> None:
        reload = await self._made()
        if not reload.is_noted:
            await in_thread(reload.note, self._wanted())

    async def _proven(self, args: pulumi.ResourceHookArgs) -> None:
        if args.old_inputs is None and not (self._reload and self._reload.is_noted):
            return  # all pods started with this text
        old = (await plain_inputs(args.old_inputs))[0].get("input") or {}
        if old.get("hash") == self._hash:
            return
        reload, voice = await self._made(), Voice(self._component)
        was = self._earlier(old["configMaps"], str(old["hash"])) if old.get("configMaps") else None

        def prove() -> Proof:
            with driving(reload.stop):
                return reload.prove(self._wanted(), was)

        try:
            with voice.never_silent(lambda: f"reload: asking the pods of {self._workload}"):
                proof = await in_thread(prove)
        except asyncio.CancelledError:
            reload.stop()
            raise
        done = restarted(proof.seconds) if proof.restarted else reloaded(proof.nodes, proof.away, proof.seconds)
        pulumi.log.info(done, self._component)

    async def _made(self) -> Reload:
        if self._reload is None:
            self._config_maps = (await plain_arguments({"config_maps": self._config_maps}))[0]["config_maps"]
            namespace = str(next(iter(self._config_maps.values()))["metadata"]["namespace"])
            cluster, say = await self._find(), Voice(self._component).say
            self._reload = Reload(cluster, self._kind, (namespace, self._workload), self._check, say)
        return self._reload

    def _wanted(self) -> Text:
        return text_of(self._config_maps, self._hash or "")

    def _earlier(self, texts: Mapping[str, Any], text_hash: str) -> Text:
        """Return an earlier text, in the ConfigMaps as they are to be."""
        bare = {
            name: {key: of for key, of in one.items() if key not in SECTIONS} for name, one in self._config_maps.items()
        }
        return text_of({name: {**one, **texts[name]} for name, one in bare.items() if name in texts}, text_hash)
