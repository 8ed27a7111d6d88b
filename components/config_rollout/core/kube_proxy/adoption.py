"""Adopting a kube-proxy that someone else made: what is written to its DaemonSet, and what that changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..configuration.content import Content
from ..configuration.diff import FieldChange, KeyChange, diff_contents, diff_values
from ..explain.drift import drifted
from ..explain.taking_over import UNCHANGED, nothing_else, restarts_once
from ..kubernetes.annotations import CONFIG_HASH_ANNOTATION
from ..kubernetes.field_managers import MANAGER, OWNER
from ..kubernetes.update_strategy import UpdateStrategy
from ..revisions.naming import is_content_name
from ..waves.words import WavePlan, rolling_restart
from ..words.changes import NO_RESTART, field_lines, lines_of_keys
from .discovery import image, mounted_name
from .files import runs_the_same
from .layout import LAYOUTS, Layout, Object

_TEMPLATE = "spec.template."
_HASH = ("spec.template.metadata.annotations", "spec.template.spec.volumes")
"""Where the config hash and the name of its ConfigMap are; messages describe these by their meaning."""


@dataclass(frozen=True)
class Adoption:
    """
    A kube-proxy as it is, and as it is to be. Objects are as the API server sends them.

    `live` is what the ConfigMap holds that others know by name, `read` what the pods read, `wanted` what they are to
    read; `own_keys` are the keys of it that the program says, and that are written to both ConfigMaps. `plan` is how a
    restart goes, wave by wave. With `under_way` a rollout in waves has not finished, with `taken_back` it failed:
    then it caused the differences.
    """

    layout: Layout
    daemon_set: Object
    live: Content
    read: Content
    wanted: Content
    patch: Mapping[str, Any]
    own_keys: Sequence[str] = ()
    plan: WavePlan | None = None
    under_way: bool = False
    taken_back: bool = False
    known: Content | None = None
    """What the ConfigMap that others know by name is to hold, if that is not what the pods read."""

    def is_managed(self) -> bool:
        """Tell whether the pods read a ConfigMap of their own revision, as they do from the first `up` on."""
        return is_content_name(mounted_name(self.daemon_set, self.layout), self.layout.daemon_set)

    def changes(self) -> list[FieldChange]:
        """Return what the patch changes in the live DaemonSet; items of lists are found by their name."""
        spec = {"minReadySeconds": 0, **self.daemon_set["spec"]}  # the API server leaves a 0 out
        return diff_values(_named({**self.daemon_set, "spec": spec}, self.patch), self.patch)

    def restarts(self) -> bool:
        """Tell whether the patch changes the pod template, which is what makes Kubernetes restart pods."""
        return any(change.path.startswith(_TEMPLATE) for change in self.changes())

    def template_changes(self) -> list[FieldChange]:
        """Return what restarts pods but for the configuration, with paths as below the pod template."""
        changes = [change for change in self.changes() if change.path.startswith(_TEMPLATE)]
        return [
            replace(change, path=change.path.removeprefix(_TEMPLATE).removeprefix("spec."))
            for change in changes
            if not _is_hash(change.path)
        ]

    def drifted(self) -> list[KeyChange]:
        """Return the keys that the program says and that the ConfigMap that others know by name has otherwise."""
        changes = diff_contents(self.live, self.known or self.wanted)
        return [key for key in changes if key.key in self.own_keys and key.restarts and not runs_the_same([key])]

    def explain(self) -> str:
        """Return what adopting finds and costs; the first line alone says the most important."""
        lines = [headline(self.daemon_set, self.layout, self.restarts()), *self._lines()]
        if not self.restarts():
            return "\n".join(lines)
        if not self.is_managed():
            lines.append(restarts_once())
        return "\n".join([*lines, self._consequence()])

    def explain_taken_back(self) -> str:
        """Return what `up` does about a DaemonSet that someone else overwrote."""
        what = "one rolling restart" if self.restarts() else "nothing restarts"
        lines = [f"takes DaemonSet {self.layout.where} back, because it was overwritten since the last `up`: {what}"]
        lines += [*self._who(), *self._lines()]
        return "\n".join([*lines, *([self._consequence()] if self.restarts() else [])])

    def explain_left(self, put_back: bool) -> str:
        """
        Return what someone else changed since the last `up`, and whether this one sees it; empty if nothing changed.

        `put_back` tells whether this `up` writes the ConfigMap that others know by name.
        """
        edited = [] if self.under_way else self.drifted()
        changes = [] if self.taken_back else self.changes()
        lines = []
        if changes:
            restarts = "with one rolling restart" if self.restarts() else "and restarts nothing"
            lines = [f"DaemonSet {self.layout.where} was changed by someone else since the last `up`"]
            if not self.is_managed():
                lines = [f"DaemonSet {self.layout.where} was overwritten since the last `up` and is not managed now"]
            lines += [*self._who(), *self._lines()]
            if not self.is_managed():
                name = mounted_name(self.daemon_set, self.layout)
                lines.append(f"  its pods read ConfigMap {name} as it is when they start")
            lines.append(f"  `pulumi up --refresh` takes it back {restarts}; without --refresh it stays as it is")
        if edited:
            name = f"{self.layout.namespace}/{self.layout.config_map}"
            lines += [f"ConfigMap {name} was changed by someone else since the last `up`; the pods do not read it"]
            lines += lines_of_keys(edited)
            lines.append(
                "  `up` restores it and restarts nothing"
                if put_back
                else "  `pulumi up --refresh` restores it and restarts nothing; without --refresh it stays as it is"
            )
        return "\n".join(lines)

    def _who(self) -> list[str]:
        """Return a line on who last changed what the patch sets, and when; empty if nobody is known to have."""
        drifts = [one for one in drifted(self.patch, self.daemon_set, (MANAGER, OWNER)) if one.by and not one.ours]
        return [f"  changed by {max(drifts, key=lambda one: one.when).who()}"] if drifts else []

    def _lines(self) -> list[str]:
        keys = lines_of_keys(diff_contents(self.read, self.wanted))
        changes = self.changes()
        fields = [f"  {line}" for change in changes if not _is_hash(change.path) for line in self._field(change)]
        before, after = mounted_name(self.daemon_set, self.layout), mounted_name(self.patch, self.layout)
        mounted = [f"  ~ the pods' ConfigMap: {before} => {after}"] if before != after else []
        rest = [nothing_else()] if changes else []
        return [*(keys or [UNCHANGED]), *fields, *mounted, *rest]

    def _field(self, change: FieldChange) -> list[str]:
        path = change.path.removeprefix("spec.").removeprefix("template.spec.")
        note = "" if change.path.startswith(_TEMPLATE) else NO_RESTART
        return field_lines(replace(change, path=path), secret=False, note=note)

    def _consequence(self) -> str:
        strategy = UpdateStrategy.of(self.patch["spec"]["updateStrategy"])
        return f"  {rolling_restart(f'DaemonSet {self.layout.where}', self.plan, strategy)}"


def headline(daemon_set: Object, layout: Layout, restarts: bool) -> str:
    """Return which kube-proxy is adopted, and what that costs."""
    names = [name for name, known in LAYOUTS.items() if known == layout]
    how = f"layout {names[0]}" if names else "a layout of its own"
    what = "one rolling restart" if restarts else "it is already as wanted, nothing restarts"
    return f"adopts DaemonSet {layout.where} ({image(daemon_set, layout)}, {how}): {what}"


def explain_known(where: str) -> str:
    """Return why there is one more ConfigMap beside the one that pods read."""
    who = "for whatever reads it by this name, for example `kubeadm join`"
    return f"ConfigMap {where} gets the same configuration, {who}; no pod reads it"


def applied_for(applied: Mapping[str, Any], template: Object, layout: Layout) -> dict[str, Any]:
    """
    Return what this library would have applied to an adopted DaemonSet for the pod template of another revision.

    `applied` is what it applies now, as a whole object; what a revision has not, it leaves out.
    """
    config_hash = (template["metadata"].get("annotations") or {}).get(CONFIG_HASH_ANNOTATION)
    probes = {one["name"]: one.get("readinessProbe") for one in template["spec"].get("containers") or []}
    spec: dict[str, Any] = {}
    if name := mounted_name({"spec": {"template": template}}, layout):
        spec["volumes"] = [{"name": layout.volume, "configMap": {"name": name}}]
    ours = [one["name"] for one in applied["spec"]["template"]["spec"].get("containers") or []]
    if containers := [{"name": name, "readinessProbe": probes[name]} for name in ours if probes.get(name)]:
        spec["containers"] = containers
    metadata = {"metadata": {"annotations": {CONFIG_HASH_ANNOTATION: config_hash}}} if config_hash else {}
    return {**applied, "spec": {**applied["spec"], "template": {**metadata, "spec": spec}}}


def has_other_probe(daemon_set: Object, layout: Layout) -> bool:
    """Tell whether someone gave kube-proxy a different readiness probe: it stays theirs."""
    for container in daemon_set["spec"]["template"]["spec"].get("containers") or []:
        if container["name"] == layout.container and container.get("readinessProbe"):
            return bool((container["readinessProbe"].get("httpGet") or {}).get("path") != "/livez")
    return False


def _is_hash(path: str) -> bool:
    return path.startswith(_HASH)


def _named(live: Any, wanted: Any) -> Any:
    """Return the fields of the live object that the wanted ones name; items of lists by their name."""
    if isinstance(wanted, Mapping) and isinstance(live, Mapping):
        return {key: _named(live[key], item) for key, item in wanted.items() if key in live}
    if isinstance(wanted, list) and isinstance(live, list):
        items = {item["name"]: item for item in live}
        return [{"name": one["name"], **_named(items[one["name"]], one)} for one in wanted if one["name"] in items]
    return live
