"""Why a workload changes and what follows, in words: from what the engine is about to write, never from a cluster."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..configuration.diff import EXTERNAL, FieldChange, KeyChange, diff_values
from ..configuration.digest import short_hash
from ..kubernetes.annotations import CONFIG_HASH_ANNOTATION, EXTERNAL_ANNOTATION
from ..kubernetes.pod_spec import follow
from ..kubernetes.strategies import strategy_of
from ..kubernetes.workload_kinds import DAEMON_SET, WorkloadKind, kind_of
from ..kubernetes.workloads import name_of
from ..markers import UNKNOWN
from ..revisions.config_maps import hash_in_name, plain_names
from ..revisions.ownership import NOTED, SAYS_WHO, owner_change
from ..waves.words import WAVE_BY_WAVE, WavePlan, rolling_restart
from ..words.changes import (
    NO_RESTART,
    and_more,
    field_lines,
    is_left,
    key_summary,
    lines_of_keys,
    reload_summary,
    reloads,
)
from ..words.shown import escaped
from .reloads import NO_RESTART_BUT_RELOAD, before_restart, from_now_on, in_place

Spec = Mapping[str, object]

_NOTES = "annotations of this library's own"
_NAMES = re.compile(r"(configMap(Ref|KeyRef)?|secret(Ref|KeyRef)?)\.(name|secretName)$")
"""The path of a reference to a ConfigMap or Secret."""

_RESTART, _IF_DIFFERENT, _IF_OTHER_MEANING = (
    "rolling restart",
    "rolling restart, if it differs",
    "rolling restart, if it means something else then",
)
"""How the first line of a message ends whose pods restart, or may."""

_OWN_ANNOTATIONS = ("metadata.annotations.config-rollout/", "metadata.annotations.pulumi.com/")


@dataclass(frozen=True)
class WorkloadUpdate:
    """
    One update of a workload: what it held (previous.py) and what the engine is about to write, with camelCase keys.

    `keys` are the changes of the ConfigMap since the configuration whose hash is `keys_since`; whether they restart
    anything is read from the two workloads alone. With `secret` the fields are named and their values are not shown.
    `plan` is how the restart goes, wave by wave; `None` without waves. `by` is path -> who else set what is there, and
    when. With `waits` the engine has written all of it before, and only waits again. `unknown` are the keys that this
    preview does not know, as messages name them.
    """

    old: Spec
    new: Spec
    keys: Sequence[KeyChange] = field(default_factory=list)
    keys_since: str = ""
    secret: bool = False
    plan: WavePlan | None = None
    by: Mapping[str, str] = field(default_factory=dict)
    waits: bool = True
    unknown: Sequence[str] = ()

    def hashes(self) -> tuple[str, str]:
        """Return the config hash before and after; empty where there is none."""
        return _config_hash(self.old), _config_hash(self.new)

    def told_keys(self) -> list[KeyChange]:
        """Return the key changes that are this workload's: not those since what an `up` recorded and never wrote."""
        old_hash, new_hash = self.hashes()
        if self.keys_since != old_hash:
            return []
        return [key for key in self.keys if not key.restarts or old_hash != new_hash]

    def template_changes(self) -> list[FieldChange]:
        """Return the changes of the pod template other than the config hash and the ConfigMap's name."""
        changes = diff_values(_own_template(self.old), _own_template(self.new))
        return [one for one in changes if not (self.unknown and one.new is UNKNOWN and _NAMES.search(one.path))]

    def other_changes(self) -> list[FieldChange]:
        """Return the changes outside the pod template."""
        return diff_values(_without_template(self.old), _without_template(self.new))

    def is_unsure(self) -> bool:
        """Return whether what is not known yet decides about the restart."""
        return bool(self.unknown) and not self.template_changes() and not any(key.restarts for key in self.told_keys())

    def moves_pods(self) -> bool:
        """Return whether any pod restarts, as far as that is known: some may have had all of it before."""
        return self.restarts() and (self.plan is None or self.plan.restarts != 0)

    def changes(self) -> bool:
        """Return whether anything changes."""
        return self.restarts() or bool(self.other_changes())

    def restarts(self) -> bool:
        """Return whether the pod template changes, which is what makes Kubernetes restart pods."""
        return bool(diff_values(_template(self.old), _template(self.new)))


