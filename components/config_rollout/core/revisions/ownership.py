"""
Who owns a DaemonSet of ours: one Pulumi stack and one component of it, as its annotations say.

So a second owner is refused before anything is written, and a component that was renamed or moved finds its objects.
Not here: the annotations and hooks themselves (prepare/ownership.py).
"""

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..arguments.finding import Finding
from ..kubernetes.annotations import COMPONENT_ANNOTATION, MANAGED_BY_LABEL, STACK_ANNOTATION
from ..kubernetes.daemon_sets import selector_of
from ..kubernetes.field_managers import FORCED, OWNER, managers_of
from ..kubernetes.labels import check_live_selector
from ..kubernetes.objects import Object

SAYS_WHO = f"metadata.annotations.{COMPONENT_ANNOTATION}"
NOTED = tuple(f"metadata.annotations.{key}" for key in (STACK_ANNOTATION, COMPONENT_ANNOTATION, *FORCED))
"""Where an object names its owner, and how it is written: a change there is reported in one sentence."""


@dataclass(frozen=True)
class Owner:
    """`stack` is ORGANIZATION/PROJECT/STACK, `component` TYPE::NAME; empty if not recorded."""

    stack: str = ""
    component: str = ""

    @classmethod
    def of(cls, thing: Object) -> "Owner":
        """Return the owner that an object names."""
        annotations = thing["metadata"].get("annotations") or {}
        return cls(str(annotations.get(STACK_ANNOTATION, "")), str(annotations.get(COMPONENT_ANNOTATION, "")))

    @property
    def urn(self) -> str:
        """The URN of the component. An organization is in no URN. Source: pulumi 3.259 sdk/go/common/resource/urn."""
        _, project, stack = self.stack.split("/", 2)
        return f"urn:pulumi:{stack}::{project}::{self.component}"

    def annotations(self) -> dict[str, str]:
        """Return the annotations that name it."""
        return {STACK_ANNOTATION: self.stack, COMPONENT_ANNOTATION: self.component}

    def __str__(self) -> str:
        return f"{component_words(self.component)} of stack {self.stack}" if self.component else f"stack {self.stack}"


@dataclass(frozen=True)
class Claim:
    """
    What a component is about to write: the DaemonSet NAMESPACE/NAME, and as whom.

    `selector` are the labels by which the DaemonSet finds its pods, `None` where an existing one is only patched.
    `may_select` tells whether the component takes others.
    """

    namespace: str
    name: str
    mine: Owner
    selector: Mapping[str, str] | None = None
    may_select: bool = True

    @property
    def where(self) -> str:
        """The DaemonSet, as findings name it."""
        return f"DaemonSet {self.namespace}/{self.name}"

    @property
    def handover(self) -> str:
        """The command that makes this component the owner."""
        values = " ".join(f"{key}={shlex.quote(value)}" for key, value in self.mine.annotations().items())
        return f"kubectl -n {self.namespace} annotate --overwrite daemonset {self.name} {values}"


def component_of(urn: str) -> str:
    """Return what a URN says of a component: TYPE::NAME."""
    return urn.split("::", 2)[2]


def component_words(component: str) -> str:
    """Return a component as messages name it: `ConfiguredDaemonSet 'agent'`."""
    kind, _, name = component.partition("::")
    return f"{kind.rpartition(':')[2]} '{name}'"


