"""
The state of a workload and its configuration: which revision runs where, and what is wrong.

The findings are findings.py's.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..arguments.finding import Finding
from ..audit.record import AuditRecord
from ..kubernetes import daemon_sets, deployments, workloads
from ..kubernetes.annotations import WAVES_ANNOTATION, ZONE_LABEL
from ..kubernetes.pods import place_of
from ..kubernetes.workload_kinds import DAEMON_SET, KINDS
from ..revisions.observation import ObservedPod
from ..waves.order import divide, parse_waves
from .findings import findings_of
from .observation import Revision, WorkloadView
from .reloads import reload_json

DONE, ROLLING, HALTED, RESTORED, PAUSED = STATES = ("done", "rolling", "halted", "restored", "paused")
"""
All pods have the newest revision; some are still to get it; the rollout to it ended early; a rollout was taken back;
someone paused it.
"""


@dataclass(frozen=True)
class Part:
    """
    A wave or a zone: how many nodes of it have a pod, and on how many that pod is ready with the newest revision.

    Of a workload other than a DaemonSet the pods are counted.
    """

    name: str
    nodes: int
    through: int


@dataclass(frozen=True)
class Running:
    """A revision, and how many pods have it."""

    revision: Revision
    pods: int


@dataclass(frozen=True)
class Status:
    """The state of a workload. `since` and `why` are those of a rollout that halted or was taken back, else empty."""

    view: WorkloadView
    state: str
    since: str
    why: str
    running: Sequence[Running]
    waves: Sequence[Part]
    zones: Sequence[Part]
    findings: Sequence[Finding]

    @property
    def through(self) -> int:
        """How many pods are ready with the newest revision."""
        return sum(is_through(pod, self.view.current) for pod in self.view.pods)

    @property
    def is_as_wanted(self) -> bool:
        """Return whether nothing needs attention."""
        return self.state == DONE and not self.findings


def status_of(view: WorkloadView) -> Status:
    """Return the state of an observed workload. Pods of deleted nodes are ignored."""
    view = replace(view, pods=[pod for pod in view.pods if pod.node not in view.gone])
    record = view.rollout
    state = _state(view, record)
    ended = record if record and state in (HALTED, RESTORED) else None
    waves, wrong = _waves(view)
    counts = Counter(pod.revision for pod in view.pods)
    running = [Running(revision, counts[revision.hash]) for revision in view.revisions]
    return Status(
        view, state, ended.ended if ended else "", ended.reason if ended else "",
        [one for one in running if one.pods or one.revision == view.current], waves, _zones(view),
        [*findings_of(view, state), *wrong],
    )  # fmt: skip


def is_through(pod: ObservedPod, current: Revision | None) -> bool:
    """Return whether a pod is ready and has the newest revision."""
    return current is not None and pod.revision == current.hash and pod.available and not pod.leaving


def status_json(statuses: Iterable[Status]) -> dict[str, object]:
    """Return what `status --json` prints, as docs/schemas/status.json describes it."""
    every = [*statuses]
    return {f"{kind.key}s": [_json(one) for one in every if one.view.kind is kind] for kind in KINDS.values()}


def _state(view: WorkloadView, record: AuditRecord | None) -> str:
    if daemon_sets.is_paused(view.workload) or deployments.is_held(view.workload):
        return PAUSED
    if daemon_sets.restored(view.workload):
        return RESTORED
    of_this = record if record and record.new_hash == view.config_hash else None
    if _is_moving(view):
        return HALTED if of_this and of_this.result in ("halted", "failed", "stopped") else ROLLING
    starting = any(not is_through(pod, view.current) for pod in view.pods)
    if starting and of_this and of_this.result != "done":
        return HALTED
    return ROLLING if starting and not of_this else DONE


def _is_moving(view: WorkloadView) -> bool:
    """Return whether there are pods that are still to be replaced, or made."""
    if not workloads.is_observed(view.workload) or view.current is None:
        return True
    old = any(pod.revision != view.current.hash or pod.leaving for pod in view.pods)
    return old or view.missing > 0


def _waves(view: WorkloadView) -> tuple[list[Part], list[Finding]]:
    """Return the waves that a workload's annotation describes, with the nodes, or pods, that they have now."""
    text = (view.workload["metadata"].get("annotations") or {}).get(WAVES_ANNOTATION)
    if text is None:
        return [], []
    try:
        waves, wrong = parse_waves(json.loads(text), kind=view.kind)
    except ValueError:
        wrong = [Finding("", "", "")]
    if wrong:
        where = f"annotation {WAVES_ANNOTATION}"
        return [], [Finding(where, "does not describe waves", "Run `pulumi up --refresh`, which rewrites it")]
    pods = _by_place(view)
    labels = view.labels if view.kind is DAEMON_SET else {place: {} for place in pods}
    divisions = divide(waves, labels, view.config_hash, pods)
    return [_part(division.wave.name, division.nodes, pods, view) for division in divisions if division.nodes], []


def _zones(view: WorkloadView) -> list[Part]:
    """Return the zones of the nodes, in alphabetical order."""
    pods = _by_place(view)
    places: dict[str, list[str]] = {}
    for place, (pod, *_) in pods.items():
        if zone := view.labels.get(pod.node, {}).get(ZONE_LABEL):
            places.setdefault(zone, []).append(place)
    return [_part(zone, places[zone], pods, view) for zone in sorted(places)]


def _by_place(view: WorkloadView) -> dict[str, list[ObservedPod]]:
    """Return the pods by what they are known by: their node, of which one may have two for a while, or their name."""
    by_place: dict[str, list[ObservedPod]] = {}
    for pod in view.pods:
        by_place.setdefault(place_of(view.kind, pod), []).append(pod)
    return by_place


def _part(name: str, places: Sequence[str], pods: Mapping[str, Sequence[ObservedPod]], view: WorkloadView) -> Part:
    through = [place for place in places if all(is_through(pod, view.current) for pod in pods[place])]
    return Part(name, len(places), len(through))


def _json(status: Status) -> dict[str, object]:
    view = status.view
    return {
        "namespace": view.namespace,
        "name": view.name,
        "state": status.state,
        "since": status.since or None,
        "reason": status.why or None,
        "config_hash": view.config_hash,
        "revision": view.current.number if view.current else None,
        "revisions": [
            {"revision": one.revision.number, "config_hash": one.revision.config_hash,
             "config_map": one.revision.config_map, "pods": one.pods}
            for one in status.running
        ],
        "reload": reload_json(view),
        "waves": [vars(part) for part in status.waves],
        "zones": [vars(part) for part in status.zones],
        "pods": [
            {"name": pod.name, "node": pod.node, "config_hash": pod.config_hash, "config_map": pod.config_map,
             "ready": pod.available}
            for pod in view.pods
        ],
        "findings": [vars(finding) for finding in status.findings],
    }  # fmt: skip
