"""The waves of one component: what the cluster says to them before anything is registered, and their records."""

from collections.abc import Callable, Mapping
from typing import Any

import pulumi

from .arguments import BadArguments, find_cluster
from .cluster import Cluster, ClusterError, Object
from .core import live, wave_words
from .core.finding import Finding, report
from .core.restarts import Fleet, blocking
from .core.wave_rights import wave_rights
from .core.waves import REST, Division, HttpGate, check_names, divide, empty_selectors, parse_waves
from .hooks.explain import Explainer
from .hooks.records import Driven, register_records
from .patience import patiently

DAEMON_SET_ANNOTATIONS = {"pulumi.com/skipAwait": "true", "pulumi.com/patchForce": "true"}
"""
On a DaemonSet with waves: the provider would wait for pods that only the waves restart, and could not put back what
someone else has written over.
"""


class StagedRollout:
    """
    The waves of one DaemonSet. Everything is read, and refused, before the component registers anything.

    Raises:
      BadArguments: The waves do not fit the cluster, the cluster cannot be read, or the rollout could not begin.

    """

    plan: list[str]
    """The lines that say what a change does, wave by wave."""

    def __init__(self, who: str, plain: Mapping[str, Any], name: str, config_hash: str) -> None:
        self._who, self._hash = who, config_hash
        self._where = plain["namespace"], name
        self._waves, _ = parse_waves(plain["waves"])
        ready = plain.get("min_ready_seconds")
        self._read(plain)
        covered = [pod.node for pod in self._fleet.pods] if self._fleet else None
        self._divisions = divide(self._waves, self._labels, config_hash, covered)
        seconds = int(ready) if isinstance(ready, int | float) else 0
        self.plan = wave_words.plan(self._divisions, self._waves.through, self._down, seconds)
        if self._live_hash != config_hash or self._taken_back:
            self.plan += wave_words.already(list(self._hashes.values()).count(config_hash), len(self._hashes))
        self._preflight()

    @property
    def taken_back(self) -> bool:
        """Whether a rollout failed and was taken back, and nothing else came after it."""
        return bool(self._taken_back)

    @property
    def under_way(self) -> bool:
        """Whether a rollout of this configuration has begun, and some pods have another one still, or again."""
        hashes = set(self._hashes.values())
        return self._taken_back == self._hash or (self._live_hash == self._hash and hashes != {self._hash})

    @property
    def is_whole(self) -> bool:
        """Whether the waves go to the last one: `through` holds none of them back."""
        return self._waves.through in ("", REST)

    def register(
        self,
        name: str,
        component: pulumi.Resource,
        daemon_set: pulumi.CustomResource,
        explainer: Explainer,
        applied: Callable[[Object], Object] | None = None,
    ) -> pulumi.CustomResource:
        """
        Register the records below the component, after its DaemonSet, and return the last.

        `applied` gives, for a pod template, what the provider applies where it has a patch and no whole DaemonSet.
        """

        def pending(division: Division) -> int:
            fleet = self._fleet
            again = self._taken_back == self._hash and not explainer.restarts
            if explainer.restarts_all or again or not fleet:
                return len(division.nodes)
            settled = self._live_hash == self._hash and not explainer.restarts
            outdated = {pod.node for pod in fleet.outdated(division.nodes)} if settled else set()
            other = {node for node in division.nodes if self._hashes.get(node) != self._hash}
            return len(outdated | other)

        driven = Driven(self._cluster, self._waves, explainer.audit, applied)
        return register_records(name, component, daemon_set, self._hash, driven, self._divisions, pending)[-1]

    def warn(self, component: pulumi.Resource) -> None:
        """Say at the component what is probably not meant."""
        for line in report(self._who, empty_selectors(self._waves, self._labels)).splitlines():
            pulumi.log.warn(line, component)
        if self._taken_back == self._hash != self._live_hash:
            pulumi.log.info(wave_words.again(self.plan), component)
        if self._paused:
            where = "/".join(self._where)
            pulumi.log.warn(
                f"the rollout is paused: `up` stops at the first pod. config-rollout resume {where}", component
            )

    def _read(self, plain: Mapping[str, Any]) -> None:
        """Read nodes, DaemonSet and pods, waiting a while for an API server that does not answer."""
        try:
            patiently(lambda: self._read_once(find_cluster(plain)))
        except ClusterError as error:
            raise BadArguments(f"{self._who}: waves: {error}") from None

    def _read_once(self, cluster: Cluster) -> None:
        self._cluster = cluster
        namespace, name = self._where
        nodes = cluster.list("nodes")
        self._labels = {node["metadata"]["name"]: node["metadata"].get("labels") or {} for node in nodes}
        self._down = sorted(node["metadata"]["name"] for node in nodes if live.is_down(node))
        daemon_set = cluster.get("daemonsets", name, namespace)
        self._live_hash = live.config_hash_of(daemon_set) if daemon_set else ""
        self._hashes: dict[str, str] = {}
        self._taken_back = ""
        self._paused = bool(daemon_set and live.is_paused(daemon_set))
        self._fleet = self._read_fleet(daemon_set, namespace) if daemon_set else None

    def _read_fleet(self, daemon_set: Object, namespace: str) -> Fleet:
        uid, labels = daemon_set["metadata"]["uid"], live.selector_of(daemon_set)
        found = self._cluster.list("controllerrevisions", namespace, labels)
        revisions = [revision for revision in found if live.is_owned_by(revision, uid)]
        newest, taken_back = live.newest(revisions), live.restored(daemon_set)
        for revision in revisions:
            if taken_back and taken_back.revision == revision["metadata"]["name"]:
                self._taken_back = live.config_hash_of(revision["data"])
        owned = [pod for pod in self._cluster.list("pods", namespace, labels) if live.is_owned_by(pod, uid)]
        self._hashes = {live.node_of(pod): live.config_hash_of_pod(pod) for pod in owned}
        pods = [live.pod_of(pod) for pod in owned]
        wanted = int((daemon_set.get("status") or {}).get("desiredNumberScheduled") or 0)
        return Fleet(pods, live.revision_of(newest) if newest else "", wanted, frozenset(self._down))

    def _preflight(self) -> None:
        """Refuse what could not end well, as far as it shows before anything is written."""
        findings = list(check_names(self._waves, self._labels))
        if not findings and self._fleet and self._live_hash != self._hash:
            division = next((d for d in self._divisions if d.nodes), None)
            if division and (nodes := blocking(self._fleet, division.nodes, division.budget)):
                are = "node is" if len(nodes) == 1 else "nodes are"
                findings.append(
                    Finding(
                        "waves",
                        f"{len(nodes):,} {are} NotReady ({wave_words.names(nodes)}), and in wave "
                        f"'{division.wave.name}' at most {division.budget:,} may be unavailable, so it could not begin",
                        f"Repair what is NotReady, or raise its max_unavailable above {len(nodes):,}",
                    )
                )
        if not findings and self._paused and self._live_hash != self._hash and not pulumi.runtime.is_dry_run():
            where = "/".join(self._where)
            what = f"the rollout of DaemonSet {where} is paused"
            findings.append(Finding("waves", what, f"Run `config-rollout resume {where}` first"))
        if not findings and self._live_hash != self._hash:
            findings += self._missing_rights()
        if findings:
            raise BadArguments(report(self._who, findings))

    def _missing_rights(self) -> list[Finding]:
        """Find what the driver will need and may not: it would else stop in the middle."""
        http = any(isinstance(gate, HttpGate) for division in self._divisions for gate in division.wave.gates)
        try:
            rights = [right for right in wave_rights(*self._where, http) if not self._cluster.may(right)]
        except ClusterError:
            return []  # a server that does not tell: the driver will see
        where = f"{'/'.join(self._where)}{' --http' if http else ''}"
        missing = ", ".join(str(right) for right in rights)
        fix = f"Give the user of this kubeconfig what `config-rollout rbac {where}` prints"
        return [Finding("waves", f"{self._cluster.server}: may not {missing}", fix)] if rights else []
