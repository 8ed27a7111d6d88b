"""What a preview means for pods: which workloads restart and why, and what else is written, kept or deleted."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...core.configuration.diff import KeyChange
from ...core.explain.reasons import restart_in, taken_back_in
from ...core.kubernetes.workload_kinds import DAEMON_SET, KINDS
from ...core.words.changes import and_more
from ...core.words.shown import escaped
from ...core.workload.recorded import changes_between
from .previews import Preview, Step, split

_OURS = "config-rollout:"
"""What the types of our components begin with."""

_TEMPLATE = "spec.template."
_CONTENTS = ("data", "binaryData", "configMaps", "external", "secretHashes")
"""The inputs of a component that hold a configuration."""

NO_RESTART, RESTART, MAYBE = "no restart", "rolling restart", "rolling restart, if it differs"
_OUTCOMES = {True: RESTART, False: NO_RESTART, None: MAYBE}
_FIRST = (True, None, False)
"""The order of workloads, by whether they restart."""
_OTHERWISE = {
    "create": "is created",
    "import": "is imported",
    "replace": "is replaced: its pods stop, and start again",
    "delete": "is deleted, and its pods stop",
}
"""Pulumi's word for what happens to a workload other than an update -> ours."""

_LISTS = {"create": "created", "import": "created", "update": "updated", "replace": "replaced", "delete": "deleted"}
"""Pulumi's word -> the list of other resources."""


@dataclass(frozen=True)
class Effect:
    """
    What happens to one workload.

    `restarts` is `None` if only `up` will know. `why` is one line, `message` what the component said, whole, and
    `changes` what differs between what it recorded and now; both are empty for a workload that is not ours.
    """

    where: str
    component: str
    outcome: str
    restarts: bool | None
    why: str
    message: str = ""
    changes: Sequence[KeyChange] = ()


@dataclass(frozen=True)
class Report:
    """All that a preview means; `others` is `created`, `updated`, `replaced`, `kept` or `deleted` -> resources."""

    effects: Sequence[Effect] = ()
    others: Mapping[str, Sequence[str]] = field(default_factory=dict)
    errors: Sequence[str] = ()

    def count(self, restarts: bool | None) -> int:
        """Return how many workloads restart, do not, or (`None`) may."""
        return sum(effect.restarts is restarts for effect in self.effects)


def report(preview: Preview) -> Report:
    """Return what a preview means."""
    every = [*_of_components(preview), *_of_other_workloads(preview)]
    effects = sorted(every, key=lambda one: (_FIRST.index(one.restarts), one.where))
    others: dict[str, list[str]] = {}
    for step in preview.steps.values():
        ours = step.type.startswith((_OURS, "pulumi:"))  # the stack, its providers, and the stashes of waves
        if not ours and not _is_workload(step) and step.op in _LISTS:
            what = "kept" if step.op == "delete" and step.stays else _LISTS[step.op]
            others.setdefault(what, []).append(step.where)
    return Report(effects, others, preview.errors)


def _of_components(preview: Preview) -> Iterator[Effect]:
    parents = [step.parent for step in preview.steps.values() if _is_workload(step)]
    for urn in dict.fromkeys([*preview.steps, *preview.messages, *parents]):
        if not split(urn)[0].startswith(_OURS):
            continue
        children = [step for step in preview.steps.values() if step.parent == urn and _is_workload(step)]
        own, messages = preview.steps.get(urn), preview.messages.get(urn, [])
        kind, name = split(urn)
        component = escaped(f"{kind.rpartition(':')[2]} {name}")
        where = children[0].where if children else _workload_of(own) or component
        effect = next((one for one in map(_effect, children) if one), None)
        if not messages and not effect:
            continue
        changes = _changes(own) if own and own.op == "update" else []
        back = [key for message in messages for key in taken_back_in(message)]
        changes = [change for change in changes if change.name not in back]
        if effect and (not messages or children[0].op in ("delete", "replace")):
            text = "\n".join(messages)
            yield Effect(where, component, effect.outcome, effect.restarts, effect.why, text, changes)
            continue
        answers = {restart_in(message) for message in messages}
        restarts = True if True in answers else None if None in answers else False
        first = next(message for message in messages if restart_in(message) is restarts)
        why = first.partition("\n")[0].removesuffix(f": {_OUTCOMES[restarts]}").removesuffix(": nothing restarts")
        yield Effect(where, component, _OUTCOMES[restarts], restarts, why, "\n".join(messages), changes)


def _workload_of(step: Step | None) -> str:
    """Return the workload of a component whose own step says nothing of it, by what the component recorded."""
    inputs = step.new or step.old if step else {}
    if not isinstance(inputs.get("namespace"), str) or not isinstance(inputs.get("name"), str):
        return ""
    kind = next((of for of in KINDS.values() if step and step.kind.endswith(of.kind)), DAEMON_SET)
    return escaped(kind.where(inputs["namespace"], inputs["name"]))


def _of_other_workloads(preview: Preview) -> Iterator[Effect]:
    for step in preview.steps.values():
        if _is_workload(step) and not split(step.parent)[0].startswith(_OURS) and (effect := _effect(step)):
            yield effect


def _effect(step: Step) -> Effect | None:
    """Return what a step does to a workload by its properties alone; their values may be secret and are not shown."""
    if step.op in _OTHERWISE:
        outcome = "is kept" if step.op == "delete" and step.stays else _OTHERWISE[step.op]
        return Effect(step.where, "", outcome, step.op == "replace", "")
    if step.op != "update":
        return None
    template = [path for path in step.paths if path.startswith(_TEMPLATE)]
    paths = template or step.paths
    why = f"{escaped(paths[0].removeprefix(_TEMPLATE))}{and_more(len(paths))}" if paths else ""
    return Effect(step.where, "", _OUTCOMES[bool(template)], bool(template), why)


def _changes(step: Step) -> list[KeyChange]:
    """Return what differs between the configuration that a component recorded and the new one."""
    try:
        return changes_between(*(_readable(side, step) for side in (step.old, step.new)))
    except (AttributeError, KeyError, TypeError, ValueError):
        return []  # another version of the library recorded it in another form; the message has it all


def _readable(inputs: Mapping[str, Any], step: Step) -> dict[str, Any]:
    """Return inputs without what either side does not show: a whole section may be a secret."""
    hidden = [name for name in _CONTENTS if any(not _is_shown(side.get(name)) for side in (step.old, step.new))]
    return {name: value for name, value in inputs.items() if name not in hidden}


def _is_shown(value: object) -> bool:
    return value is None or isinstance(value, Mapping)


def _is_workload(step: Step) -> bool:
    return step.type.startswith("kubernetes:apps/") and step.kind in KINDS
