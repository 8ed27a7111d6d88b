"""The waves of one component: what the cluster says to them before anything is registered, and their stashes."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

import pulumi

from ..cluster.client import ClusterError, Object
from ..cluster.observe import add_pods, add_revisions, observe, wait_until_observed
from ..core.arguments.fields import is_whole_number
from ..core.arguments.finding import Finding, report
from ..core.audit.writing import ended_well
from ..core.explain.previous import is_template
from ..core.kubernetes import daemon_sets, template, workloads
from ..core.kubernetes.objects import revision_of
from ..core.kubernetes.pods import place_of
from ..core.kubernetes.stateful_sets import pod_names
from ..core.kubernetes.workload_kinds import DAEMON_SET, WorkloadName
from ..core.rbac.waves import wave_rights
from ..core.revisions.naming import HISTORY_KEY, history_name
from ..core.revisions.observation import Observation
from ..core.waves import preflight
from ..core.waves import words as wave_words
from ..core.waves.gate_answers import already_failed, wanted_proxy
from ..core.waves.gates import BEFORE, Gate, probe_namespaces, proxied
from ..core.waves.order import REST, Division, Waves, check_names, divide, empty_selectors
from ..core.waves.reload_canary import Canary, canary_of
from ..core.waves.restarts import WorkloadPods, seen_pods
from ..core.waves.words import WavePlan
from ..core.workload.configuration import Configuration
from ..driver.driven import Say
from ..driver.gates import GateChecker
from ..driver.reload_restart import InWaves
from ..driver.report import Report
from ..hooks.explain import Explainer
from ..hooks.stashes import Driven, register_stashes, restart_of_all
from ..hooks.voice import Voice
from ..hooks.who import stack_name
from .errors import BadArguments
from .revisions import Reading
from .waiting import meanwhile, wait_for_server

T = TypeVar("T")


class StagedRollout:
    """
    The waves of one workload. Everything is read, and refused, before the component registers anything.

    Raises:
      BadArguments: The waves do not fit the cluster, the cluster cannot be read, or the rollout could not begin.

    """

    def __init__(
        self, who: str, plain: Mapping[str, Any], waves: Waves, reading: Reading, configuration: Configuration
    ) -> None:
        assert reading.cluster
        self._who, self._hash, self._cluster = who, configuration.hash, reading.cluster
        self._namespace, self._name = reading.observation.namespace, reading.observation.name
        self._kind, self._replicas = reading.observation.kind, plain.get("replicas")
        self._of = WorkloadName(self._kind, self._namespace, self._name)
        self._called = self._kind.where(self._namespace, self._name)
        self._config_maps = list(configuration.object_names(reading.observation.name).values())
        self._secrets = list(configuration.secret_names(reading.observation.name).values())
        self._proxy = next(filter(None, map(wanted_proxy, configuration.contents.values())), None)
        self._waves = waves
        ready = plain.get("min_ready_seconds")
        self._take(reading.observation)
        covered = None
        if self._workload_pods and self._kind is DAEMON_SET:
            covered = [pod.node for pod in self._workload_pods.pods]
        self._divisions = divide(self._waves, self._labels, self._hash, covered)
        self._min_ready_seconds = int(ready) if isinstance(ready, int | float) else 0
        self._preflight()

    def plan(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> WavePlan:
        """
        Return what an update of the workload does, wave by wave.

        Args:
          old: The inputs of the update before; what it says and `new` does not goes.
          new: What is written now, with camelCase keys.

        """
        if not self._workload_pods:
            return self._plan([])
        live, was, wanted = _template(self._observation.workload or {}), _template(old), _template(new)
        same = {
            revision_of(one)
            for one in self._observation.revisions
            if is_template(_template(one["data"]), live, was, wanted)
        }
        return self._plan([pod.node for pod in self._workload_pods.pods if pod.revision in same and not pod.leaving])

    def _plan(self, has: Collection[str]) -> WavePlan:
        return wave_words.plan(self._divisions, has, self._waves.through, self._down, self._min_ready_seconds)

    @property
    def taken_back(self) -> bool:
        """Whether a rollout failed and was taken back, and nothing else came after it."""
        return bool(self._taken_back)

    @property
    def under_way(self) -> bool:
        """Whether a rollout of this configuration has begun, and some pods still, or again, have a different one."""
        hashes = set(self._hashes.values())
        return self._taken_back == self._hash or (self._live_hash == self._hash and hashes != {self._hash})

    @property
    def canary(self) -> Canary | None:
        """Where a pod comes up first with a text that running pods read again; one more of a StatefulSet cannot."""
        return canary_of(self._divisions) if self._kind is DAEMON_SET else None

    @property
    def is_whole(self) -> bool:
        """Whether the waves go to the last one: `through` holds none of them back."""
        return self._waves.through in ("", REST)

    def register(
        self,
        name: str,
        component: pulumi.Resource,
        workload: pulumi.CustomResource,
        explainer: Explainer,
        applied: Callable[[Object], Object] | None = None,
        written: Object | None = None,
    ) -> pulumi.CustomResource:
        """
        Register the stashes of the waves below the component, after its workload, and return the last.

        Where the provider has a patch and no whole workload, `applied` gives, for a pod template, what it applies, and
        `written` is what it has applied of the template.
        """

        def window(division: Division) -> str:
            if pulumi.runtime.is_dry_run():
                return self._window(division) if self._pending(division, explainer) else ""
            return self._window(division) if self._window(division) and self._is_outdated(division) else ""

        driven = Driven(
            self._cluster,
            self._waves,
            explainer.audit,
            stack_name(),
            window,
            applied,
            self._proxy,
            self._excused,
            written=written,
            config_maps=self._config_maps,
            secrets=self._secrets,
        )
        self._driven, self._workload = driven, workload
        previewed: list[Division] = []
        registered = register_stashes(name, component, workload, self._hash, driven, self._divisions, previewed.append)
        registered[-1].urn.apply(lambda _: self._tell_previewed(previewed, explainer))
        return registered[-1]

    async def restart_of_all(self, say: Say) -> InWaves:
        """Return what restarts all pods wave by wave, once the pod template asks for it."""
        rollout = await restart_of_all(self._workload, self._hash, self._driven, Report(), say)
        return InWaves(rollout, self._closed)

    def _closed(self) -> str:
        """Return which wave a window keeps from beginning now; empty if none is kept."""
        waiting = ((division.wave.name, self._window(division)) for division in self._divisions)
        return next((f"wave '{name}' does not begin now: {window}" for name, window in waiting if window), "")

    def _pending(self, division: Division, explainer: Explainer) -> set[str]:
        """Return the nodes of a wave whose pods this `up` will restart, as far as preview knows."""
        workload_pods = self._workload_pods
        again = self._taken_back == self._hash and not explainer.restarts
        if explainer.restarts_all or again or not workload_pods:
            return set(division.nodes)
        settled = self._live_hash == self._hash and not explainer.restarts
        outdated = {pod.node for pod in workload_pods.outdated(division.nodes)} if settled else set()
        return outdated | {node for node in division.nodes if self._hashes.get(node) != self._hash}

    def _tell_previewed(self, previewed: Sequence[Division], explainer: Explainer) -> None:
        """Say in preview, in one message, what the waves will do where nothing said it yet."""
        if not previewed or explainer.has_plan or self._taken_back == self._hash:
            return
        names = [division.wave.name for division in previewed]
        if not self._workload_pods:
            if not explainer.has_told:
                explainer.tell(wave_words.first(names, self._kind))
            return
        pending = {node for division in previewed for node in self._pending(division, explainer)}
        has = {node for division in previewed for node in division.nodes} - pending
        plan = wave_words.plan(previewed, has, self._waves.through, self._down, self._min_ready_seconds)
        if plan.restarts:
            explainer.tell(wave_words.goes_on(self._called, plan))
        elif not explainer.has_told:
            explainer.tell(wave_words.restarts_nothing(names))

    def warn(self, component: pulumi.Resource) -> None:
        """Say at the component what is probably not meant."""
        of_size = preflight.check_size(self._labels, self._kind)
        unmeant = [*empty_selectors(self._waves, self._labels), *of_size, *self._warned]
        for line in report(self._who, unmeant).splitlines():
            pulumi.log.warn(line, component)
        for line in self._as_before:
            pulumi.log.warn(f"{self._who}: waves: {line}", component)
        if self._taken_back == self._hash != self._live_hash:
            pulumi.log.info(
                wave_words.again(self._plan([node for node, of in self._hashes.items() if of == self._hash])), component
            )
        if self._paused:
            resume = f"config-rollout resume {self._of.arguments}"
            pulumi.log.warn(f"the rollout is paused: `up` stops before the first pod. Run {resume}", component)

    def _take(self, observation: Observation) -> None:
        """Take in the fleet, and what it says of the rollout before."""
        observation = _by_place(observation)
        workload, self._observation = observation.workload, observation
        self._labels = observation.labels
        if self._kind is not DAEMON_SET:
            self._labels = {name: {} for name in pod_names(workload or self._to_be())}
        self._down = sorted(node.name for node in observation.nodes if node.down)
        self._live_hash = observation.config_hash
        self._hashes = {pod.node: pod.config_hash for pod in observation.pods}
        self._probed = [pod.probed for pod in observation.pods if not pod.leaving]
        self._paused = bool(workload and daemon_sets.is_paused(workload))
        history = observation.config_maps.get(history_name(observation.name, self._kind)) or {}
        records = str((history.get("data") or {}).get(HISTORY_KEY, ""))
        self._ended_well = self._live_hash != self._hash and ended_well(records, self._live_hash)
        self._taken_back = _taken_back(observation)
        self._workload_pods = _workload_pods(observation)

    def _to_be(self) -> Object:
        """Return as much of a StatefulSet that is not there yet as its waves take; Kubernetes begins with one pod."""
        replicas = self._replicas if is_whole_number(self._replicas) else 1
        return {"metadata": {"name": self._name}, "spec": {"replicas": replicas}}

    def _preflight(self) -> None:
        """
        Refuse what could not end well, as far as it shows before anything is written.

        What may be otherwise when `up` runs is only told in preview.
        """
        self._warned: list[Finding] = []
        self._as_before: list[str] = []
        self._excused: Mapping[Gate, Mapping[str, str]] = {}
        findings, changes = list(check_names(self._waves, self._labels)), self._live_hash != self._hash
        state = self._state(self._workload_pods) if self._workload_pods and not findings else None
        if state and changes:
            findings += preflight.check_capacity(state)
            self._warned += self._check_beginning(state)
        if not findings and changes:
            findings += self._missing_rights()
        if not pulumi.runtime.is_dry_run():
            findings += self._warned
            if state and changes and self._paused:
                what = f"the rollout of {self._called} is paused"
                findings.append(Finding("waves", what, f"Run `config-rollout resume {self._of.arguments}` first"))
            if state and not findings:
                findings += self._check_gates(state)
        if findings:
            raise BadArguments.of(self._who, findings)

    def _state(self, workload_pods: WorkloadPods) -> preflight.State:
        return preflight.State(
            f"{self._namespace}/{self._name}",
            self._waves,
            self._divisions,
            self._labels,
            workload_pods,
            self._hash,
            self._live_hash,
            self._hashes,
            ended_well=self._ended_well,
        )

    def _check_beginning(self, state: preflight.State) -> list[Finding]:
        """Find what keeps a change from beginning now, and may not do so later."""
        findings = list(preflight.check_finished(state))
        first = next((division for division in self._divisions if division.nodes), None)
        if first and (window := self._window(first)):
            what = f"wave '{first.wave.name}' may not begin now: {window}"
            findings.append(Finding("waves", what, "Run `pulumi up` after it"))
        return findings

    def _check_gates(self, state: preflight.State) -> list[Finding]:
        """Ask all gates before anything restarts, remember what is so anyway, and find gates that nothing passes."""
        begins = self._live_hash != self._hash
        gates = [gate for division in self._divisions for gate in division.wave.gates]
        if not gates or not (begins or state.workload_pods.outdated(state.asked)):
            return []
        checker = GateChecker(self._cluster, self._namespace, self._name, self._proxy, kind=self._kind)
        with Voice().never_silent(lambda: f"{state.where}: still checking its gates, before anything restarts"):
            answers = meanwhile(lambda: checker.check(gates, BEFORE, state.asked, lambda: self._probed))
        state = replace(state, answers=answers)
        self._excused = preflight.excused(state)
        self._as_before = [line for gate, of in self._excused.items() for line in already_failed(gate, of)]
        return list(preflight.check_gates(state, begins))

    def _window(self, division: Division) -> str:
        """Return the window that holds now and lets the wave not begin; empty if there is none."""
        now = datetime.now(UTC)
        return next((str(window) for window in division.wave.windows if window.holds(now)), "")

    def _is_outdated(self, division: Division) -> bool:
        """Return whether pods of a wave would restart, once the controller has seen what was written."""
        name, namespace, kind = self._name, self._namespace, self._kind
        with Voice().never_silent(lambda: f"{namespace}/{name}: still waiting for its controller"):
            workload = wait_until_observed(
                lambda: self._waiting(lambda: self._cluster.get(kind.resource, name, namespace))
            )
        nodes = self._observation.nodes
        observation = replace(observe(self._cluster, namespace, name, workload, kind), nodes=nodes, kind=kind)
        self._take(self._waiting(lambda: add_pods(self._cluster, add_revisions(self._cluster, observation))))
        return bool(self._workload_pods and self._workload_pods.outdated(division.nodes))

    def _waiting(self, read: Callable[[], T]) -> T:
        """Return what is read, after waiting a while for an API server that does not answer."""
        try:
            return wait_for_server(read)
        except ClusterError as error:
            raise BadArguments(f"{self._who}: waves: {error}") from None

    def _missing_rights(self) -> list[Finding]:
        """Find missing permissions of the driver: it would otherwise stop in the middle."""
        gates = [gate for division in self._divisions for gate in division.wave.gates]
        kinds, probed = proxied(gates), probe_namespaces(gates, self._namespace)
        try:
            needed = wave_rights(self._namespace, self._name, bool(kinds), probed, self._kind)
            rights = [right for right in needed if not self._cluster.may(right)]
        except ClusterError:
            return []  # a server that does not tell: the driver will see
        options = [f"--gate {kind}" for kind in [*kinds, *(["new_service"] if probed else [])]]
        elsewhere = [f"--gate-namespace {of}" for of in probed if probed != [self._namespace]]
        waves = ["--waves"] if self._kind is not DAEMON_SET else []
        where = " ".join([self._of.arguments, *waves, *options, *elsewhere])
        missing = ", ".join(str(right) for right in rights)
        fix = f"Grant the user of this kubeconfig what `config-rollout rbac {where}` prints"
        return [Finding("waves", f"{self._cluster.server}: may not {missing}", fix)] if rights else []


def _template(of: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the pod template of a workload, of its inputs, or of what a revision keeps: a patch that replaces it."""
    template: Mapping[str, Any] = (of.get("spec") or {}).get("template") or {}
    return {key: value for key, value in template.items() if key != "$patch"}


def _by_place(observation: Observation) -> Observation:
    """Return the same with each pod's place as its node: of a StatefulSet the pod's name."""
    pods = []
    for pod in observation.pods:
        place = place_of(observation.kind, pod)
        pods.append(replace(pod, node=place, probed=replace(pod.probed, node=place)))
    return replace(observation, pods=pods)


def _workload_pods(observation: Observation) -> WorkloadPods | None:
    """Return the pods as their revision says, `None` where there is no workload."""
    workload, revisions, pods = observation.workload, observation.revisions, observation.pods
    if workload is None:
        return None
    newest = template.current(workload, revisions) or observation.revision
    down = frozenset(node.name for node in observation.nodes if node.down) & {pod.node for pod in pods}
    return seen_pods(workload, pods, revision_of(newest) if newest else "", observation.kind, down)


def _taken_back(observation: Observation) -> str:
    """Return the config hash that a failed rollout took back; empty if there is none."""
    taken_back = daemon_sets.restored(observation.workload) if observation.workload else None
    of = [one for one in observation.revisions if taken_back and taken_back.revision == one["metadata"]["name"]]
    return workloads.config_hash_of(of[0]["data"]) if of else ""
