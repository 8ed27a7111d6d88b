"""
The workload that a driver works on: read, annotated and given templates, however the API server is.

Not here: what becomes of its pods (rollout.py).
"""

import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from ..cluster.client import Cluster, ClusterError, Object, owned
from ..cluster.owners import give_owners
from ..cluster.retrying import Backoff
from ..core.audit.finished import Finished
from ..core.audit.record import AuditRecord, parse_records
from ..core.kubernetes import daemon_sets, stateful_sets, workloads
from ..core.kubernetes.annotations import FINISHED_ANNOTATION, RESTORED_ANNOTATION
from ..core.kubernetes.field_managers import DRIVER, MANAGER, written
from ..core.kubernetes.pods import Pod
from ..core.kubernetes.workload_kinds import DAEMON_SET, STATEFUL_SET, WorkloadKind, WorkloadName
from ..core.revisions.naming import HISTORY_KEY, history_name
from ..core.waves import strategy
from ..core.waves import words as wave_words
from .report import Report

AWAY_SECONDS = 300
"""How long the API server may be unavailable during a rollout, in seconds."""

_TEMPLATE_MANAGER = "pulumi-kubernetes"
"""
Whose fields the provider takes over before each update of its own, so that a template put back here never stays.

Source: pulumi-kubernetes 4.25 await.go `fixCSAFieldManagers`.
"""

_REFUSED = (400, 403, 404, 409, 422)
"""What keeps something from being done that a rollout can do without."""

_STRATEGY_FIELD = ("f:spec", "f:updateStrategy", "f:type")
_PARTITION_FIELD = ("f:spec", "f:updateStrategy", "f:rollingUpdate", "f:partition")

T = TypeVar("T")
Say = Callable[..., None]
"""Takes a line for whoever runs `up`, and `ephemeral=True` for one that only the next replaces."""


class Stopped(Exception):
    """Why a rollout does not continue. Everything stays as it is, or as the message says."""


@dataclass(frozen=True)
class Target:
    """
    Which workload, and what the program wants of it: the generation that the provider's write gave, and a hash.

    `template` is the pod template as the provider has written it, or as far as it is ours; `None` where that is not
    known. `config_maps` and `secrets` are the names of what holds the configuration.
    """

    namespace: str
    name: str
    uid: str
    generation: int
    config_hash: str
    template: Object | None = None
    config_maps: Collection[str] = ()
    secrets: Collection[str] = ()
    kind: WorkloadKind = DAEMON_SET

    @property
    def where(self) -> str:
        """The workload, as a person writes it."""
        return f"{self.namespace}/{self.name}"

    @property
    def called(self) -> str:
        """The workload, as messages name it: `DaemonSet NAMESPACE/NAME`."""
        return self.kind.where(self.namespace, self.name)

    @property
    def arguments(self) -> str:
        """What names the workload in a command of ours."""
        return WorkloadName(self.kind, self.namespace, self.name).arguments