def explain_taken_over(update: WorkloadUpdate) -> str:
    """Return what an `up` does if its workload already exists and its stack does not know it."""
    where = name_of(update.new)
    if not update.changes():
        return f"{where} already exists, and this stack takes it over as it is: nothing restarts"
    what = f"one {_RESTART}" if update.moves_pods() else "nothing restarts"
    _, *lines = [line for line in explain(update).splitlines() if not line.startswith("  ~ configuration: ")]
    return "\n".join([f"{where} already exists, and this stack takes it over: {what}", *lines])


def explain(update: WorkloadUpdate) -> str:
    """Return the reason and what follows; the first line alone says the most important."""
    old_hash, new_hash = update.hashes()
    keys = update.told_keys()
    template, others = update.template_changes(), update.other_changes()
    if not update.changes():
        where, short = name_of(update.new), short_hash(new_hash)
        if not update.waits:
            return f"{where} has this configuration already ({short}): nothing restarts"
        return explain_waiting(where, new_hash)
    owner = owner_change(update.old, update.new) if any(c.path == SAYS_WHO for c in others) else ""
    others = [change for change in others if not owner or change.path not in NOTED]
    if owner and not update.restarts() and not others:
        return f"{owner}: nothing restarts"
    lines = [_headline(update, keys, template, others)]
    lines += [*lines_of_keys(keys), *before_restart(keys), *from_now_on(update.old, update.new)]
    if update.unknown:
        lines.append(f"{_waits(update.unknown)}: if that means what the pods have, it restarts nothing")
    elif old_hash != new_hash and not any(key.restarts for key in keys):
        stopped = f"an earlier `up` was stopped before it updated the {kind_of(update.new).kind}"
        why = f"{stopped}, or something undid its change"
        lines.append(f"  ~ configuration: {why}" if old_hash else "  + configuration: this program's")
    noted = [change for change in others if is_note(change)]
    others = [change for change in others if not is_note(change)]
    for changes, note in ((template, ""), (others, NO_RESTART)):
        for change in changes:
            by = update.by.get(change.path)
            replaces = f"; overwrites what {by} set" if by else ""
            lines += [f"  {line}" for line in field_lines(change, update.secret, note + replaces)]
    if noted:
        lines.append(f"  ~ {_NOTES} ({len(noted)}){NO_RESTART}")
    lines += [f"  {owner}{NO_RESTART}"] if owner else []
    lines.append(f"  {_consequence(update, old_hash, new_hash)}")
    return "\n".join(lines)


def explain_waiting(where: str, full_hash: str) -> str:
    """Return what an `up` does that writes nothing to a workload whose last rollout has not ended."""
    why = "no new restart: the last rollout did not finish, so `up` keeps waiting for it"
    return f"{why}\n  {where}: config hash {short_hash(full_hash)}"


def restart_in(message: str) -> bool | None:
    """Return whether pods restart by a message of a component; `None` if only `up` will know."""
    first, _, _ = message.partition("\n")
    if first.endswith((_IF_DIFFERENT, _IF_OTHER_MEANING)):
        return None
    return first.endswith((_RESTART, WAVE_BY_WAVE))


def explain_unknown(keys: Sequence[str]) -> str:
    """Return what follows from keys that a preview does not know, where the DaemonSet's update did not say it."""
    return f"{_not_known(keys)}\n{_waits(keys)}"


def _waits(keys: Sequence[str]) -> str:
    them = "it" if len(keys) == 1 else "them"
    own = [key for key in keys if not key.startswith(EXTERNAL)]
    kinds = dict.fromkeys("Secret" if key.startswith("Secret ") else "ConfigMap" for key in own)
    names = f", and names the {' and the '.join(kinds)} after what it then holds" if own else ""
    return f"  `up` waits for {them}{names}"


