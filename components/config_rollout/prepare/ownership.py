"""
Looks after who owns the workload of one component: refused where it is another's, noted on what is made.

Not here: what is refused, and in which words (core/revisions/ownership.py).
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary

import pulumi

from ..cluster.client import ClusterError, Object
from ..core.arguments.finding import Finding
from ..core.kubernetes.annotations import COMPONENT_ANNOTATION, STACK_ANNOTATION
from ..core.kubernetes.stateful_sets import check_fixed
from ..core.kubernetes.workload_kinds import WorkloadKind
from ..core.revisions import ownership
from ..core.revisions.observation import Observation
from ..core.revisions.ownership import Claim, Owner
from ..hooks.listeners import Listeners, refusing
from ..hooks.run import this_run
from ..hooks.threads import in_thread
from ..hooks.who import stack_name
from .cluster import find_cluster
from .errors import BadArguments
from .revisions import Reading

_CLUSTER = ("kubeconfig", "context")

_claimed: WeakKeyDictionary[object, dict[tuple[str, str, str], "Ownership"]] = WeakKeyDictionary()
"""(server, namespace, name) -> the component that has it, of each run of a program."""


class Ownership:
    """
    The owner of one workload.

    Args:
      who: The component, for what is refused.
      component: Its type and name.
      where: Kind, namespace and name of the workload. Where that or the cluster is an Output, the hooks read it.
      selector: The labels by which the workload finds its pods; `None` where an existing one is only patched.
      reading: What the cluster has.
      plain: Where the cluster is: `kubeconfig`, `context`; and `take_over`.
      may_select: Whether the component takes another selector.
      spec: What stands beside the pod template.

    Raises:
      BadArguments: Something else owns the workload.

    """

    def __init__(
        self,
        who: str,
        component: tuple[str, str],
        where: tuple[WorkloadKind, Any, str],
        selector: Mapping[str, str] | None,
        reading: Reading,
        plain: Mapping[str, Any],
        may_select: bool = False,
        spec: Mapping[str, Any] | None = None,
    ) -> None:
        self._who, self._component, self._reading, self._plain = who, component, reading, plain
        kind, namespace, workload = where
        named, observation = isinstance(namespace, str), reading.observation
        self._is_known = named and reading.later is None
        mine = Owner(stack_name(), "::".join(component))
        take_over = bool(plain.get("take_over"))
        fixed = {field: _known(value) for field, value in (spec or {}).items() if field in kind.fixed}
        fixed = {field: value for field, value in fixed.items() if not isinstance(value, pulumi.Output)}
        claimed = namespace if named else "", workload, mine, selector, may_select, take_over, kind
        self._claim = Claim(*claimed, fixed)
        if self._is_known:
            twice = self._check_twice(self._claim, observation.server)
            self._refuse([*twice, *_check_owner(self._claim, observation)])

    @property
    def takes(self) -> bool:
        """Whether the component is about to take over what someone else made."""
        return self._claim.takes(self._reading.observation.workload)

    def aliases(self) -> list[str]:
        """Return what this component was before it was renamed or moved, as the workload says."""
        alias = ownership.alias_of(self._claim, self._reading.observation.workload)
        return [alias] if alias else []

    def of_component(self) -> Listeners:
        """Return the listeners of the component: in preview too, they refuse what this stack's state does not have."""
        return Listeners([refusing(self._before_create)], [refusing(self._before_update)])

    def of_workload(self) -> Listeners:
        """Return the listeners of the workload: an `up` that stopped may have left a component without one."""
        taken = [refusing(self._refuse_taken)] if self._claim.take_over else []
        return Listeners([refusing(self._before_first)], taken)

    def annotations(self, component: pulumi.Resource) -> dict[str, pulumi.Input[str]]:
        """Return what stands on each object of the component. Not its output: then it would be a dependency."""

        async def qualified() -> str:
            return ownership.component_of(str(await component.urn.future()))

        whole: pulumi.Output[Any] = pulumi.Output.from_input(asyncio.ensure_future(qualified()))
        return {STACK_ANNOTATION: self._claim.mine.stack, COMPONENT_ANNOTATION: whole}

    @property
    def fixed(self) -> dict[str, Any] | None:
        """
        What the component records of the fields that no workload gets in place, where they are not compared at once.

        The engine ignores changes of these in the workload itself, so only this makes the hook run that refuses them.
        """
        stated = {field: value for field, value in self._claim.fixed.items() if value is not None}
        return None if self._is_known else stated or None

    def _check_twice(self, claim: Claim, server: str) -> list[Finding]:
        """Find another component of this program with the same workload, or with a name that makes the same objects."""
        claimed = _claimed.setdefault(this_run(), {})
        cluster = server or str([self._plain.get(key) for key in _CLUSTER])  # which could not be read
        first = claimed.setdefault((cluster, claim.namespace, claim.name), self)
        if first is self:
            return []
        what = "already owns it" if first._claim.kind is claim.kind else f"already has {first._claim.where}"
        return [Finding(claim.where, f"{first._who} of this program {what}", "Give one of them another `name`")]

    async def _before_create(self, args: pulumi.ResourceHookArgs) -> None:
        claim, observation = self._told(args), await self._reading.resolved()
        findings: list[Finding] = []
        if observation.is_read and not self._is_known:
            twice = self._check_twice(claim, observation.server)
            findings = [*twice, *_check_owner(claim, observation)]
        self._refuse(findings or ownership.check_new(claim, observation.workload, self._is_known))

    async def _before_first(self, args: pulumi.ResourceHookArgs) -> None:
        # Read again: what is to be replaced under its own name has been deleted by now.
        claim = self._told(args)
        self._refuse(ownership.check_new(claim, await self._read(claim), self._is_known))

    async def _before_update(self, args: pulumi.ResourceHookArgs) -> None:
        claim, old = self._told(args), args.old_inputs or {}
        if claim.namespace and (old.get("namespace"), old.get("name")) != (claim.namespace, claim.name):
            self._refuse(ownership.check_moved(claim, (await self._reading.resolved()).workload))
        elif not self._is_known and (workload := (await self._reading.resolved()).workload):
            self._refuse([*check_fixed(claim.fixed, workload, claim.where)])

    async def _refuse_taken(self, args: pulumi.ResourceHookArgs) -> None:
        claim, observation = self._told(args), await self._reading.resolved()
        self._refuse(ownership.check_taken(claim, args.old_inputs or {}, observation.workload))

    def _told(self, args: pulumi.ResourceHookArgs) -> Claim:
        """Return the claim with what the engine knows: the parents' types, and a namespace that was an Output."""
        kind, name = self._component
        parents = ownership.component_of(str(args.urn)).partition(kind)[0]
        mine = replace(self._claim.mine, component=f"{parents}{kind}::{name}")
        inputs = args.new_inputs or {}
        namespace = inputs.get("namespace") or (inputs.get("metadata") or {}).get("namespace")
        if not self._is_known and isinstance(namespace, str):
            return replace(self._claim, mine=mine, namespace=namespace)
        return replace(self._claim, mine=mine)

    async def _read(self, claim: Claim) -> Object | None:
        """Return the workload as it is; nothing where its place is not known in preview, or cannot be read."""
        arguments = {key: self._plain[key] for key in _CLUSTER if key in self._plain}
        plain = {key: await of.future() if isinstance(of, pulumi.Output) else of for key, of in arguments.items()}
        if not claim.namespace or None in plain.values():
            return None
        what = claim.kind.resource, claim.name, claim.namespace
        with suppress(ClusterError):
            return await in_thread(lambda: find_cluster(plain).get(*what))
        return None

    def _refuse(self, findings: list[Finding]) -> None:
        if findings:
            raise BadArguments.of(self._who, findings)


def _check_owner(claim: Claim, observation: Observation) -> list[Finding]:
    secrets = observation.secrets.values()
    return ownership.check_owner(claim, observation.workload, observation.wanted_config_maps, secrets)


def _known(value: Any) -> Any:
    """Return a structure with `None` for each Output in it: what it says is not compared."""
    if isinstance(value, Mapping):
        return {key: _leaf(item) for key, item in value.items()}
    return [_leaf(item) for item in value] if isinstance(value, list) else value


def _leaf(value: Any) -> Any:
    return None if isinstance(value, pulumi.Output) else _known(value)
