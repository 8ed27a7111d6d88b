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
from ..core.kubernetes import daemon_sets, workloads
from ..core.kubernetes.annotations import FINISHED_ANNOTATION, RESTORED_ANNOTATION
from ..core.kubernetes.field_managers import DRIVER, MANAGER, written
from ..core.kubernetes.workload_kinds import DAEMON_SET, WorkloadKind
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


@dataclass
class DrivenWorkload:
    """
    One workload and whoever drives it. Every method raises `Stopped` if the rollout must not continue.

    `stack` is the Pulumi stack that runs it. `applied` returns, for a pod template, what a patch of the provider's
    would apply; it is `None` where the provider has the whole DaemonSet. `over` is set once somebody has ended it, and
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

    def see(self) -> Object:
        """Return the workload as it is, after making sure that it is the provider's."""
        target, resource = self.target, self.target.kind.resource
        return self.trying(lambda: self.cluster.prove(resource, target.name, target.namespace, target.uid))

    def read(self) -> Object:
        """Return the DaemonSet, after making sure that it is the provider's and that nobody has paused it."""
        daemon_set = self.see()
        if daemon_sets.is_paused(daemon_set):
            raise Stopped(
                f"{self.target.called}: is paused. To continue from here, run "
                f"`config-rollout resume {self.target.where}` and `pulumi up`."
            )
        owner = workloads.stack_of(daemon_set)
        if self.stack and owner not in ("", self.stack):
            raise Stopped(
                f"{self.target.called}: stack {owner} drives it now, but this is {self.stack}. "
                "Remove it from one of the two programs."
            )
        return daemon_set

    def revisions(self, daemon_set: Object) -> list[Object]:
        """Return the ControllerRevisions of the DaemonSet."""
        return self.trying(lambda: owned(self.cluster, "controllerrevisions", daemon_set))

    def note(self, taken_back: daemon_sets.Restored | None) -> None:
        """Note at the DaemonSet what is being taken back, or that nothing is any more."""
        self._annotate({RESTORED_ANNOTATION: str(taken_back) if taken_back else None})

    def note_finished(self, finished: Finished) -> None:
        """Note at the DaemonSet which revisions its fleet has finished."""
        self._annotate({FINISHED_ANNOTATION: str(finished)})

    def _annotate(self, annotations: Mapping[str, str | None]) -> None:
        self._patch({"metadata": {"annotations": annotations}}, DRIVER)

    def _patch(self, body: Object, manager: str, strategic: bool = False) -> None:
        name, namespace = self.target.name, self.target.namespace
        self.trying(
            lambda: self.cluster.patch("daemonsets", name, namespace, body, strategic=strategic, manager=manager)
        )

    def _apply(self, body: Object, manager: str) -> None:
        name, namespace = self.target.name, self.target.namespace
        self.trying(lambda: self.cluster.apply("daemonsets", name, namespace, body, manager))

    def held(self, daemon_set: Object) -> Object:
        """Return the DaemonSet, after putting an `updateStrategy` right by which Kubernetes restarts pods itself."""
        if strategy.is_held(daemon_set):
            return daemon_set
        self.say(wave_words.strategy_was_changed(self.target.where, written(daemon_set, _STRATEGY_FIELD)))
        if own := strategy.applied(daemon_set):
            manager, body = own
            self._apply(body, manager)
        else:
            self._patch(strategy.patch(), _TEMPLATE_MANAGER)
        return self.read()

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
        name, namespace = history_name(self.target.name), self.target.namespace
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
        """
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
