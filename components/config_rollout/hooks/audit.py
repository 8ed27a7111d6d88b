"""
Hears what one component's rollout changes and does, and writes one record of it when it ended.

Nothing here stops or breaks a rollout: what cannot be written is a warning at the component. Not here: what a record
says (core/audit/writing.py), and who calls this (hooks/explain.py without waves, stashes.py with them).
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

import pulumi

from ..cluster.client import Cluster, ClusterError, Object, owned
from ..cluster.retrying import Backoff
from ..core.audit import writing as audit
from ..core.audit.record import AuditRecord, Change, Times, utc
from ..core.audit.reloads import Reloaded, reload_event, reload_record, with_what_reloaded
from ..core.audit.resumed import since_it_began
from ..core.audit.sinks import Sink
from ..core.kubernetes import objects
from ..core.kubernetes.annotations import CHANGE_CAUSE_ANNOTATION
from ..core.kubernetes.field_managers import AUDITOR
from ..core.kubernetes.objects import revision_number, revision_of
from ..core.kubernetes.pods import place_of, pod_of, ready_since
from ..core.kubernetes.workload_kinds import DAEMON_SET, DEPLOYMENT, WorkloadKind
from ..core.revisions.naming import HISTORY_KEY, history_name
from ..core.status.observation import template_written
from ..driver.report import Report
from .audit_sinks import deliver
from .threads import in_thread
from .voice import Voice
from .who import who

_TRIES = 5

T = TypeVar("T")


@dataclass(frozen=True)
class Subject:
    """Which workload, and what it is to have. `uid` is the provider's, empty where it has not said one yet."""

    namespace: str
    name: str
    uid: str
    new_hash: str


@dataclass(frozen=True)
class Begun:
    """What changes. With `goes_on` nothing does: an earlier `up` changed it, and this one waits for the rest."""

    old_hash: str = ""
    changes: Sequence[Change] = ()
    template_changes: Sequence[Change] = ()
    goes_on: bool = False
    says_cause: bool = False
    """Whether the program itself says why, in the workload's annotation."""


@dataclass
class _Beginning:
    """What was there when it began."""

    record: AuditRecord
    begun: Begun
    generation: int = 0
    pods: Mapping[str, str] = field(default_factory=dict)


