"""Tools that do not run here, by their published rules: whether pods restart for a step of what they read."""

import json
from collections.abc import Iterator, Mapping
from itertools import pairwise

from config_rollout.core.configuration.content import Content
from config_rollout.core.replay.transitions import RULES, Rule, Snapshot

from .manifests import config_map, one, secret
from .situations import SITUATIONS, TOKEN, Situation, State


def _kapp(snapshot: Snapshot) -> str:
    """
    Return what changes when kapp makes another version of a versioned resource: for any difference of the object.

    Source: carvel-dev/kapp a89576c5 pkg/kapp/diff/change_factory.go, `NewExactChange`.
    """
    data = {key: value.decode() for key, value in snapshot.content.data.items()}
    return json.dumps([data, snapshot.rest], sort_keys=True)


def _kruise(_: Snapshot) -> str:
    """
    Return nothing: OpenKruise's DaemonSet restarts pods for its template alone.

    Source: openkruise/kruise 07169cfa pkg/controller/daemonset, which reads no ConfigMap.
    """
    return ""


_OF_REPLAY = {rule.name: rule.of for rule in RULES}

OTHERS = (
    Rule("reloader", "Reloader", _OF_REPLAY["reloader"]),
    Rule("wave", "wave", _OF_REPLAY["wave"]),
    Rule("kapp", "kapp with versions", _kapp),
    Rule("kruise", "OpenKruise", _kruise),
)
"""The rules of the first two are those of `replay`, which its tests hold against the vectors of their projects."""


def decisions() -> dict[str, dict[str, str]]:
    """Return situation -> rule -> `none`, `restart`, `needless` or `missed`, of those that are deployments alone."""
    return {situation.name: decided for situation, decided in _decided() if decided}


def _decided() -> Iterator[tuple[Situation, dict[str, str]]]:
    state = State()
    for situation in SITUATIONS:
        steps = situation.steps(state)
        states = [state, *(step.state for step in steps)]
        if all(step.act == "deploy" for step in steps) and (
            state != states[-1] or len(steps) > 1 or not situation.is_seen
        ):
            yield situation, {rule.name: _word(_restarts(rule, states), situation.is_seen) for rule in OTHERS}
        state = states[-1]


def _restarts(rule: Rule, states: list[State]) -> bool:
    """Tell whether a rule restarts the pods at one of the steps: each object is looked at by itself."""
    values = [[rule.of(snapshot) for snapshot in _snapshots(state)] for state in states]
    return any(old != new for old, new in pairwise(values))


def _snapshots(state: State) -> list[Snapshot]:
    (workload,) = one(state)
    return [_snapshot(config_map(workload), state.data), _snapshot(secret(workload), {TOKEN: state.token})]


def _snapshot(thing: Mapping[str, object], data: Mapping[str, str]) -> Snapshot:
    content = Content({key: value.encode() for key, value in data.items()})
    return Snapshot("", content, rest={"metadata": thing["metadata"]})


def _word(restarts: bool, is_needed: bool) -> str:
    if restarts == is_needed:
        return "restart" if restarts else "none"
    return "needless" if restarts else "missed"
