"""The argument `waves`: in which order the nodes get a change. docs/waves.md has all of it."""

from collections.abc import Mapping, Sequence
from typing import Literal, NotRequired, TypedDict

from .amounts import Amount
from .gates import Gate
from .selectors import MatchExpressionArgs

OnFailure = Literal["restore", "halt"]


class WaveArgs(TypedDict):
    """
    One wave of `first`: nodes that no earlier wave took, or pods of a StatefulSet, from the highest ordinal down.

    It needs `match_labels`, `match_expressions` or `nodes`: without any it would take every node. That of a StatefulSet
    needs `pods`, and has nothing of nodes.
    """

    name: str
    """The wave's name; `rest` is the last wave's."""
    match_labels: NotRequired[Mapping[str, str]]
    """Nodes that have these labels."""
    match_expressions: NotRequired[Sequence[MatchExpressionArgs]]
    """Nodes whose labels fit all of these requirements."""
    nodes: NotRequired[Amount]
    """So many of them: a number, or a share as `10%`, which rounds up; default: all."""
    pods: NotRequired[Amount]
    """Of a StatefulSet: so many of its pods, a number, or a share as `10%`, which rounds up."""
    each: NotRequired[str]
    """With `nodes`: so many of each value of this label."""
    max_unavailable: NotRequired[Amount]
    """
    How many pods of the whole DaemonSet may be unavailable while this wave restarts; default: as in `waves`.

    A number, or a share of the wave as `10%`, which rounds up. Not of a StatefulSet: its pods follow one at a time.
    """
    soak_seconds: NotRequired[int]
    """How long each pod must have been ready before the gates are asked, in seconds; default: as in `waves`."""
    gates: NotRequired[Sequence[Gate]]
    """What else has to be healthy before the next wave begins; default: as in `waves`."""


class WavesArgs(TypedDict, total=False):
    """All waves: those of `first`, then one for each value of the label `by`, then the rest."""

    first: Sequence[WaveArgs]
    """The waves that come first, in their order; default: none."""
    by: str
    """A label of nodes: one wave for each of its values, in alphabetical order; default: none. Not of a StatefulSet."""
    max_unavailable: Amount
    """
    How many pods of the whole DaemonSet may be unavailable while a wave restarts; default 1.

    A number, or a share of the wave as `10%`, which rounds up. Not of a StatefulSet: its pods follow one at a time.
    """
    soak_seconds: int
    """How long each pod must have been ready before the gates are asked, in seconds; default 0."""
    gates: Sequence[Gate]
    """What else has to be healthy before the next wave begins; default: none."""
    on_failure: OnFailure
    """
    What follows when a wave fails: `restore` takes it back to the previous revision, `halt` leaves everything as it is.

    Default `restore`.
    """
    through: str | None
    """The name of a wave after which `up` stops and succeeds; a later `up` without it goes on. Default: the last."""
    progress_deadline_seconds: int
    """
    A wave fails when no pod became available for so long, in seconds; default 600, as in a Deployment.

    It must be more than `min_ready_seconds`.
    """
    over_unhealthy: bool
    """`True`: begin although the previous rollout is not finished, or no pod passes a gate; default `False`."""
