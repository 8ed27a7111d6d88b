"""
Who owns a workload of ours: one Pulumi stack and one component of it, as its annotations say.

So a second owner is refused before anything is written, and a component that was renamed or moved finds its objects.
Not here: the annotations and hooks themselves (prepare/ownership.py).
"""

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..arguments.finding import Finding
from ..kubernetes.annotations import COMPONENT_ANNOTATION, MANAGED_BY_LABEL, STACK_ANNOTATION
from ..kubernetes.field_managers import FORCED, OWNER, managers_of, others
from ..kubernetes.labels import check_live_selector
from ..kubernetes.objects import Object
from ..kubernetes.stateful_sets import check_fixed
from ..kubernetes.workload_kinds import DAEMON_SET, KINDS, WorkloadKind
from ..kubernetes.workloads import name_of, selector_of

SAYS_WHO = f"metadata.annotations.{COMPONENT_ANNOTATION}"
NOTED = tuple(f"metadata.annotations.{key}" for key in (STACK_ANNOTATION, COMPONENT_ANNOTATION, *FORCED))
"""Where an object names its owner, and how it is written: a change there is reported in one sentence."""

_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


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
    What a component is about to write: the workload NAMESPACE/NAME, and as whom.

    `selector` are the labels by which it finds its pods, `None` where an existing one is only patched.
    `may_select` tells whether the component takes others, `take_over` whether it takes what someone else made.
    """

    namespace: str
    name: str
    mine: Owner
    selector: Mapping[str, str] | None = None
    may_select: bool = True
    take_over: bool = False
    kind: WorkloadKind = DAEMON_SET
    fixed: Mapping[str, Any] = field(default_factory=dict)
    """Those of the kind's `fixed` fields that are known, as the program wants them."""

    @property
    def where(self) -> str:
        """The workload, as findings name it."""
        return self.kind.where(self.namespace, self.name)

    def takes(self, workload: Object | None) -> bool:
        """Return whether this is about to take a workload over: it is not this stack's by now."""
        return self.take_over and workload is not None and Owner.of(workload).stack != self.mine.stack

    @property
    def handover(self) -> str:
        """The command that makes this component the owner."""
        values = " ".join(f"{key}={shlex.quote(value)}" for key, value in self.mine.annotations().items())
        return f"kubectl -n {self.namespace} annotate --overwrite {self.kind.word} {self.name} {values}"


def component_of(urn: str) -> str:
    """Return what a URN says of a component: TYPE::NAME."""
    return urn.split("::", 2)[2]


def component_words(component: str) -> str:
    """Return a component as messages name it: `ConfiguredDaemonSet 'agent'`."""
    kind, _, name = component.partition("::")
    return f"{kind.rpartition(':')[2]} '{name}'"


