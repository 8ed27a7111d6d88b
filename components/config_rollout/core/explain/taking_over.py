"""
Taking over a workload that someone else made: what of it changes, what that costs, and who had it.

Not here: who may take it over (core/revisions/ownership.py), and whose its fields are then (core/kubernetes/).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from ..configuration.content import Content
from ..configuration.diff import FieldChange, KeyChange, diff_values
from ..configuration.secret_content import secret_of
from ..kubernetes.annotations import CONFIG_HASH_ANNOTATION, EXTERNAL_ANNOTATION, MANAGED_BY_LABEL
from ..kubernetes.field_managers import others
from ..kubernetes.objects import Object
from ..kubernetes.pod_spec import Path, follow, secret_references
from ..kubernetes.strategies import strategy_of
from ..kubernetes.workload_kinds import DAEMON_SET, WorkloadKind
from ..kubernetes.workloads import replaced_pods
from ..markers import ABSENT, UNKNOWN
from ..revisions.config_maps import content_of, mounted
from ..revisions.ownership import Owner, helm_release, maker
from ..waves.words import WavePlan, rolling_restart
from ..words.changes import NO_RESTART, field_lines, lines_of_keys
from ..workload.configuration import Configuration, diff_configurations
from ..workload.secret import Secret, SecretSource
from .counterparts import counterparts
from .drift import moment, short_path
from .previous import recorded
from .reasons import is_note

_TEMPLATE = "spec.template."
_MAKERS = (
    "metadata.annotations.kubectl.kubernetes.io/last-applied-configuration",
    "metadata.annotations.meta.helm.sh/",
    "metadata.annotations.deprecated.daemonset.template.generation",
    f"metadata.labels.{MANAGED_BY_LABEL}",
)
"""What a tool notes on a workload for itself; the first holds the whole of it once more."""


_SCALED = ("replicas",)
"""Fields of `spec` that stay as they are where the program leaves them out: an autoscaler may have set them."""

UNCHANGED = "  = configuration: unchanged"


@dataclass(frozen=True)
class ReadNow:
    """
    What the pods of a live workload read, name -> object, as far as it is there.

    `hidden` is name -> the permission that is missing, of Secrets that may not be read.
    """

    config_maps: Mapping[str, Object] = field(default_factory=dict)
    secrets: Mapping[str, Object] = field(default_factory=dict, repr=False)
    hidden: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class TakeOver:
    """
    A workload that someone else made. Objects are as the API server sends them.

    Args:
      live: It, as it is.
      wanted: What the program writes, with camelCase keys.
      configuration: What its pods are to read.
      now: What they read now.
      result: What the API server makes of it, with its defaults; `None` if it could not be asked, because of `why`.
      plan: How the restart goes, wave by wave.
      secret: Whether something of `wanted` is secret.
      secrets: The Secrets of `configuration` that are the program's own.
      kind: The kind of workload.

    """

    live: Object
    wanted: Mapping[str, Any]
    configuration: Configuration
    now: ReadNow = field(default_factory=ReadNow)
    result: Object | None = None
    why: str = ""
    plan: WavePlan | None = None
    secret: bool = False
    secrets: Sequence[SecretSource] = ()
    kind: WorkloadKind = DAEMON_SET

    @property
    def restarts(self) -> bool:
        """Whether the pod template changes, which is what makes Kubernetes restart pods."""
        return any(change.path.startswith(_TEMPLATE) for change in self._every)

    @cached_property
    def keys(self) -> list[KeyChange]:
        """What changes in the configuration: from the ConfigMaps and Secrets that the pods read now."""
        read = {reference.name for reference in secret_references(self._pod_spec)}
        same = [secret for secret in self.configuration.external_secrets if secret.name in read]
        before = Configuration(Configuration.of(self._contents()).sources, [*self._secrets_before(), *same])
        return diff_configurations(before, self.configuration)

    @property
    def template_changes(self) -> list[FieldChange]:
        """What changes in the pod template but for the configuration."""
        changes = [one for one in self._every if one.path.startswith(_TEMPLATE) and not _is_hash(one)]
        return [replace(one, path=short_path(one.path)) for one in changes]

    def explain(self) -> str:
        """Return what is taken over and what that costs; the first line alone says the most important."""
        where = self.kind.where(self.live["metadata"]["namespace"], self.live["metadata"]["name"])
        lines = [headline(self.live, self.kind, self.restarts)]
        lines += lines_of_keys(self.keys) or [UNCHANGED]
        lines += [*self._hidden_lines(), *self._field_lines(), *self._source_lines()]
        left_out = f"not shown is what this program leaves out: {self.why}"
        lines.append(f"  {left_out}" if self.why else nothing_else(self.kind))
        if self.restarts:
            lines.append(restarts_once([kind for kind, names in self._names.items() if names]))
        lines += [*self._managers(), *self._unused_lines(), *self._advice()]
        if self.restarts:
            strategy = strategy_of(self.kind, self._after["spec"].get(self.kind.strategy))
            lines.append(f"  {rolling_restart(where, self.plan, strategy)}")
        return "\n".join(lines)

    @property
    def _pod_spec(self) -> Mapping[str, Any]:
        pod_spec: Mapping[str, Any] = self.live["spec"]["template"]["spec"]
        return pod_spec

    @cached_property
    def _names(self) -> dict[str, dict[str, str]]:
        """Kind -> name in the program's pod spec -> name of the object of ours that holds it."""
        name = self.live["metadata"]["name"]
        return {
            "ConfigMap": self.configuration.object_names(name),
            "Secret": self.configuration.secret_names(name),
        }

    @property
    def _before(self) -> dict[str, Any]:
        if self.result:
            return _shape(self.live)
        before = recorded(_shape(self.live), {}, _shape(self.wanted))
        return dict(before) if isinstance(before, Mapping) else {}

    @property
    def _after(self) -> dict[str, Any]:
        return _shape(self.result or self.wanted)

    @cached_property
    def _every(self) -> list[FieldChange]:
        """All changes, with each ConfigMap and Secret called as the program calls it."""
        before = _with_names(self._before, *(_reversed(self._pairs[kind]) for kind in ("ConfigMap", "Secret")))
        after = _with_names(self._after, *(_reversed(self._names[kind]) for kind in ("ConfigMap", "Secret")))
        return diff_values(before, after)

    @cached_property
    def _pairs(self) -> dict[str, dict[str, str]]:
        """Kind -> name in the program's pod spec -> name of the object that the pods read now in its place."""
        then = self._after["spec"]["template"]["spec"]
        others_own = {
            "ConfigMap": [source.name for source in self.configuration.sources if source.external],
            "Secret": [secret.name for secret in self.configuration.external_secrets],
        }
        return {
            kind: counterparts(self._pod_spec, then, names, others_own[kind], kind)
            for kind, names in self._names.items()
        }

    def _contents(self) -> dict[str, Content]:
        """Return what the pods read now of each ConfigMap; nothing where there is none."""
        contents = {}
        for source in self.configuration.sources:
            called = source.name if source.external else self._pairs["ConfigMap"].get(source.name, "")
            live = self.now.config_maps.get(called)
            contents[source.name] = _as_read(content_of(live, source.content), source.content) if live else Content()
        return contents

    def _secrets_before(self) -> list[Secret]:
        """Return what may be known of the Secrets that the pods read now; one that is hidden counts as unchanged."""
        before = []
        for source in self.secrets:
            called = self._pairs["Secret"].get(source.name, "")
            live = self.now.secrets.get(called)
            if source.unknown or called in self.now.hidden:
                before.append(source.public)
            elif live:
                secret = secret_of(live, source.content)
                as_read = replace(secret, content=_as_read(secret.content, source.content))
                before.append(source.of(as_read).public)
        return before

    def _hidden_lines(self) -> list[str]:
        """Return which Secrets could not be compared, and which permission that needs."""
        pairs, hidden = self._pairs["Secret"].items(), self.now.hidden
        why = {name: hidden[live] for name, live in pairs if live in hidden}
        return [f"  ? Secret {name}: not compared, since this user may not {right}" for name, right in why.items()]

    def _field_lines(self) -> list[str]:
        changes = [one for one in self._every if not _is_hash(one) and not is_note(one)]
        notes = [one for one in changes if one.path.startswith(_MAKERS)]
        lines = []
        for change in changes:
            if change not in notes:
                note = "" if change.path.startswith(_TEMPLATE) else NO_RESTART
                lines += field_lines(replace(change, path=short_path(change.path)), self.secret, note)
        if notes:
            lines.append(f"- annotations and labels of its maker's own ({len(notes)}){NO_RESTART}")
        return [f"  {line}" for line in lines]

    def _source_lines(self) -> list[str]:
        return [
            f"  ~ the pods' {kind}: {live} => {self._names[kind][name]}"
            for kind, pairs in self._pairs.items()
            for name, live in pairs.items()
            if live != self._names[kind][name]
        ]

    def _managers(self) -> list[str]:
        """Return who wrote what is there, and when: all of it is this program's from now on, but for what is scaled."""
        who = dict.fromkeys(f"{one.get('manager')} ({moment(str(one.get('time') or ''))})" for one in others(self.live))
        lines = [f"  {', '.join(who)} wrote it: what this program leaves out of that goes"] if who else []
        scaler = next((str(one["manager"]) for one in _scaling(self.live)), "")
        if scaler and any(change.path == "spec.replicas" for change in self._every):
            lines.append(f"  {scaler} scales it: leave `replicas` out, and their number stays as it is")
        return lines

    def _unused_lines(self) -> list[str]:
        """Return which ConfigMaps and Secrets no new pod reads."""
        namespace, undo = self.live["metadata"]["namespace"], "`kubectl rollout undo` needs it"
        unused = [(of, one) for of in self._names for one in sorted(mounted(self.live, of) - mounted(self._after, of))]
        return [f"  {of} {namespace}/{name} stays; no new pod reads it, but {undo}" for of, name in unused]

    def _advice(self) -> list[str]:
        """Return what is to be done so that whoever made it does not write or delete it again."""
        owner, names = Owner.of(self.live), [str(one.get("manager")) for one in others(self.live)]
        if owner.stack and owner.component:
            forget = f"pulumi state delete --target-dependents '{owner.urn}'"
            return [f"  stack {owner.stack} would delete what it still has in its state; there, run", f"    {forget}"]
        if release := helm_release(self.live):
            forget = f"kubectl -n {release[0]} delete secret -l owner=helm,name={release[1]}"
            return [
                "  `helm upgrade` would overwrite it, and `helm uninstall` delete it; to make Helm forget the release",
                "  and leave everything that is in it, run",
                f"    {forget}",
            ]
        if any(name.startswith("pulumi-kubernetes") for name in names):
            return [
                "  the stack that made it would delete what it still has in its state, and so would this one, where it",
                "  is in a resource of another name; there, run `pulumi state delete` with its URN",
            ]
        if any(name.startswith("kubectl") for name in names):
            return ["  `kubectl apply` of its old manifest would overwrite it: take it out of there"]
        return []