class Auditor:
    """
    The audit of one component in one run of the program. `report` is what the driver of its waves fills.

    `find` gives the cluster for `where` (`kubeconfig` and `context`, perhaps Outputs) and may raise `ClusterError`; it
    is called only when there is something to record.
    """

    def __init__(
        self,
        component: pulumi.Resource,
        find: Callable[[Mapping[str, Any]], Cluster],
        where: Mapping[Any, Any],
        sinks: Sequence[Sink],
        staged: bool,
        kind: WorkloadKind = DAEMON_SET,
    ) -> None:
        self._component, self._sinks, self.staged, self._kind = component, sinks, staged, kind
        self._find_in, self._where = find, where
        self.report = Report()
        self._beginning: _Beginning | None = None
        self._cluster: Cluster | None = None
        self._troubles: list[str] = []
        self._uid = ""

    async def begins(self, subject: Subject, begun: Begun) -> None:
        """Note a change before it is written, and why at the workload; once, however often the write is tried."""
        if self._beginning is None and not pulumi.runtime.is_dry_run():
            await self._safely(lambda: self._begin(subject, begun))

    async def ended(self, subject: Subject, result: str, reason: str = "") -> None:
        """Write the record, if anything was rolled out."""
        if (self._beginning or self.report.restarts) and not pulumi.runtime.is_dry_run():
            await self._safely(lambda: self._end(subject, result, audit.one_line(reason)))
            self._beginning = None

    async def reloaded(
        self, subject: Subject, changes: Sequence[Change], of: Reloaded, hashes: tuple[str, str]
    ) -> None:
        """Write the record of a reload, of a text with these hashes before and now."""
        await self._safely(lambda: self._reloaded(subject, changes, of, hashes))

    async def _safely(self, action: Callable[[], None]) -> None:
        """Do something in a thread, since it waits for the API server, and say what of it could not be done."""
        self._troubles = []
        try:
            self._where = {key: await pulumi.Output.from_input(value).future() for key, value in self._where.items()}
            with Voice().never_silent(lambda: "audit record: still waiting for the API server"):
                await in_thread(action)
        except Exception as error:  # a bug here must not stop a rollout
            self._troubles.append(f"{type(error).__name__}: {error}")
        for trouble in self._troubles:
            pulumi.log.warn(f"audit record: {trouble}\nThis does not affect the rollout itself.", self._component)

    def _begin(self, subject: Subject, begun: Begun) -> None:
        self._cluster, self._uid = self._try(self._find), subject.uid
        cluster = self._cluster
        now = utc(time.time())
        record = AuditRecord(
            subject.namespace, subject.name, now, now, begun.old_hash, subject.new_hash, "done", by=who(cluster),
            changes=tuple(begun.changes), template_changes=tuple(begun.template_changes), kind=self._kind.kind,
        )  # fmt: skip
        self._beginning = _Beginning(record, begun)
        state = cluster and self._try(lambda: self._read(cluster, subject))
        if not (cluster and state):
            return
        workload, revisions = state
        newest = objects.newest_revision(revisions)
        record = replace(record, old_revision=revision_number(newest) if newest else None)
        self._beginning = beginning = _Beginning(record, begun, int(workload["metadata"]["generation"]))
        if not self.staged:
            pods = self._try(lambda: owned(cluster, "pods", workload)) or []
            beginning.pods = {pod["metadata"]["uid"]: place_of(self._kind, pod_of(pod)) for pod in pods}
        if not begun.goes_on:
            if not begun.says_cause and self._kind is not DEPLOYMENT:
                self._annotate(cluster, self._kind.resource, workload, audit.change_cause(record))
            self._tell(cluster, workload, audit.begun_event(record))

    def _end(self, subject: Subject, result: str, reason: str) -> None:
        self._cluster = cluster = self._cluster or self._try(self._find)
        subject = replace(subject, uid=subject.uid or self._uid)  # a write that failed returned none
        state = cluster and self._try(lambda: self._read(cluster, subject))
        record = self._record(cluster, subject, state[0] if state else None, result, reason)
        if record is None:
            return
        if cluster and state:
            workload, revisions = state
            newest = objects.newest_revision(revisions)
            number = self.report.revision or (revision_number(newest) if newest else None)
            whole = replace(record, new_revision=number)
            moved = self._try(lambda: self._moved_before(cluster, workload, newest)) or {}
            completed = partial(self._completed, workload, moved)
            record = self._try(lambda: self._keep(cluster, workload, whole, completed)) or whole
            self._tell(cluster, workload, audit.ended_event(record))
            self._settle_cause(cluster, workload, newest, record)
        self._deliver(record)

    def _reloaded(self, subject: Subject, changes: Sequence[Change], of: Reloaded, hashes: tuple[str, str]) -> None:
        cluster = self._cluster = self._cluster or self._try(self._find)
        state = cluster and self._try(lambda: self._read(cluster, subject))
        base = AuditRecord(
            subject.namespace, subject.name, "", "", subject.new_hash, subject.new_hash, of.result, by=who(cluster),
            changes=tuple(changes), kind=self._kind.kind,
        )  # fmt: skip
        record = reload_record(base, of, hashes)
        if cluster and state:
            workload, revisions = state
            number = revision_number(newest) if (newest := objects.newest_revision(revisions)) else None
            whole = replace(record, old_revision=None if record.restarts else number, new_revision=number)
            record = self._try(lambda: self._keep(cluster, workload, whole, with_what_reloaded)) or whole
            self._tell(cluster, workload, reload_event(record))
        self._deliver(record)

    def _deliver(self, record: AuditRecord) -> None:
        for sink in self._sinks:
            if trouble := deliver(record.to_json(), sink):
                self._troubles.append(trouble)

    def _record(
        self, cluster: Cluster | None, subject: Subject, workload: Object | None, result: str, reason: str
    ) -> AuditRecord | None:
        """Return what is to be written; `None` where nothing was rolled out."""
        report, beginning, now = self.report, self._beginning, time.time()
        started = utc(report.first or now)
        record = beginning.record if beginning else AuditRecord(
            subject.namespace, subject.name, started, started, "", subject.new_hash, "done", by=who(cluster),
            kind=self._kind.kind,
        )  # fmt: skip
        record = replace(record, ended=utc(now), result=report.result or result, reason=reason, retries=report.retries)
        if self.staged:
            began = datetime.fromisoformat(record.started).timestamp()
            record = replace(record, waves=report.waves(), restarts=report.restarts, pods=report.pods(began))
        elif cluster and workload:
            record = self._without_waves(cluster, workload, record)
        generation = int(workload["metadata"]["generation"]) if workload else -1
        changed = beginning and not beginning.begun.goes_on and generation != beginning.generation
        return record if record.restarts or changed else None

    def _without_waves(self, cluster: Cluster, workload: Object, record: AuditRecord) -> AuditRecord:
        old_pods = self._beginning.pods if self._beginning else {}
        pods = self._try(lambda: owned(cluster, "pods", workload)) or []
        times = {pod["metadata"]["uid"]: _times(pod) for pod in pods}
        return audit.rollout_of(record, old_pods, [pod_of(pod) for pod in pods], times)

    def _moved_before(self, cluster: Cluster, workload: Object, newest: Object | None) -> dict[str, Times]:
        """Return node -> times of the pods that an earlier `up` has moved to the revision which this one brings."""
        began = template_written(workload).time
        if newest is None or not self.staged or not began or not self._goes_on:
            return {}
        pods = [pod for pod in owned(cluster, "pods", workload) if revision_of(pod) == revision_of(newest)]
        times = {place_of(self._kind, pod_of(pod)): _times(pod) for pod in pods}
        ours = self.report.pods(0)
        return {node: of for node, of in times.items() if node not in ours and of[0] >= _seconds(began)}

    def _completed(
        self, workload: Object, moved: Mapping[str, Times], record: AuditRecord, history: str
    ) -> AuditRecord:
        """Return the record of a rollout with what the history says of the `up` that it goes on from."""
        if not self._goes_on:
            return record
        earlier = audit.continued(history, record.new_hash, record.new_revision)
        record = audit.with_what_changed(record, earlier)
        if earlier is None:
            record = since_it_began(record, template_written(workload).time, moved, self.report.nodes)
        return record

    def _keep(
        self,
        cluster: Cluster,
        workload: Object,
        record: AuditRecord,
        completed: Callable[[AuditRecord, str], AuditRecord],
    ) -> AuditRecord:
        """Write the record to the history in the cluster; return it with what the history adds to it: `completed`."""
        namespace, name = record.namespace, history_name(record.name, self._kind)
        for attempt in range(_TRIES):
            config_map = self._with_retries(lambda: cluster.get("configmaps", name, namespace))
            history = str(((config_map or {}).get("data") or {}).get(HISTORY_KEY, ""))
            record = completed(record, history)
            body = audit.history(workload, audit.with_record(history, record))
            if config_map:  # another `up` may write one meanwhile: then the API server refuses, and all is read again
                body["metadata"]["resourceVersion"] = config_map["metadata"]["resourceVersion"]
            try:
                self._with_retries(lambda: cluster.apply("configmaps", name, namespace, body, AUDITOR))  # noqa: B023
                return record
            except ClusterError as error:
                if error.status != 409 or attempt == _TRIES - 1:
                    raise
        return record

    @property
    def _goes_on(self) -> bool:
        """Whether an earlier `up` has changed what this one rolls out."""
        return self._beginning is None or self._beginning.begun.goes_on

    def _settle_cause(self, cluster: Cluster, workload: Object, newest: Object | None, record: AuditRecord) -> None:
        """See to it that the workload and its newest revision say the same cause."""
        if newest is None or (self._beginning and self._beginning.begun.says_cause):
            return
        has = (newest["metadata"].get("annotations") or {}).get(CHANGE_CAUSE_ANNOTATION)
        new = self._beginning and not self._beginning.begun.goes_on and record.result != "restored"
        if new and (cause := audit.change_cause(record)) != has:
            # A revision that Kubernetes took up again, or a Deployment: its ReplicaSet follows all the time.
            is_deployment = self._kind is DEPLOYMENT
            of = (self._kind.resource, workload) if is_deployment else (self._kind.revision_resource, newest)
            self._annotate(cluster, *of, cause)
        elif not new and has != (workload["metadata"].get("annotations") or {}).get(CHANGE_CAUSE_ANNOTATION):
            self._annotate(cluster, self._kind.resource, workload, has)

    def _annotate(self, cluster: Cluster, resource: str, thing: Object, cause: str | None) -> None:
        metadata = thing["metadata"]
        body = {"metadata": {"annotations": {CHANGE_CAUSE_ANNOTATION: cause}}}
        name, namespace = metadata["name"], metadata["namespace"]
        self._try(lambda: cluster.patch(resource, name, namespace, body, manager=AUDITOR))

    def _tell(self, cluster: Cluster, workload: Object, event: tuple[str, str, str]) -> None:
        body = audit.event(workload, event, time.time_ns())
        self._try(lambda: cluster.make("events", workload["metadata"]["namespace"], body))

    async def find(self) -> Cluster:
        """
        Return the cluster, once it is known where it is.

        Raises:
          ClusterError: There is none.

        """
        self._where = {key: await pulumi.Output.from_input(value).future() for key, value in self._where.items()}
        return await in_thread(self._find)

    def _find(self) -> Cluster:
        return self._find_in(self._where)

    def _read(self, cluster: Cluster, subject: Subject) -> tuple[Object, list[Object]]:
        """Return the workload, once it is sure to be the provider's, and its revisions."""
        name, namespace = subject.name, subject.namespace
        resource = self._kind.resource
        workload = None if subject.uid else cluster.get(resource, name, namespace)
        workload = workload or cluster.prove(resource, name, namespace, subject.uid)
        return workload, owned(cluster, self._kind.revision_resource, workload)

    def _try(self, request: Callable[[], T]) -> T | None:
        """Return a request's result; report what fails it, and carry on."""
        try:
            return self._with_retries(request)
        except ClusterError as error:
            if str(error) not in self._troubles:
                self._troubles.append(str(error))
            return None

    def _with_retries(self, request: Callable[[], T]) -> T:
        """Return what a request gives, tried again a few times while the API server cannot serve it."""
        return Backoff(tries=_TRIES).run(request)


def _times(pod: Object) -> tuple[float, float | None]:
    """Return when a pod was made and since when it is ready, in seconds since 1970."""
    ready = ready_since(pod)
    return _seconds(pod["metadata"]["creationTimestamp"]), _seconds(ready) if ready else None


def _seconds(time_of: Any) -> float:
    return datetime.fromisoformat(str(time_of)).timestamp()