def _not_known(keys: Sequence[str]) -> str:
    verb = "is" if len(keys) == 1 else "are"
    return f"{', '.join(keys)} {verb} not known before `up`"


def explain_retained(names: Sequence[str], kind: str = "ConfigMap") -> str:
    """Return why it is harmless that these objects of the earlier configuration are shown as `delete[retain]`."""
    if not names:
        return ""
    if len(names) == 1:
        return f"  delete[retain]: {kind} {names[0]} stays in the cluster as long as a kept revision mounts it"
    return f"  delete[retain]: {kind}s {', '.join(names)} stay in the cluster as long as a kept revision mounts them"


def explain_unfinished(workload: Spec, limit: str, findings: Sequence[str] = ()) -> str:
    """
    Return what to do when the rollout of a workload did not finish in time; `limit` is that time, as `12 s`.

    `findings` say what was missing, where that is known.
    """
    why = f": {findings[0]}{and_more(len(findings))}" if findings else ""
    return (
        f"the rollout of {name_of(workload)} did not finish within {limit}{why}\n"
        "  Pods that have not restarted keep the configuration they have. Correct the configuration, or put the\n"
        "  previous one back, and run `pulumi up`: it continues from here, and only pods that have to change restart.\n"
        "  If the pods are healthy and only need more time, raise rollout_timeout_seconds."
    )


def explain_replace(old_name: str, new_name: str, kind: WorkloadKind = DAEMON_SET) -> str:
    """Return what follows when the workload's name or namespace changes."""
    two = f"two {kind.kind}s at first, then every old pod stops at once"
    return f"{kind.kind} {old_name} is replaced by {new_name}: {two}\n  Keep `name` and `namespace` to avoid this."


def explain_older_text(keys: Sequence[str]) -> list[str]:
    """Return how to roll out the texts of keys that restart nothing; empty without keys."""
    what = "the pods have an older text of"
    return [f"{what} {', '.join(keys)}; change `text_version` to roll out the new one"] if keys else []


_TAKEN_BACK = " again as the cluster has it: nothing is written"


def explain_taken_back(keys: Sequence[str]) -> list[str]:
    """Return what becomes of keys that waited to be written and are taken back; empty without keys."""
    verb = "is" if len(keys) == 1 else "are"
    return [f"{', '.join(keys)} {verb}{_TAKEN_BACK}"] if keys else []


def taken_back_in(message: str) -> list[str]:
    """Return the keys that a component's message says are taken back."""
    lines = [line.strip().removesuffix(_TAKEN_BACK) for line in message.splitlines() if line.endswith(_TAKEN_BACK)]
    return [key for line in lines for key in line.rpartition(" ")[0].split(", ")]


def explain_keys(keys: Sequence[KeyChange], where: str, staged: bool = False) -> str:
    """Return the message of an `up` that changes the configuration and nothing about `where`, its workload."""
    if all(not key.restarts and key.fields == [] for key in keys):
        names = ", ".join(key.name for key in keys)
        verb = "is written differently but means" if len(keys) == 1 else "are written differently but mean"
        return f"{names} {verb} the same: nothing restarts"
    if not any(key.restarts for key in keys) and any(map(reloads, keys)):
        first, count = reload_summary(keys)
        lines = [f"{first}{and_more(count)}: {NO_RESTART_BUT_RELOAD}", *lines_of_keys(keys)]
        return "\n".join([*lines, *in_place(where, staged)])
    if not any(key.restarts for key in keys):
        changed = next(key for key in keys if key.fields != [])
        lines = [f"{changed.name}{and_more(len(keys))}: no effective value changes, so nothing restarts"]
        lines += lines_of_keys(keys)
        if left := dict.fromkeys(key.kind for key in keys if is_left(key) and not key.is_external):
            verb = "stays as it is" if len(left) == 1 else "stay as they are"
            lines.append(f"  The {' and the '.join(left)} {verb} until a change restarts pods")
        return "\n".join(lines)
    first, count = key_summary(keys)
    lines = [f"{first}{and_more(count)}: {where} already has it, so nothing restarts", *lines_of_keys(keys)]
    return "\n".join(lines)


