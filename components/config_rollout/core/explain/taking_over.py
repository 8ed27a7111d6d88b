"""
Taking over a workload that someone else made: what of it changes, what that costs, and who had it.

Not here: who may take it over (core/revisions/ownership.py), and whose its fields are then (core/kubernetes/).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from ..configuration.content import Content
from ..configuration.diff import FieldChange, KeyChange, diff_values
from ..kubernetes.annotations import CONFIG_HASH_ANNOTATION, MANAGED_BY_LABEL
from ..kubernetes.daemon_sets import covered
from ..kubernetes.field_managers import others
from ..kubernetes.objects import Object
from ..kubernetes.pod_spec import follow, references, secret_references
from ..kubernetes.update_strategy import UpdateStrategy
from ..markers import UNKNOWN
from ..revisions.config_maps import content_of, mounted
from ..revisions.ownership import Owner, helm_release, maker
from ..waves.words import WavePlan, rolling_restart
from ..words.changes import NO_RESTART, field_lines, lines_of_keys
from ..workload.configuration import Configuration, diff_configurations
from .drift import moment, short_path
from .previous import recorded
from .reasons import is_note

RESTARTS_ONCE = (
    "  it restarts once so that its pods get a ConfigMap of their own revision; after that only a "
    "changed configuration restarts them"
)

NOTHING_ELSE = "  nothing else of the DaemonSet changes"

_TEMPLATE = "spec.template."
_MAKERS = (
    "metadata.annotations.kubectl.kubernetes.io/last-applied-configuration",
    "metadata.annotations.meta.helm.sh/",
    "metadata.annotations.deprecated.daemonset.template.generation",
    f"metadata.labels.{MANAGED_BY_LABEL}",
)
"""What a tool notes on a workload for itself; the first holds the whole of it once more."""


@dataclass(frozen=True)
class TakeOver:
    """
    A workload that someone else made. Objects are as the API server sends them.

    Args:
      live: It, as it is.
      wanted: What the program writes, with camelCase keys.
      configuration: What its pods are to read.
      config_maps: Name -> ConfigMap, of those that they read now and that are there.
      result: What the API server makes of it, with its defaults; `None` if it could not be asked, because of `why`.
      plan: How the restart goes, wave by wave.
      secret: Whether something of `wanted` is secret.

    """

    live: Object
    wanted: Mapping[str, Any]
    configuration: Configuration
    config_maps: Mapping[str, Object] = field(default_factory=dict)
    result: Object | None = None
    why: str = ""
    plan: WavePlan | None = None
    secret: bool = False

    @property
    def restarts(self) -> bool:
        """Whether the pod template changes, which is what makes Kubernetes restart pods."""
        return any(change.path.startswith(_TEMPLATE) for change in self._every)

    @cached_property
    def keys(self) -> list[KeyChange]:
        """What changes in the configuration: from the ConfigMaps that the pods read now."""
        pod_spec = self.live["spec"]["template"]["spec"]
        read = {reference.name for reference in secret_references(pod_spec)}
        same = [secret for secret in self.configuration.external_secrets if secret.name in read]
        before = Configuration(Configuration.of(self._contents()).sources, same)
        return diff_configurations(before, self.configuration)

    @property
    def template_changes(self) -> list[FieldChange]:
        """What changes in the pod template but for the configuration."""
        changes = [one for one in self._every if one.path.startswith(_TEMPLATE) and not _is_hash(one)]
        return [replace(one, path=short_path(one.path)) for one in changes]

    @property
    def unused(self) -> list[str]:
        """The names of the ConfigMaps that the pods read now and will not any more."""
        return sorted(mounted(self.live) - {ref.name for ref in references(self._after["spec"]["template"]["spec"])})

    def explain(self) -> str:
        """Return what is taken over and what that costs; the first line alone says the most important."""
        where, pods = self._where, covered(self.live)
        many = f" of {pods:,} pod{'' if pods == 1 else 's'}" if pods else ""
        what = f"one rolling restart{many}" if self.restarts else "nothing restarts"
        lines = [f"takes over DaemonSet {where}, created by {maker(self.live)}: {what}"]
        lines += lines_of_keys(self.keys) or ["  = configuration: unchanged"]
        lines += self._field_lines() + self._config_map_lines()
        lines.append(f"  not shown is what this program leaves out: {self.why}" if self.why else NOTHING_ELSE)
        lines += [RESTARTS_ONCE] if self.restarts else []
        lines += [*self._managers(), *self._unused_lines(), *self._advice()]
        if self.restarts:
            strategy = UpdateStrategy.of(self._after["spec"].get("updateStrategy"))
            lines.append(f"  {rolling_restart(f'DaemonSet {where}', self.plan, strategy)}")
        return "\n".join(lines)

    @property
    def _names(self) -> dict[str, str]:
        """Name in the program's pod spec -> name of the object that holds it."""
        return self.configuration.object_names(self.live["metadata"]["name"])

    @property
    def _where(self) -> str:
        metadata = self.live["metadata"]
        return f"{metadata['namespace']}/{metadata['name']}"

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
        """All changes, with each ConfigMap called as the program calls it."""
        before = _with_names(self._before, {live: name for name, live in self._pairs.items()})
        after = _with_names(self._after, {content_name: name for name, content_name in self._names.items()})
        return diff_values(before, after)

    @cached_property
    def _pairs(self) -> dict[str, str]:
        """Name in the program's pod spec -> name of the ConfigMap that the pods read now in its place."""
        names = self._names
        called = {content_name: name for name, content_name in names.items()}
        now, then = (_places(side["spec"]["template"]["spec"]) for side in (self.live, self._after))
        pairs = {name: name for name in names if name in now.values()}
        for place, content_name in then.items():
            if content_name in called and place in now and now[place] not in pairs.values():
                pairs.setdefault(called[content_name], now[place])
        rest = [one for one in dict.fromkeys(now.values()) if one not in pairs.values()]
        alone = [name for name in names if name not in pairs]
        return {**pairs, **({alone[0]: rest[0]} if len(alone) == len(rest) == 1 else {})}

    def _contents(self) -> dict[str, Content]:
        """Return what the pods read now of each source; nothing where there is none."""
        contents = {}
        for source in self.configuration.sources:
            live = self.config_maps.get(source.name if source.external else self._pairs.get(source.name, ""))
            contents[source.name] = _as_read(content_of(live, source.content), source.content) if live else Content()
        return contents

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

    def _config_map_lines(self) -> list[str]:
        pairs = {live: self._names[name] for name, live in self._pairs.items()}
        return [f"  ~ the pods' ConfigMap: {live} => {now}" for live, now in pairs.items() if live != now]

    def _managers(self) -> list[str]:
        """Return a line on who wrote what is there, and when: all of it is this program's from now on."""
        who = dict.fromkeys(f"{one.get('manager')} ({moment(str(one.get('time') or ''))})" for one in others(self.live))
        return [f"  {', '.join(who)} wrote it: what this program leaves out of that goes"] if who else []

    def _unused_lines(self) -> list[str]:
        namespace, undo = self.live["metadata"]["namespace"], "`kubectl rollout undo` needs it"
        return [f"  ConfigMap {namespace}/{name} stays; no new pod reads it, but {undo}" for name in self.unused]

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


