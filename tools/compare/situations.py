"""The situations: what is deployed, and how it changes. Plain values; the peers say what deploying is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

import yaml

BURST = 10
"""How many changes come one right after the other."""

KEY, UNREAD, TOKEN = "config.conf", "notes.txt", "token"
"""The keys of the ConfigMap, of which pods read the first, and that of the Secret, which they read."""

_HEAD = ("apiVersion: kubeproxy.config.k8s.io/v1alpha1", "kind: KubeProxyConfiguration")
_BAD_MODE = "ipvs"


@dataclass(frozen=True)
class State:
    """
    What somebody wants to run: a KubeProxyConfiguration, since every peer can deploy one, and a Secret beside it.

    Args:
      value: Another number is another value of one field.
      bad: Whether pods crash with it: kube-proxy accepts mode `ipvs`, and cannot start where the kernel lacks it.
      comment: Whether there is a comment.
      explicit: Whether a default of kube-proxy is written out.
      reordered: Whether the fields stand in another order.
      notes: The key that no pod reads.
      token: What the Secret holds.
      release: The number that a label of every object has, as a chart's version is one.

    """

    value: int = 0
    bad: bool = False
    comment: bool = False
    explicit: bool = False
    reordered: bool = False
    notes: str = "none"
    token: str = "swordfish"
    release: int = 1

    @property
    def config(self) -> str:
        """The text that the pods read."""
        fields = [
            f"mode: {_BAD_MODE if self.bad else 'iptables'}",
            "clientConnection: {kubeconfig: /var/lib/kube-proxy/kubeconfig.conf}",  # as kubeadm writes it
            "clusterCIDR: 10.244.0.0/16",
            f"oomScoreAdj: {self.value - 999}",
        ]
        fields += ["configSyncPeriod: 15m0s"] if self.explicit else []
        lines = [*_HEAD, *(reversed(fields) if self.reordered else fields)]
        return "".join(f"{line}\n" for line in [*(["# for the night shift"] if self.comment else []), *lines])

    @property
    def data(self) -> dict[str, str]:
        """What the ConfigMap holds."""
        return {KEY: self.config, UNREAD: self.notes}


def is_bad(config: str) -> bool:
    """Tell whether a program crashes with this text."""
    return bool(yaml.safe_load(config).get("mode") == _BAD_MODE)


@dataclass(frozen=True)
class Step:
    """
    One thing that happens; `state` is what has to run after it.

    `deploy` is a run of the tool, `killed` one that is killed as soon as it has written something, `again` the next
    one, which may have to remove the lock that a killed one leaves, `upgraded` a run of its next major version, and
    `undo` is `kubectl rollout undo`. While the tool is away, `edit` is somebody who writes another value into the
    ConfigMap that the pods mount, after which a pod dies, and `ahead` somebody who writes the value that comes next.
    """

    state: State
    act: str = "deploy"


class Layout(Enum):
    """Which workloads one stack or one release has."""

    ONE = "a DaemonSet on all nodes"
    MANY = "many, each with a ConfigMap of its own and one pod; a change is one of the first, a label one of all"
    SHARED = "several with one ConfigMap and one pod each"


MANY, SHARED = 200, 50
"""How many workloads there are in these layouts."""


@dataclass(frozen=True)
class Situation:
    """
    A situation.

    Args:
      name: In JSON.
      short: What changed, in a picture.
      title: What happened, for the head of a column.
      steps: What happens, from what was deployed before.
      is_seen: Whether programs see the change, so that their pods have to restart.
      asks: What a peer has to have, or the situation does not apply: `labels`, `keys`, `secret`, `upgrade`, `shared`.
      is_bad: Whether the state at the end is bad: then pods that do not have it are not missed.
      is_quick: Whether nobody waits between the steps for what they do to pods.
      follows: Whether it goes on with what the one before left; else every pod runs first what was deployed.
      is_fresh: Whether it begins with a new installation.
      layout: Which workloads there are.

    """

    name: str
    short: str
    title: str
    steps: Callable[[State], Sequence[Step]]
    is_seen: bool = True
    asks: frozenset[str] = frozenset()
    is_bad: bool = False
    is_quick: bool = False
    follows: bool = False
    is_fresh: bool = False
    layout: Layout = Layout.ONE


def _to(**fields: object) -> Callable[[State], list[Step]]:
    return lambda state: [Step(replace(state, **fields))]  # type: ignore[arg-type] # names and types are State's


def _next_value(state: State, by: int = 1) -> State:
    return replace(state, value=state.value + by)


def _there_and_back(state: State) -> list[Step]:
    return [Step(_next_value(state)), Step(state)]


def _burst(state: State) -> list[Step]:
    return [Step(_next_value(state, by)) for by in range(1, BURST + 1)]


def _undone(state: State) -> list[Step]:
    return [Step(_next_value(state)), Step(state, "undo")]


def _edited(state: State) -> list[Step]:
    return [Step(state, "edit"), Step(state)]


def _ahead(state: State) -> list[Step]:
    return [Step(_next_value(state), "ahead"), Step(_next_value(state))]


def _killed(state: State) -> list[Step]:
    return [Step(_next_value(state), "killed"), Step(_next_value(state), "again")]


def _relabelled(state: State) -> list[Step]:
    return [Step(replace(state, release=state.release + 1))]


def _changed(state: State) -> list[Step]:
    return [Step(_next_value(state))]


_SECRET, _LABELS = frozenset({"secret"}), frozenset({"labels"})

SITUATIONS = (
    Situation("none", "nothing", "Nothing changed", _to(), is_seen=False),
    Situation(
        "label",
        "a label",
        "Only a label changed, such as the chart's version",
        _relabelled,
        is_seen=False,
        asks=_LABELS,
    ),
    Situation("text", "a comment", "Only a comment changed", _to(comment=True), is_seen=False),
    Situation("default", "a default", "A default was written out", _to(explicit=True), is_seen=False),
    Situation("order", "the order", "The order of the fields changed", _to(reordered=True), is_seen=False),
    Situation(
        "unread",
        "an unread key",
        "A key changed that no pod reads",
        _to(notes="one"),
        is_seen=False,
        asks=frozenset({"keys"}),
    ),
    Situation("field", "a field", "One field changed", _changed),
    Situation("secret", "a Secret", "A Secret changed", _to(token="catfish"), asks=_SECRET),
    Situation(
        "two",
        "both at once",
        "A ConfigMap and a Secret changed at once",
        lambda state: [Step(replace(_next_value(state), token="dogfish"))],
        asks=_SECRET,
    ),
    Situation("back", "there and back", "A field changed, and changed back", _there_and_back),
    Situation("bad", "a bad value", "A value with which programs crash", _to(bad=True), is_bad=True),
    Situation("mended", "taken out again", "The next deployment takes the bad value out", _to(bad=False), follows=True),
    Situation("burst", "ten at once", f"{BURST} changes, one right after the other", _burst, is_quick=True),
    Situation("undo", "kubectl undo", "A field changed, and `kubectl rollout undo`", _undone),
    Situation(
        "reverted", "deployed after it", "The next deployment has what the undo went back to", _to(), follows=True
    ),
    Situation(
        "edited",
        "edited by hand",
        "Somebody edits the ConfigMap, a pod dies, the tool runs again",
        _edited,
        is_fresh=True,
    ),
    Situation(
        "away",
        "changed while away",
        "The ConfigMap changes while the tool is away, and its next run has the same value",
        _ahead,
        is_fresh=True,
    ),
    Situation(
        "killed", "tool killed", "The tool is killed in the middle of a change, and runs again", _killed, is_fresh=True
    ),
    Situation(
        "upgraded",
        "tool upgraded",
        "The tool is upgraded, and nothing else changed",
        lambda state: [Step(state, "upgraded")],
        is_seen=False,
        asks=frozenset({"upgrade"}),
        is_fresh=True,
    ),
)
"""In their order: each begins with what the one before left, but for those that are fresh."""

OF_MANY = (
    Situation("many-none", "nothing", "Nothing changed", _to(), is_seen=False, asks=_LABELS, layout=Layout.MANY),
    Situation(
        "many-label", "a label", "A label of all objects changed", _relabelled, is_seen=False, asks=_LABELS,
        layout=Layout.MANY,
    ),
    Situation("many-field", "a field", "A field of one ConfigMap changed", _changed, asks=_LABELS, layout=Layout.MANY),
    Situation(
        "shared-field", "a field for all", "One field changed of a ConfigMap that all read", _changed,
        asks=frozenset({"shared"}), layout=Layout.SHARED,
    ),
)  # fmt: skip
"""With many workloads; kubespray has but one, so `labels` leaves it out."""


BY_NAME = {situation.name: situation for situation in (*SITUATIONS, *OF_MANY)}


def units(situations: Sequence[Situation]) -> list[list[Situation]]:
    """Return situations with those that follow them: what has to happen in one go."""
    found: list[list[Situation]] = []
    for situation in situations:
        if situation.follows:
            found[-1].append(situation)
        else:
            found.append([situation])
    return found


def after(situations: Sequence[Situation], state: State) -> State:
    """Return what is deployed after situations."""
    for situation in situations:
        *_, last = situation.steps(state)
        state = last.state
    return state