def _headline(
    update: WorkloadUpdate, keys: Sequence[KeyChange], template: list[FieldChange], others: list[FieldChange]
) -> str:
    old_hash, new_hash = update.hashes()
    subjects, count = [], len(template)
    restarting = any(key.restarts for key in keys)
    if update.unknown:
        subjects = [_not_known(update.unknown)]
        count += 1 + (key_summary(keys)[1] if restarting else 0)
    elif old_hash != new_hash:
        first, more = key_summary(keys) if restarting else ("configuration", 1)
        subjects, count = [first], count + more
    subjects += [escaped(change.path) for change in template]
    verb = _RESTART if update.moves_pods() else "nothing restarts"
    if update.moves_pods() and all(change.new is UNKNOWN for change in template) and old_hash == new_hash:
        verb = _IF_DIFFERENT
    if update.moves_pods() and update.is_unsure():
        verb = _IF_OTHER_MEANING
    if not subjects:
        real = [change for change in others if not is_note(change)]
        subjects, count = [escaped(real[0].path) if real else _NOTES], len(real)
    return f"{subjects[0]}{and_more(count)}: {verb}"


def _consequence(update: WorkloadUpdate, old_hash: str, new_hash: str) -> str:
    where, kind = name_of(update.new), kind_of(update.new)
    if not update.restarts():
        return f"nothing restarts in {where}"
    before = f"{short_hash(old_hash)} => " if old_hash else ""
    hashes = f"{before}{short_hash(new_hash)}: " if old_hash != new_hash else ""
    if update.unknown:
        hashes = f"{before}not known yet: {'if it differs, a ' if update.is_unsure() else ''}"
    if update.plan and not update.moves_pods():
        return "\n    ".join([f"{hashes}nothing restarts in {where}", *update.plan.lines])
    spec = update.new.get("spec")
    strategy = strategy_of(kind, spec.get(kind.strategy) if isinstance(spec, Mapping) else None)
    return hashes + rolling_restart(where, update.plan, strategy)


def is_note(change: FieldChange) -> bool:
    """Return whether it is an annotation in which this library or the provider notes something for itself."""
    return change.path.startswith(_OWN_ANNOTATIONS)


def _template(workload: Spec) -> Spec:
    spec = workload.get("spec")
    template = spec.get("template") if isinstance(spec, Mapping) else None
    return template if isinstance(template, Mapping) else {}


def _annotations(workload: Spec) -> Spec:
    metadata = _template(workload).get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    return annotations if isinstance(annotations, Mapping) else {}


def _config_hash(workload: Spec) -> str:
    return str(_annotations(workload).get(CONFIG_HASH_ANNOTATION, ""))


def _own_template(workload: Spec) -> Spec:
    """Return annotations, labels and pod spec as the caller wrote them: without our hash, with the plain name."""
    template, metadata = _template(workload), workload.get("metadata")
    name = metadata.get("name") if isinstance(metadata, Mapping) else None
    pod_spec = template.get("spec")
    own: Spec = {}
    if isinstance(pod_spec, Mapping):
        of = pod_spec, str(name), hash_in_name(_annotations(workload))
        own = follow(pod_spec, plain_names(*of), plain_names(*of, "Secret"))
    ours = (CONFIG_HASH_ANNOTATION, EXTERNAL_ANNOTATION)
    annotations = {k: v for k, v in _annotations(workload).items() if k not in ours}
    pod_metadata = template.get("metadata")
    labels = pod_metadata.get("labels") if isinstance(pod_metadata, Mapping) else None
    return {**own, "pod_annotations": annotations, "pod_labels": labels or {}}


def _without_template(workload: Spec) -> Spec:
    spec = workload.get("spec")
    rest = {k: v for k, v in spec.items() if k != "template"} if isinstance(spec, Mapping) else {}
    metadata = workload.get("metadata")
    return {**rest, "metadata": metadata if isinstance(metadata, Mapping) else {}}