@dataclass
class DrivenWorkload:
    """
    One workload and whoever drives it. Every method raises `Stopped` if the rollout must not continue.

    `stack` is the Pulumi stack that runs it. `applied` returns, for a pod template, what a patch of the provider's
    would apply; it is `None` where the provider has the whole workload. `over` is set once somebody has ended it, and
    `why` says why.
    """

    cluster: Cluster
    target: Target
    say: Say
    stack: str
    applied: Callable[[Object], Object] | None
    report: Report
    over: threading.Event = field(default_factory=threading.Event)
    why: str = ""
    live: Object = field(default_factory=dict)
    """The workload as it was read last."""
    _partition: int | None = None
    """Of a StatefulSet: what this run has set last; nobody else may set less."""

    def see(self) -> Object:
        """Return the workload as it is, after making sure that it is the provider's."""
        target, resource = self.target, self.target.kind.resource
        self.live = self.trying(lambda: self.cluster.prove(resource, target.name, target.namespace, target.uid))
        return self.live

    def read(self) -> Object:
        """Return the workload, after making sure that it is the provider's and that nobody has paused it."""
        workload = self.see()
        if daemon_sets.is_paused(workload):
            raise Stopped(
                f"{self.target.called}: is paused. To continue from here, run "
                f"`config-rollout resume {self.target.arguments}` and `pulumi up`."
            )
        owner = workloads.stack_of(workload)
        if self.stack and owner not in ("", self.stack):
            raise Stopped(
                f"{self.target.called}: stack {owner} drives it now, but this is {self.stack}. "
                "Remove it from one of the two programs."
            )
        return workload

    def revisions(self, workload: Object) -> list[Object]:
        """Return the ControllerRevisions of the workload."""
        return self.trying(lambda: owned(self.cluster, "controllerrevisions", workload))

    def note(self, taken_back: daemon_sets.Restored | None) -> None:
        """Note at the workload what is being taken back, or that nothing is any more."""
        self._annotate({RESTORED_ANNOTATION: str(taken_back) if taken_back else None})

    def note_finished(self, finished: Finished) -> None:
        """Note at the workload which revisions its fleet has finished."""
        self._annotate({FINISHED_ANNOTATION: str(finished)})

    def _annotate(self, annotations: Mapping[str, str | None]) -> None:
        self._patch({"metadata": {"annotations": annotations}}, DRIVER)

    def _patch(self, body: Object, manager: str, strategic: bool = False) -> None:
        name, namespace, resource = self.target.name, self.target.namespace, self.target.kind.resource
        self.trying(lambda: self.cluster.patch(resource, name, namespace, body, strategic=strategic, manager=manager))

    def _apply(self, body: Object, manager: str) -> None:
        name, namespace, resource = self.target.name, self.target.namespace, self.target.kind.resource
        self.trying(lambda: self.cluster.apply(resource, name, namespace, body, manager))

    def held(self, workload: Object) -> Object:
        """Return the workload, after putting an `updateStrategy` right by which Kubernetes restarts pods itself."""
        called, kind = self.target.called, self.target.kind
        if strategy.is_held(workload, kind, self._partition or 0):
            return workload
        if kind is STATEFUL_SET:
            partition = len(stateful_sets.pod_names(workload)) if self._partition is None else self._partition
            again = f"RollingUpdate with `partition` {partition}"
            self.say(wave_words.strategy_was_changed(called, written(workload, _PARTITION_FIELD), again))
            self._apply(self._with_partition(partition), DRIVER)
            return self.read()
        self.say(wave_words.strategy_was_changed(called, written(workload, _STRATEGY_FIELD), "OnDelete"))
        if own := strategy.applied(workload):
            manager, body = own
            self._apply(body, manager)
        else:
            self._patch(strategy.patch(), _TEMPLATE_MANAGER)
        return self.read()

    def makes_way_for(self, pod: Pod) -> bool:
        """
        Let the successor of a pod be of the newest revision; return whether its controller deletes the pod by itself.

        A StatefulSet's does so with pods that are available. For others it waits. Source: kubernetes 1.36
        pkg/controller/statefulset/stateful_set_control.go `processReplica`.

        Raises:
          ClusterError: It could not be written, or whether it was is not known.

        """
        if self.target.kind is not STATEFUL_SET:
            return False
        self._partition = partition = stateful_sets.partition_for(self.live, pod.name)
        if stateful_sets.partition_of(self.live) != partition:
            name, namespace, body = self.target.name, self.target.namespace, self._with_partition(partition)
            self.live = self.cluster.apply(self.target.kind.resource, name, namespace, body, DRIVER)
        return pod.available

    def lets_go(self) -> bool:
        """Leave nothing of the driver's `partition` in a StatefulSet; return whether there was any."""
        if self.target.kind is not STATEFUL_SET or not strategy.has_partition_of_driver(self.live):
            return False
        self._apply(self._with_partition(None), DRIVER)
        self._partition = None
        return True

    def _with_partition(self, partition: int | None) -> Object:
        return strategy.with_partition(self.target.namespace, self.target.name, partition)

    def give_owners(self, coming: Object | None = None) -> None:
        """
        Give the ConfigMaps and Secrets their owners; `coming` is a revision whose template is about to be put in place.

        What keeps that from being done is said, and the next `up` does it: pods need no owners today.
        """
        template = coming["data"] if coming else None
        try:
            wanted, secrets = [*self.target.config_maps, *self.target.secrets], self.target.secrets
            self.trying(lambda: give_owners(self.cluster, self.read, wanted, template, secrets), _REFUSED)
        except ClusterError as error:
            self.say(
                f"the ConfigMaps and Secrets of earlier configurations are not kept until an `up` can do it: {error}"
            )

    def records(self) -> list[AuditRecord]:
        """Return the audit records of the rollouts, the oldest first; none where they cannot be read."""
        name, namespace = history_name(self.target.name, self.target.kind), self.target.namespace
        try:
            config_map = self.trying(lambda: self.cluster.get("configmaps", name, namespace), _REFUSED)
        except ClusterError:
            return []
        return parse_records(str(((config_map or {}).get("data") or {}).get(HISTORY_KEY, "")), "history")[0]

    def patch_template(self, revision: Object) -> None:
        """
        Do what `kubectl rollout undo` does: a revision's data is a patch that puts its template in place.

        The provider takes no fields over for a patch, so what it applied goes back under its own manager first: what
        a later patch does not name must not stay because we have put it there.

        A StatefulSet's pods are held back before, all of them: else it would follow at once.
        """
        if self.target.kind is STATEFUL_SET:
            self._partition = len(stateful_sets.pod_names(self.see()))
            self._apply(self._with_partition(self._partition), DRIVER)
        if self.applied:
            self._apply(self.applied(revision["data"]["spec"]["template"]), MANAGER)
        self._patch(revision["data"], _TEMPLATE_MANAGER, strategic=True)

    def trying(self, request: Callable[[], T], borne: Collection[int] = ()) -> T:
        """
        Return what a request gives, tried again with growing waits while the API server cannot serve it.

        Raises:
          Stopped: It cannot be served, or not for too long.
          ClusterError: It has a status of `borne`, which stops nothing.

        """

        def awaited() -> T:
            self.check_awaited()
            return request()

        try:
            return self.backoff().run(awaited)
        except ClusterError as error:
            if error.status in borne:
                raise
            self.check_awaited()
            raise Stopped(str(error)) from None

    def backoff(self, passing: Collection[int] = ()) -> Backoff:
        """Return how requests are tried again. `passing` are statuses that may pass too, beside the usual ones."""
        return Backoff(AWAY_SECONDS, passing=passing, over=self.over, retries=self._retries)

    def _retries(self, error: ClusterError) -> None:
        self.report.retried()
        self.say(f"{error} Trying again", ephemeral=True)

    def check_awaited(self) -> None:
        """Make sure that nobody has ended the driver."""
        if self.over.is_set():
            raise Stopped(f"{self.target.called}: {self.why}")

    def end(self, why: str) -> None:
        """Let the driver end before its next request."""
        self.why = why
        self.over.set()