def owner_change(where: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """Return what an update changes about the owner of the DaemonSet NAMESPACE/NAME."""
    was, now = (Owner.of({"metadata": side.get("metadata") or {}}) for side in (old, new))
    if was.component in ("", now.component):
        return f"DaemonSet {where} now records its owner: {now}"
    before = was if was.stack != now.stack else component_words(was.component)
    return f"DaemonSet {where} changes its owner: {before} => {now}"


def check_owner(claim: Claim, daemon_set: Object | None, config_maps: Iterable[Object] = ()) -> list[Finding]:
    """
    Find that a different stack owns what a component is about to write, or that it could not be this component's.

    `config_maps` are those of the configuration; without a DaemonSet they tell that another stack is about to make one.
    """
    if daemon_set is None:
        return [finding for one in config_maps for finding in _check_config_map(claim, one)]
    owner = Owner.of(daemon_set)
    if owner.stack not in ("", claim.mine.stack):
        what = f"belongs to {owner}, but this is stack {claim.mine.stack}"
        fix = (
            "Remove it from this program, and before that from this stack's state if it is there, or it would be "
            f"deleted: `pulumi state delete --target-dependents '{claim.mine.urn}'`. If this stack is to own it, "
            f"because that one has released it, was renamed, or no longer exists: {claim.handover}"
        )
        return [Finding(claim.where, what, fix)]
    return _check_selector(claim, daemon_set)


def alias_of(claim: Claim, daemon_set: Object | None) -> str:
    """
    Return the URN that this DaemonSet's component had, if it is one of this stack; else nothing.

    The component's own URN as its alias does no harm. Source: pulumi 3.259 deploy/step_generator.go `getOldResource`.
    """
    owner = Owner.of(daemon_set) if daemon_set else Owner()
    return owner.urn if owner.stack == claim.mine.stack and owner.component else ""


def check_new(claim: Claim, daemon_set: Object | None, has_alias: bool = True) -> list[Finding]:
    """
    Find that a DaemonSet which is not in this stack's state already exists, and is not this component's.

    Without `has_alias` the component could not look for its earlier URN before it was registered.
    """
    if daemon_set is None or claim.selector is None:
        return []
    owner, managers = Owner.of(daemon_set), managers_of(daemon_set)
    if not managers:
        return [_foreign(claim, daemon_set)]
    if not owner.component and OWNER in managers:
        what = (
            "already exists, and is not in this stack's state; an earlier version created it without recording "
            "the owner"
        )
        fix = (
            "If this component was renamed or moved, pass its old name: aliases=[pulumi.Alias(name='OLD NAME')]. If "
            "the "
            f"state was lost, or the stack that had it has released it: {claim.handover}"
        )
        return [Finding(claim.where, what, fix)]
    if not has_alias and owner.component not in ("", claim.mine.component):
        what = f"belongs to {component_words(owner.component)} of this stack"
        fix = (
            f"If that is this component's previous name or parent, pass aliases=['{owner.urn}']: with an Output as "
            f"`namespace` it cannot find this by itself. If that component no longer exists: {claim.handover}"
        )
        return [Finding(claim.where, what, fix)]
    return []


def check_moved(claim: Claim, daemon_set: Object | None) -> list[Finding]:
    """Find that a component whose name or namespace changes would take over what another component made."""
    if daemon_set is None or claim.selector is None or Owner.of(daemon_set).component == claim.mine.component:
        return check_new(claim, daemon_set)
    if not managers_of(daemon_set):
        return [_foreign(claim, daemon_set)]
    owner = Owner.of(daemon_set).component
    whose = f"belongs to {component_words(owner)} of this stack" if owner else "was created by another component"
    fix = f"Keep `name` and `namespace`. If that component has released it: {claim.handover}"
    return [Finding(claim.where, f"{whose}, and this component has a different DaemonSet", fix)]


def maker(daemon_set: Object) -> str:
    """
    Return who made an object that is not ours, as its annotations, labels and field managers say.

    Source: helm 3 pkg/action/validate.go (annotations `meta.helm.sh/`); Kubernetes "Recommended Labels", "Server-Side
    Apply" (`managedFields`).
    """
    metadata = daemon_set["metadata"]
    annotations, labels = metadata.get("annotations") or {}, metadata.get("labels") or {}
    if release := annotations.get("meta.helm.sh/release-name"):
        return f"Helm (release {annotations.get('meta.helm.sh/release-namespace', '?')}/{release})"
    entries = [entry for entry in metadata.get("managedFields") or [] if not entry.get("subresource")]
    names = list(dict.fromkeys(str(entry.get("manager")) for entry in entries))
    by = labels.get(MANAGED_BY_LABEL)
    signs = [*([str(by)] if by else []), *([f"field manager {', '.join(names)}"] if names else [])]
    return f"something else ({'; '.join(signs)})" if signs else "something else"


def _foreign(claim: Claim, daemon_set: Object) -> Finding:
    """
    Tell that something else made the DaemonSet, and how to take it over.

    Pods that are orphaned keep the label `pod-template-generation`, and one that says 1 is new to the new DaemonSet.
    Source: kubernetes 1.36 pkg/controller/daemon/util/daemonset_util.go `IsPodUpdated`.
    """
    what, selector = f"already exists, created by {maker(daemon_set)}", daemon_set["spec"]["selector"]
    other = "ive this component another `name`"
    if selector.get("matchExpressions"):
        return Finding(claim.where, f"{what}, with the selector {selector}, which cannot be changed", f"G{other}")
    labels, kubectl = selector["matchLabels"], f"kubectl -n {claim.namespace}"
    differs = labels != dict(claim.selector or {})
    commands = (
        f"`{kubectl} delete daemonset {claim.name} --cascade=orphan`, "
        f"`{kubectl} label pods -l {selector_of(daemon_set)} pod-template-generation-`"
    )
    fix = (
        f"To take it over, {f'pass selector={labels}, ' if differs else ''}make sure that nothing recreates it, run "
        f"{commands}, and then run this again: its pods stay until `up` replaces them one after the other. Or g{other}"
    )
    return Finding(
        claim.where, f"{what}{f', with the selector {labels}, which cannot be changed' if differs else ''}", fix
    )


def _check_config_map(claim: Claim, config_map: Object) -> list[Finding]:
    """Find a ConfigMap of another stack without a DaemonSet; one that has owners only waits to be collected."""
    if "metadata" not in config_map or config_map["metadata"].get("ownerReferences"):
        return []
    owner, name = Owner.of(config_map), config_map["metadata"]["name"]
    if owner.stack in ("", claim.mine.stack):
        return []
    what = f"belongs to {owner}, whose DaemonSet does not exist, but this is stack {claim.mine.stack}"
    delete = f"kubectl -n {claim.namespace} delete configmap {name}"
    fix = f"Let that stack's `up` finish. If that stack no longer needs it: {delete}"
    return [Finding(f"ConfigMap {claim.namespace}/{name}", what, fix)]


def _check_selector(claim: Claim, daemon_set: Object) -> list[Finding]:
    """Find a DaemonSet with a different selector, and who made it if it is not ours."""
    findings = [] if claim.selector is None else check_live_selector(claim.selector, daemon_set)
    if findings and not managers_of(daemon_set):
        return [_foreign(claim, daemon_set)]
    if findings and not claim.may_select:
        fix = "Keep the component that created it, or remove it there first"
        return [
            Finding(claim.where, f"was created by another component, with the selector {selector_of(daemon_set)}", fix)
        ]
    return findings
