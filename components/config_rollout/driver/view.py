"""
The fleet as the driver of its waves sees it: the workload, its revision, its pods and nodes, and their waves.

What is outdated is read from the cluster, never remembered. Not here: what is done about it (rollout.py).
"""

import time
from dataclasses import replace

from ..cluster.client import Object
from ..cluster.watch import Sight
from ..core.kubernetes import stateful_sets, template, workloads
from ..core.kubernetes.objects import revision_of
from ..core.kubernetes.retry import is_passing
from ..core.kubernetes.workload_kinds import DAEMON_SET, STATEFUL_SET
from ..core.waves import strategy
from ..core.waves.order import Division, Wave, Waves, after, divide
from ..core.waves.restarts import WorkloadPods, seen_pods
from .driven import AWAY_SECONDS, DrivenWorkload, Stopped
from .pod_watch import PodWatch
from .shared_watch import SharedWatch
from .tracking import Tracking

_READ_AGAIN_SECONDS, _MISSING_SECONDS = 15, 1
"""How old the workload may be while nothing is deleted, and while a pod is missing: its node may be deleted."""


class View:
    """
    One workload and its pods. `settle` comes first, and `looks` next: pods and nodes are seen from there on.

    Every method raises `Stopped` if the rollout must not continue.
    """

    workload: Object
    """The workload as it was read last."""
    revision: Object
    """The ControllerRevision that all pods are to have: the one with the workload's template."""
    revisions: list[Object]
    """All of them, as they were when it was found."""
    watch: PodWatch

    def __init__(self, on: DrivenWorkload, waves: Waves, tracking: Tracking) -> None:
        self._on, self._waves, self._tracking = on, waves, tracking
        self._where, self._kind = on.target.called, on.target.kind
        self.labels: dict[str, dict[str, str]] = {}
        self.down: frozenset[str] = frozenset()
        self._seen: set[str] = set()
        self._divisions: list[Division] = []
        self._failed: set[str] = set()
        self._read_at = 0.0

    def looks(self, shared: SharedWatch) -> None:
        """Look at pods and nodes by the watch that other rollouts use too."""
        self.watch = shared.watch(self._on.cluster, self.workload, self._waves.keys, self._kind)

    @property
    def wanted(self) -> str:
        """The hash that pods of the wanted revision carry."""
        return revision_of(self.revision)

    @property
    def name(self) -> str:
        """The name of the wanted revision."""
        return str(self.revision["metadata"]["name"])

    @property
    def generation(self) -> int:
        """The workload's generation."""
        return int(self.workload["metadata"]["generation"])

    def settle(self) -> None:
        """Wait until the controller has made the revision of what the workload is now, and remember both."""
        sight, limit = Sight(), self._waves.progress_deadline_seconds
        while True:
            workload = self._on.held(self._on.read())
            observed = workloads.is_observed(workload)
            revisions = self._on.revisions(workload) if observed else []
            revision = template.current(workload, revisions)
            sight.prove()
            if revision:
                break
            if sight.seconds() > limit:
                what = "has no revision of its pod template" if observed else "no controller has seen it"
                raise Stopped(f"{self._where}: {what}. Make sure that kube-controller-manager runs.")
            self._on.check_awaited()
            time.sleep(0.1)
        self.workload, self.revision, self.revisions = workload, revision, revisions

    def up_to(self, own: str) -> list[str]:
        """Return the names of the waves up to one."""
        names = [wave.name for wave in self._waves.in_order(self.labels)]
        return names[: names.index(own) + 1] if own in names else []

    def observe(self, name: str) -> tuple[Division, WorkloadPods]:
        """Return a wave with its nodes, and the pods as they are now."""
        workload_pods = self._workload_pods_now()
        division = next((d for d in self._divisions if d.wave.name == name), Division(self._waves.rest, ()))
        self._tracking.sees(division, workload_pods, after(self._divisions, name, self._waves.through), self._min_ready)
        return division, workload_pods

    def observe_failed(self, failed: str) -> tuple[Division, WorkloadPods]:
        """Return the nodes that have pods of a failed revision, or had, as one wave, and the pods as they are now."""
        workload_pods = self._workload_pods_now()
        self._failed |= {pod.node for pod in workload_pods.pods if pod.revision == failed}
        every = [node for division in self._divisions for node in division.nodes]
        wave = self.rest(len(every))
        division = Division(wave, tuple(node for node in every if node in self._failed))
        self._tracking.sees(division, workload_pods, [], self._min_ready)
        return division, workload_pods

    def rest(self, nodes: int) -> Wave:
        """Return the wave in which nodes are taken back: with the budget of `rest`, a share being one of all nodes."""
        budget = self._waves.rest.budget(nodes)
        return replace(self._waves.rest, name="taking back", soak_seconds=0, max_unavailable=budget)

    def up(self, division: Division) -> list[str]:
        """Return the nodes of a wave that are Ready, in its order."""
        return [node for node in division.nodes if node not in self.down]

    def observe_nodes(self) -> None:
        """Take in the nodes as they are, once they and the pods can be seen."""
        while not self.watch.sees():
            since, trouble = self.watch.blind or (0.0, None)
            if trouble and not (is_passing(trouble.status) and time.monotonic() - since < AWAY_SECONDS):
                raise Stopped(str(trouble))
            if trouble and self._tracking.is_blind():
                self._on.say(f"{trouble} Trying again", ephemeral=True)
            self.wait()
        nodes = self.watch.nodes()
        labels = {node.name: node.labels for node in nodes}
        if self._kind is STATEFUL_SET:
            labels = {name: {} for name in stateful_sets.pod_names(self.workload)}
        self.down = frozenset(node.name for node in nodes if node.down)
        if labels != self.labels:
            self.labels, self._divisions = labels, []

    def refresh(self) -> None:
        """
        Read the workload again: someone may have paused or changed it meanwhile.

        A StatefulSet may be scaled at any time, and its partition is lowered again and again by ourselves.
        """
        before, workload = self.workload, self._on.read()
        if int(workload["metadata"]["generation"]) != self.generation:
            same = workload["spec"]["template"] == before["spec"]["template"]
            if not same or (self._kind is DAEMON_SET and strategy.is_held(workload)):
                raise Stopped(
                    f"{self._where}: something else changed it during the rollout. "
                    "Run `pulumi up` to continue, or `pulumi up --refresh` to restore what this program says."
                )
            self.settle()
            workload = self.workload
        self.workload, self._read_at = workload, time.monotonic()

    def release(self) -> None:
        """Let Kubernetes go on by itself as it does without waves, if no pod is left that would restart for it."""
        workload_pods = self._workload_pods_now()
        if not workload_pods.missing() and not workload_pods.outdated([*self.labels]) and self._on.lets_go():
            self.settle()

    def wait(self, seconds: float = 1.0) -> None:
        """Wait until something has changed, at most so long and no longer than a second."""
        self._on.check_awaited()
        self.watch.wait(min(1.0, max(0.0, seconds)))

    @property
    def _min_ready(self) -> int:
        return int(self.workload["spec"].get("minReadySeconds") or 0)

    def _workload_pods_now(self) -> WorkloadPods:
        """Return the pods as they are now, with the waves brought up to date."""
        self.observe_nodes()
        workload_pods = self._workload_pods()
        if time.monotonic() - self._read_at > (_MISSING_SECONDS if workload_pods.missing() else _READ_AGAIN_SECONDS):
            self.refresh()
            workload_pods = self._workload_pods()
        if not self._divisions:
            covered = self._seen if self._kind is DAEMON_SET else None
            self._divisions = divide(self._waves, self.labels, self._on.target.config_hash, covered)
        return workload_pods

    def _workload_pods(self) -> WorkloadPods:
        """Return the pods as they are now, except those of deleted nodes."""
        pods = self.watch.pods(self._min_ready)
        pods = [pod for pod in pods if pod.node in self.labels]
        nodes = {pod.node for pod in pods}
        if not nodes <= self._seen:
            self._seen |= nodes
            self._divisions = []
        return seen_pods(self.workload, pods, self.wanted, self._kind, self.down & self._seen)