def headline(live: Object, kind: WorkloadKind, restarts: bool) -> str:
    """Return which workload is taken over, who made it, and what that costs."""
    metadata, pods = live["metadata"], replaced_pods(live, kind)
    many = f" of {pods:,} pod{'' if pods == 1 else 's'}" if pods else ""
    what = f"one rolling restart{many}" if restarts else "nothing restarts"
    return f"takes over {kind.where(metadata['namespace'], metadata['name'])}, created by {maker(live)}: {what}"


def restarts_once(kinds: Sequence[str] = ("ConfigMap",)) -> str:
    """Return the line on what the one restart is for; `kinds` are those of the objects that the pods get then."""
    objects = " and ".join(f"a {kind}" for kind in kinds)
    what = f"get {objects} of their own revision" if kinds else "say which configuration they read"
    return f"  it restarts once so that its pods {what}; after that only a changed configuration restarts them"


def nothing_else(kind: WorkloadKind = DAEMON_SET) -> str:
    """Return the line that ends the list of what changes in a workload."""
    return f"  nothing else of the {kind.kind} changes"


def replacing(live: Object, wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
    """
    Return the operations of a JSON Patch that make of a live workload what taking it over makes of it.

    What others have noted on it stays where no field manager that goes has it, and so does what is `left_alone`.
    """
    kept = {name: live["spec"][name] for name in left_alone(wanted) if name in live["spec"]}
    operations = [{"op": "replace", "path": "/spec", "value": {**_without_nulls(wanted["spec"]), **kept}}]
    for section in ("labels", "annotations"):
        theirs = {name for one in others(live) for name in _named(one, section)}
        kept = {key: of for key, of in (live["metadata"].get(section) or {}).items() if f"f:{key}" not in theirs}
        value = {**kept, **(wanted["metadata"].get(section) or {})}
        operations.append({"op": "add", "path": f"/metadata/{section}", "value": value})
    return operations


def left_alone(wanted: Mapping[str, Any]) -> list[str]:
    """Return the fields of a workload's `spec` that stay as they are, since the program does not say them."""
    return [name for name in _SCALED if wanted["spec"].get(name) is None]


def with_live(wanted: Any, live: Any, path: Path) -> Any:
    """Return what the program writes with what is live at a path, which the engine is to ignore; `*` is any item."""
    if not path:
        return live
    if isinstance(wanted, Mapping) and isinstance(live, Mapping):
        steps = list(live) if path[0] == "*" else [path[0]]
        there = {step: with_live(wanted.get(step, ABSENT), live.get(step, ABSENT), path[1:]) for step in steps}
        return {key: of for key, of in {**wanted, **there}.items() if of is not ABSENT}
    if isinstance(wanted, list) and isinstance(live, list):
        return [
            with_live(of, live[n], path[1:]) if path[0] in ("*", n) and n < len(live) else of
            for n, of in enumerate(wanted)
        ]
    return wanted


def holds_unknown(value: object) -> bool:
    """Return whether any part of a structure is not known yet."""
    if isinstance(value, Mapping):
        return any(map(holds_unknown, value.values()))
    return any(map(holds_unknown, value)) if isinstance(value, list) else value is UNKNOWN


def _as_read(content: Content, like: Content) -> Content:
    """Return the content with those keys unread that no pod of the program reads."""
    return content.as_read(lambda key, _: key not in like.unread) if like.unread else content


def _named(entry: Mapping[str, Any], section: str) -> Mapping[str, Any]:
    return ((entry.get("fieldsV1") or {}).get("f:metadata") or {}).get(f"f:{section}") or {}


def _shape(thing: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parts of a workload that a program writes."""
    metadata = thing["metadata"]
    parts = {section: metadata.get(section) or {} for section in ("labels", "annotations")}
    return {"metadata": parts, "spec": thing["spec"]}


def _scaling(workload: Object) -> list[Mapping[str, Any]]:
    """Return who has set the number of pods as an autoscaler does. Source: Kubernetes "Horizontal Pod Autoscaling"."""
    entries = workload["metadata"].get("managedFields") or []
    scales = [one for one in entries if one.get("subresource") == "scale"]
    return [one for one in scales if "f:replicas" in ((one.get("fieldsV1") or {}).get("f:spec") or {})]


def _with_names(side: Mapping[str, Any], names: Mapping[str, str], secret_names: Mapping[str, str]) -> dict[str, Any]:
    """Return one side in which the references to ConfigMaps and Secrets have these names."""
    template = side["spec"]["template"]
    pod_spec = follow(template.get("spec") or {}, names, secret_names)
    return {**side, "spec": {**side["spec"], "template": {**template, "spec": pod_spec}}}


def _reversed(names: Mapping[str, str]) -> dict[str, str]:
    return {of: name for name, of in names.items()}


def _is_hash(change: FieldChange) -> bool:
    annotations = f"{_TEMPLATE}metadata.annotations"
    return change.path.startswith(tuple(f"{annotations}.{of}" for of in (CONFIG_HASH_ANNOTATION, EXTERNAL_ANNOTATION)))


def _without_nulls(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value
