"""
How a DaemonSet and its configuration are: its state, which revision runs where, and what is not as it should be.

The findings are findings.py's.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..arguments.finding import Finding
from ..audit.record import AuditRecord
from ..kubernetes import daemon_sets as live
from ..kubernetes.annotations import WAVES_ANNOTATION, ZONE_LABEL
from ..revisions.observation import ObservedPod
from ..waves.order import divide, parse_waves
from .findings import findings_of
from .observation import Revision, Seen

DONE, ROLLING, HALTED, RESTORED, PAUSED = STATES = ("done", "rolling", "halted", "restored", "paused")
"""
All pods have the newest revision; some are still to get it; the rollout to it ended before that; a rollout was taken
back; someone has paused it.
"""


@dataclass(frozen=True)
class Part:
    """A wave or a zone: how many nodes of it have a pod, and on how many that pod is ready with the newest revision."""

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
    """How a DaemonSet is. `since` and `why` are those of a rollout that has halted or was taken back, else empty."""

    seen: Seen
    state: str
    since: str
    why: str
    running: Sequence[Running]
    waves: Sequence[Part]
    zones: Sequence[Part]
    findings: Sequence[Finding]

    @property
    def through(self) -> int:
        """On how many nodes the pod is ready with the newest revision."""
        return sum(is_through(pod, self.seen.current) for pod in self.seen.pods)

    @property
    def is_as_wanted(self) -> bool:
        """Return whether there is nothing that a person should look at."""
        return self.state == DONE and not self.findings


def status_of(seen: Seen) -> Status:
    """Return how a DaemonSet is, from what was seen of it. Pods of nodes that are gone are nobody's concern."""
    seen = replace(seen, pods=[pod for pod in seen.pods if pod.node not in seen.gone])
    record = seen.records[-1] if seen.records else None
    state = _state(seen, record)
    ended = record if record and state in (HALTED, RESTORED) else None
    waves, wrong = _waves(seen)
    counts = Counter(pod.revision for pod in seen.pods)
    running = [Running(revision, counts[revision.hash]) for revision in seen.revisions]
    return Status(
        seen, state, ended.ended if ended else "", ended.reason if ended else "",
        [one for one in running if one.pods or one.revision == seen.current], waves, _zones(seen),
        [*findings_of(seen, state), *wrong],
    )  # fmt: skip


def is_through(pod: ObservedPod, current: Revision | None) -> bool:
    """Return whether a pod is ready and has the newest revision."""
    return current is not None and pod.revision == current.hash and pod.available and not pod.leaving


def status_json(statuses: Iterable[Status]) -> dict[str, object]:
    """Return what `status --json` prints, as docs/schemas/status.json describes it."""
    return {"daemon_sets": [_json(status) for status in statuses]}


def _state(seen: Seen, record: AuditRecord | None) -> str:
    if live.is_paused(seen.daemon_set):
        return PAUSED
    if live.restored(seen.daemon_set):
        return RESTORED
    of_this = record if record and record.new_hash == seen.config_hash else None
    if _is_moving(seen):
        return HALTED if of_this and of_this.result in ("halted", "failed", "stopped") else ROLLING
    starting = any(not is_through(pod, seen.current) for pod in seen.pods)
    if starting and of_this and of_this.result != "done":
        return HALTED
    return ROLLING if starting and not of_this else DONE


def _is_moving(seen: Seen) -> bool:
    """Return whether there are nodes whose pod is still to be replaced, or made."""
    if not live.is_observed(seen.daemon_set) or seen.current is None:
        return True
    old = any(pod.revision != seen.current.hash or pod.leaving for pod in seen.pods)
    return old or len({pod.node for pod in seen.pods}) < seen.wanted


def _waves(seen: Seen) -> tuple[list[Part], list[Finding]]:
    """Return the waves that the DaemonSet's annotation describes, with the nodes that they have now."""
    text = (seen.daemon_set["metadata"].get("annotations") or {}).get(WAVES_ANNOTATION)
    if text is None:
        return [], []
    try:
        waves, wrong = parse_waves(json.loads(text))
    except ValueError:
        wrong = [Finding("", "", "")]
    if wrong:
        where = f"annotation {WAVES_ANNOTATION}"
        return [], [Finding(where, "describes no waves", "Run `pulumi up --refresh`, which writes it anew")]
    pods = _by_node(seen.pods)
    divisions = divide(waves, seen.labels, seen.config_hash, pods)
    return [_part(division.wave.name, division.nodes, pods, seen) for division in divisions if division.nodes], []


def _zones(seen: Seen) -> list[Part]:
    """Return the zones that the nodes say they are in, in alphabetical order."""
    pods = _by_node(seen.pods)
    nodes: dict[str, list[str]] = {}
    for node in pods:
        if zone := seen.labels.get(node, {}).get(ZONE_LABEL):
            nodes.setdefault(zone, []).append(node)
    return [_part(zone, nodes[zone], pods, seen) for zone in sorted(nodes)]


def _by_node(pods: Iterable[ObservedPod]) -> dict[str, list[ObservedPod]]:
    by_node: dict[str, list[ObservedPod]] = {}
    for pod in pods:
        by_node.setdefault(pod.node, []).append(pod)
    return by_node


def _part(name: str, nodes: Sequence[str], pods: Mapping[str, Sequence[ObservedPod]], seen: Seen) -> Part:
    through = [node for node in nodes if all(is_through(pod, seen.current) for pod in pods[node])]
    return Part(name, len(nodes), len(through))


def _json(status: Status) -> dict[str, object]:
    seen = status.seen
    return {
        "namespace": seen.namespace,
        "name": seen.name,
        "state": status.state,
        "since": status.since or None,
        "reason": status.why or None,
        "config_hash": seen.config_hash,
        "revision": seen.current.number if seen.current else None,
        "revisions": [
            {"revision": one.revision.number, "config_hash": one.revision.config_hash,
             "config_map": one.revision.config_map, "pods": one.pods}
            for one in status.running
        ],
        "waves": [vars(part) for part in status.waves],
        "zones": [vars(part) for part in status.zones],
        "pods": [
            {"name": pod.name, "node": pod.node, "config_hash": pod.config_hash, "config_map": pod.config_map,
             "ready": pod.available}
            for pod in seen.pods
        ],
        "findings": [vars(finding) for finding in status.findings],
    }  # fmt: skip
