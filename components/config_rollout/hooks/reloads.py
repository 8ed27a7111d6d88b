"""
The `Stash` that says which text running pods were last seen to have read again: it is written when they were.

Its hook proves a reload, so one that fails leaves it as it was, and the next `up` comes back to it. Not here: how pods
are asked (driver/reload.py).
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

import pulumi

from ..cluster.client import ClusterError, Object
from ..core.audit.writing import one_line
from ..core.kubernetes.workload_kinds import WorkloadKind
from ..core.waves.reload_canary import Canary
from ..core.waves.reload_check import RESTART, ReloadCheck
from ..core.waves.reload_words import reloaded, restarted
from ..driver.driven import Say
from ..driver.ending import driving
from ..driver.reload import SECTIONS, NotReloaded, Reload, Text, text_of
from ..driver.reload_report import ReloadReport
from ..driver.reload_restart import InWaves
from .audit import Subject
from .explain import Explainer
from .listeners import Listener, Listeners, heard_by
from .plain_inputs import UNKNOWN_OUTPUT, plain_arguments, plain_inputs
from .stashes import STASH
from .threads import in_thread
from .voice import Voice

T = TypeVar("T")


class Reloads:
    """
    The reloads of one component in one run of the program.

    Args:
      component: The component, called `name`.
      name: Its name.
      kind: What runs its pods.
      check: How they are asked.
      explainer: Knows what changes, finds the cluster, and has the audit record written.
      config_hash: The hash of what restarts pods.
      config_maps: Name -> ConfigMap that changes in place, as it is to be.
      text_hash: The hash of all their texts; `None` if a preview does not know it.
      canary: Where one more pod is to come up with a new text first; `None` without waves.
      waves: Gives what restarts all pods wave by wave; `None` without waves.

    """

    def __init__(
        self,
        component: pulumi.Resource,
        name: str,
        kind: WorkloadKind,
        check: ReloadCheck,
        explainer: Explainer,
        config_hash: str,
        config_maps: Mapping[str, Object],
        text_hash: str | None,
        canary: Canary | None = None,
        waves: Callable[[Say], Awaitable[InWaves]] | None = None,
    ) -> None:
        self._component, self._name, self._kind, self._check = component, name, kind, check
        self._explainer, self._config_hash = explainer, config_hash
        self._config_maps, self._hash, self._canary, self._waves = config_maps, text_hash, canary, waves
        self._reload: Reload | None = None
        self._is_asked = False
        self._workload = ""

    def of_config_map(self, workload: str) -> Listeners:
        """Return the listener of a ConfigMap that changes in place: pods are asked before it does."""
        self._workload = workload
        return Listeners(before_update=[Listener(self._changes, refuses=True)])

    def register(self, after: Sequence[pulumi.Resource]) -> pulumi.Stash:
        """Register the stash, after everything that pods start with."""
        before, name = [Listener(self._proven, refuses=True)], f"{self._name}/reloaded"
        texts = {
            called: {section: one[section] for section in SECTIONS if section in one}
            for called, one in self._config_maps.items()
        }
        known = self._hash is not None
        stash = pulumi.Stash(
            name,
            input={"hash": self._hash if known else UNKNOWN_OUTPUT, "configMaps": texts if known else UNKNOWN_OUTPUT},
            opts=pulumi.ResourceOptions(
                parent=self._component,
                depends_on=list(after),
                protect=False,
                hooks=heard_by(Listeners(before, before), STASH, name, self._component),
            ),
        )
        stash.urn.apply(lambda _: self._settle())  # type: ignore[arg-type,return-value]
        return stash

    async def _changes(self, args: pulumi.ResourceHookArgs) -> None:
        reload = await self._made()
        if not reload.is_noted:
            await self._run(reload, lambda: reload.note(self._wanted()))

    async def _proven(self, args: pulumi.ResourceHookArgs) -> None:
        if args.old_inputs is None and not (self._reload and self._reload.is_noted):
            return  # all pods started with this text
        old = (await plain_inputs(args.old_inputs))[0].get("input") or {}
        if old.get("hash") != self._hash:
            await self._prove(old)

    async def _settle(self) -> None:
        """Ask the pods also where the stash stays as it is: a text that was kept although it failed is given up."""
        if self._reload and self._reload.is_noted and not self._is_asked:
            await self._prove({})

    async def _prove(self, old: Mapping[str, Any]) -> None:
        self._is_asked = True
        reload = await self._made()
        if self._waves and self._check.on_failure == RESTART:
            reload.waves = await self._waves(Voice(self._component).say)
        was = self._earlier(old["configMaps"], str(old["hash"])) if old.get("configMaps") else None
        hashes = str(old.get("hash") or ""), self._hash or ""
        try:
            proof = await self._run(reload, lambda: reload.prove(self._wanted(), was))
        except (NotReloaded, ClusterError) as error:
            await self._record(reload.report, hashes, str(error).partition("\n")[0])
            raise
        await self._record(reload.report, hashes, "")
        done = restarted(proof.seconds) if proof.restarted else reloaded(proof.nodes, proof.away, proof.seconds)
        pulumi.log.info(done, self._component)

    async def _run(self, reload: Reload, function: Callable[[], T]) -> T:
        """Run what takes a while, never silently, and end it with the program."""

        def run() -> T:
            with driving(reload.stop):
                return function()

        try:
            with Voice(self._component).never_silent(lambda: f"reload: asking the pods of {self._workload}"):
                return await in_thread(run)
        except asyncio.CancelledError:
            reload.stop()
            raise

    async def _record(self, report: ReloadReport, hashes: tuple[str, str], reason: str) -> None:
        if not report.is_worth_a_record:
            return
        namespace = str(next(iter(self._config_maps.values()))["metadata"]["namespace"])
        subject = Subject(namespace, self._workload, "", self._config_hash)
        changes, of = self._explainer.what_reloads(), report.reloaded(one_line(reason))
        await self._explainer.audit.reloaded(subject, changes, of, hashes)

    async def _made(self) -> Reload:
        if self._reload is None:
            self._config_maps = (await plain_arguments({"config_maps": self._config_maps}))[0]["config_maps"]
            namespace = str(next(iter(self._config_maps.values()))["metadata"]["namespace"])
            cluster, say = await self._explainer.audit.find(), Voice(self._component).say
            self._reload = Reload(cluster, self._kind, (namespace, self._workload), self._check, say, self._canary)
        return self._reload

    def _wanted(self) -> Text:
        return text_of(self._config_maps, self._hash or "")

    def _earlier(self, texts: Mapping[str, Any], text_hash: str) -> Text:
        """Return an earlier text, in the ConfigMaps as they are to be."""
        bare = {
            name: {key: of for key, of in one.items() if key not in SECTIONS} for name, one in self._config_maps.items()
        }
        return text_of({name: {**one, **texts[name]} for name, one in bare.items() if name in texts}, text_hash)