def owner_change(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """Return what an update changes about the owner of a workload."""
    where = name_of(new)
    was, now = (Owner.of({"metadata": side.get("metadata") or {}}) for side in (old, new))
    if was.component in ("", now.component):
        return f"{where} now records its owner: {now}"
    before = was if was.stack != now.stack else component_words(was.component)
    return f"{where} changes its owner: {before} => {now}"


def check_owner(
    claim: Claim, workload: Object | None, config_maps: Iterable[Object] = (), secrets: Iterable[Object] = ()
) -> list[Finding]:
    """
    Find that a different stack owns what a component is about to write, or that it could not be this component's.

    `config_maps` and `secrets` are those of the configuration that are there; without a workload the ConfigMaps tell
    that another stack is about to make one.
    """
    config_maps = list(config_maps)
    both = [("ConfigMap", config_maps), ("Secret", secrets)]
    if others := [finding for kind, every in both for one in every for finding in _check_other_kind(claim, kind, one)]:
        return others
    if workload is None:
        return [finding for one in config_maps for finding in _check_config_map(claim, one)]
    owner = Owner.of(workload)
    if claim.takes(workload):
        fixed = check_fixed(claim.fixed, workload, claim.where, takes=True)
        return [*check_controller(claim.where, workload), *_check_selector(claim, workload), *fixed]
    if owner.stack not in ("", claim.mine.stack):
        what = f"belongs to {owner}, but this is stack {claim.mine.stack}"
        fix = (
            "Remove it from this program, and before that from this stack's state if it is there, or it would be "
            f"deleted: `pulumi state delete --target-dependents '{claim.mine.urn}'`. If this stack is to own it, "
            f"because that one has released it, was renamed, or no longer exists: {claim.handover}"
        )
        return [Finding(claim.where, what, fix)]
    return [*_check_selector(claim, workload), *check_fixed(claim.fixed, workload, claim.where)]


def alias_of(claim: Claim, workload: Object | None) -> str:
    """
    Return the URN that this workload's component had, if it is one of this stack; else nothing.

    The component's own URN as its alias does no harm. Source: pulumi 3.259 deploy/step_generator.go `getOldResource`.
    """
    owner = Owner.of(workload) if workload else Owner()
    return owner.urn if owner.stack == claim.mine.stack and owner.component else ""


def check_new(claim: Claim, workload: Object | None, has_alias: bool = True) -> list[Finding]:
    """
    Find that a workload which is not in this stack's state already exists, and is not this component's.

    Without `has_alias` the component could not look for its earlier URN before it was registered.
    """
    if workload is None or claim.selector is None or claim.takes(workload):
        return []
    owner, managers = Owner.of(workload), managers_of(workload)
    if not managers:
        return [_foreign(claim, workload)]
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


def check_moved(claim: Claim, workload: Object | None) -> list[Finding]:
    """Find that a component whose name or namespace changes would take over what another component made."""
    if claim.takes(workload):
        what = "exists, and this component has a different " + claim.kind.kind
        fix = "Keep `name` and `namespace`, and take it over with a component of its own"
        return [Finding(claim.where, what, fix)]
    if workload is None or claim.selector is None or Owner.of(workload).component == claim.mine.component:
        return check_new(claim, workload)
    if not managers_of(workload):
        return [_foreign(claim, workload)]
    owner = Owner.of(workload).component
    whose = f"belongs to {component_words(owner)} of this stack" if owner else "was created by another component"
    fix = f"Keep `name` and `namespace`. If that component has released it: {claim.handover}"
    return [Finding(claim.where, f"{whose}, and this component has a different {claim.kind.kind}", fix)]


def check_taken(claim: Claim, was: Mapping[str, Any], workload: Object | None) -> list[Finding]:
    """Find that another stack has taken over what this one has in its state; `was` is what this one wrote last."""
    mine = Owner.of({"metadata": was.get("metadata") or {}}).stack == claim.mine.stack
    return check_owner(replace(claim, take_over=False), workload) if mine and workload else []


def maker(workload: Object) -> str:
    """
    Return who made an object that is not ours, as its annotations, labels and field managers say.

    Source: helm 3 pkg/action/validate.go (annotations `meta.helm.sh/`); kubectl 0.36 pkg/cmd/apply (field managers);
    pulumi-kubernetes 4.25 provider.go `fieldManagerName`; Kubernetes "Recommended Labels", "Server-Side Apply".
    """
    metadata = workload["metadata"]
    annotations, labels = metadata.get("annotations") or {}, metadata.get("labels") or {}
    if (owner := Owner.of(workload)).stack:
        return str(owner)
    if release := helm_release(workload):
        return f"Helm (release {release[0]}/{release[1]})"
    names = list(dict.fromkeys(str(one.get("manager")) for one in others(workload)))
    listed = f"field manager {', '.join(names)}" if names else ""
    if by := labels.get(MANAGED_BY_LABEL):
        return f"something else ({'; '.join(filter(None, (str(by), listed)))})"
    if "kubectl-client-side-apply" in names or _APPLIED in annotations:
        return "`kubectl apply`"
    if pulumi := next((name for name in names if name.startswith("pulumi-kubernetes")), ""):
        return f"another Pulumi program (field manager {pulumi})"
    return f"something else ({listed})" if listed else "something else"


def helm_release(thing: Object) -> tuple[str, str] | None:
    """Return namespace and name of the Helm release that an object belongs to, if it says so."""
    annotations = thing["metadata"].get("annotations") or {}
    release = annotations.get("meta.helm.sh/release-name")
    return (str(annotations.get("meta.helm.sh/release-namespace", "?")), str(release)) if release else None


def _foreign(claim: Claim, workload: Object) -> Finding:
    """Tell that something else made the workload, and how to take it over."""
    what, selector = f"already exists, created by {maker(workload)}", workload["spec"]["selector"]
    other = "ive this component another `name`"
    if selector.get("matchExpressions"):
        return Finding(claim.where, f"{what}, with the selector {selector}, which cannot be changed", f"G{other}")
    labels = selector["matchLabels"]
    differs = labels != dict(claim.selector or {})
    wanting = {"take_over=True": not claim.take_over, f"selector={labels}": differs}
    passed = " and ".join(argument for argument, is_missing in wanting.items() if is_missing)
    ways = f"To take it over, pass {passed}: preview shows what changes. Or g" if passed else "G"
    fixed = f", with the selector {labels}, which cannot be changed" if differs else ""
    return Finding(claim.where, f"{what}{fixed}", f"{ways}{other}")


def check_controller(where: str, workload: Object) -> list[Finding]:
    """Find a controller that would write the workload again. Source: Kubernetes "Owners and Dependents"."""
    owners = [one for one in workload["metadata"].get("ownerReferences") or [] if one.get("controller")]
    fix = "Have that release it first, or give this component another `name`"
    what = "is controlled by {kind} '{name}', which would overwrite it"
    return [Finding(where, what.format(kind=one["kind"], name=one["name"]), fix) for one in owners]


def _check_config_map(claim: Claim, config_map: Object) -> list[Finding]:
    """Find a ConfigMap of another stack without a workload; one that has owners only waits to be collected."""
    if "metadata" not in config_map or config_map["metadata"].get("ownerReferences"):
        return []
    owner, name = Owner.of(config_map), config_map["metadata"]["name"]
    if owner.stack in ("", claim.mine.stack):
        return []
    what = f"belongs to {owner}, whose {claim.kind.kind} does not exist, but this is stack {claim.mine.stack}"
    delete = f"kubectl -n {claim.namespace} delete configmap {name}"
    fix = f"Let that stack's `up` finish. If that stack no longer needs it: {delete}"
    return [Finding(f"ConfigMap {claim.namespace}/{name}", what, fix)]


def _check_other_kind(claim: Claim, kind: str, thing: Object) -> list[Finding]:
    """Find an object of the same name and content that is for a workload of another kind: each would take it."""
    labels = (thing.get("metadata") or {}).get("labels") or {}
    others = [of for of in KINDS.values() if of is not claim.kind and labels.get(of.label) == claim.name]
    if not others:
        return []
    what = f"would share {kind} {thing['metadata']['name']} with {others[0].where(claim.namespace, claim.name)}"
    return [Finding(claim.where, what, "Give this component another `name`")]


def _check_selector(claim: Claim, workload: Object) -> list[Finding]:
    """Find a workload with a different selector, and who made it if it is not ours."""
    findings = [] if claim.selector is None else check_live_selector(claim.selector, workload)
    if findings and (claim.takes(workload) or not managers_of(workload)):
        return [_foreign(claim, workload)]
    if findings and not claim.may_select:
        fix = "Keep the component that created it, or remove it there first"
        return [
            Finding(claim.where, f"was created by another component, with the selector {selector_of(workload)}", fix)
        ]
    return findings