def replacing(live: Object, wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
    """
    Return the operations of a JSON Patch that make of a live workload what taking it over makes of it.

    What others have noted on it stays where no field manager that goes has it.
    """
    operations = [{"op": "replace", "path": "/spec", "value": _without_nulls(wanted["spec"])}]
    for section in ("labels", "annotations"):
        theirs = {name for one in others(live) for name in _named(one, section)}
        kept = {key: of for key, of in (live["metadata"].get(section) or {}).items() if f"f:{key}" not in theirs}
        value = {**kept, **(wanted["metadata"].get(section) or {})}
        operations.append({"op": "add", "path": f"/metadata/{section}", "value": value})
    return operations


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


def _with_names(side: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return one side in which the references to ConfigMaps have these names."""
    template = side["spec"]["template"]
    pod_spec = follow(template.get("spec") or {}, names)
    return {**side, "spec": {**side["spec"], "template": {**template, "spec": pod_spec}}}


def _places(pod_spec: Mapping[str, Any]) -> dict[tuple[object, ...], str]:
    """Return where a pod spec reads each ConfigMap, by the names of volumes and containers."""
    places: dict[tuple[object, ...], str] = {}
    for reference in references(pod_spec):
        at: Any = pod_spec
        steps: list[object] = []
        for step in reference.path:
            at = at[step]
            steps.append(at.get("name", step) if isinstance(step, int) and isinstance(at, Mapping) else step)
        if isinstance(reference.name, str):
            places.setdefault(tuple(steps), reference.name)
    return places


def _is_hash(change: FieldChange) -> bool:
    return change.path.startswith(f"{_TEMPLATE}metadata.annotations.{CONFIG_HASH_ANNOTATION}")


def _without_nulls(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value
