"""
Restarts the outdated pods of a DaemonSet wave by wave, holds each wave at its gates, and takes a failed one back.

What is outdated is read from the cluster, never remembered: whoever stops in the middle, the next `up` goes on.
Not here: which pods may restart (core/restarts.py), and when this runs (hooks/records.py).
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any

from ..cluster import Cluster, ClusterError, Object
from ..core import live, wave_words
from ..core.gate_answers import WantedProxy
from ..core.gates import Gate
from ..core.restarts import Fleet, Pod, next_restarts
from ..core.retry import is_passing
from ..core.waves import HALT, Division, Wave, Waves, after, divide
from ..ending import GONE
from .driven import AWAY_SECONDS, DrivenDaemonSet, Say, Stopped, Target, Troubles
from .fleet import FleetWatch
from .gates import Asker
from .report import Report
from .tracking import Tracking

_FRESH_SECONDS = 0.1
"""How old what is known may be when a pod is deleted, in seconds: no older than what a watch brings under load."""

_DOUBT_SECONDS = 60
"""How long a request without an answer may yet be served, in seconds. Source: kube-apiserver's `--request-timeout`."""

_PARALLEL_DELETES = 8
"""How many requests are under way at once: one alone waits for the API server's disk most of the time."""

_READ_AGAIN_SECONDS, _MISSING_SECONDS = 15, 1
"""How old the DaemonSet may be that nothing is deleted by, and while a pod is missing: its node may be gone."""


class WaveFailed(Exception):
    """What a wave did not stand; `findings` has a line for each."""

    def __init__(self, wave: str, findings: Sequence[str]) -> None:
        super().__init__(wave)
        self.wave, self.findings = wave, findings


@dataclass
class Rollout:
    """
    One run of the driver, for all waves up to one. `run` is all that others call.

    `stack` is the Pulumi stack that runs it; `proxy` the kube-proxy configuration that pods are to run, if it is one;
    `before` is, by gate, node -> why it was not passed before anything restarted, which counts against no wave.
    """

    cluster: Cluster
    target: Target
    waves: Waves
    say: Say
    applied: Callable[[Object], Object] | None = None
    """For a pod template, what a patch of the provider's would apply; nothing where it has the whole DaemonSet."""
    stack: str = ""
    proxy: WantedProxy | None = None
    before: Mapping[Gate, Mapping[str, str]] = field(default_factory=dict)
    report: Report = field(default_factory=Report)
    """Hears what is done, for the audit record."""
    _revision: str = ""
    _generation: int = 0
    _daemon_set: Object = field(default_factory=dict)
    _labels: dict[str, dict[str, str]] = field(default_factory=dict)
    _down: frozenset[str] = frozenset()
    _seen: set[str] = field(default_factory=set)
    _divisions: list[Division] = field(default_factory=list)
    _read_at: float = 0.0
    _doubts: set[str] = field(default_factory=set)
    _troubles: Troubles = field(default_factory=Troubles)
    _watch: Any = None
    _pool: Any = None

    def __post_init__(self) -> None:
        self._on = DrivenDaemonSet(self.cluster, self.target, self.say, self.stack, self.applied, self.report)
        self._tracking = Tracking(self.target.where, self.report)

    def stop(self, why: str = GONE) -> None:
        """Let a `run` in another thread end before its next request, and say why."""
        self._on.end(why)

    def now(self) -> str:
        """Return in one line how far it is; from any thread."""
        return self._tracking.line()

    def run(self, own: str) -> None:
        """
        Bring all waves up to this one to what the program wants, in their order; only the last is held at its gates.

        Earlier ones are through already, unless one was edited or taken back: then it is held too.

        Raises:
          Stopped: It did not come to that; the message says why and what to do.

        """
        self._begin()
        with (
            FleetWatch(self.cluster, self._daemon_set, self.waves.keys) as self._watch,
            ThreadPoolExecutor(_PARALLEL_DELETES) as self._pool,
        ):
            self._look_around()
            try:
                for name in self._up_to(own):
                    self.report.begins(name, self._look(name, None)[0].nodes)
                    if self._move(name, None) or name == own:
                        self._hold(name)
                    self.report.ends("done")
            except WaveFailed as failed:
                self.report.saw(self._watch.ready(), self._watch.staying())
                self.report.ends("failed", failed.findings)
                raise Stopped(self._end(failed)) from None
            finally:
                self.report.saw(self._watch.ready(), self._watch.staying())

    def _begin(self) -> None:
        """Make sure that the DaemonSet is ours and holds what the program wants, and find its revision."""
        daemon_set = self._on.read()
        taken_back = live.restored(daemon_set)
        if taken_back and taken_back.generation == self.target.generation:
            self._forward(daemon_set, taken_back)
        if taken_back:
            self._on.annotate(None)
            daemon_set = self._on.read()
        if live.config_hash_of(daemon_set) != self.target.config_hash:
            raise Stopped(
                f"DaemonSet {self.target.where}: its pod template is not what this program wrote: something else "
                "changed it since. Run `pulumi up --refresh` to put it back."
            )
        self._settle()

    def _forward(self, daemon_set: Object, taken_back: live.Restored) -> None:
        """Put the template that a failed rollout took back in place again: the program still asks for it."""
        wanted = [r for r in self._on.revisions(daemon_set) if r["metadata"]["name"] == taken_back.revision]
        if not wanted:
            raise Stopped(
                f"DaemonSet {self.target.where}: revision {taken_back.revision}, which a failed rollout took back, is "
                "no longer kept. Run `pulumi up --refresh` to write it anew."
            )
        self.say("the last rollout was taken back; this one tries the same again")
        self._on.patch_template(wanted[0])

    def _settle(self) -> None:
        """Wait until the controller has made the revision of what the DaemonSet is now, and remember both."""
        give_up = time.monotonic() + self.waves.progress_deadline_seconds
        while not live.is_observed(daemon_set := self._on.read()):
            if time.monotonic() > give_up:
                raise Stopped(
                    f"DaemonSet {self.target.where}: no controller looks at it. See that kube-controller-manager runs."
                )
            time.sleep(0.1)
        newest = live.newest(self._on.revisions(daemon_set))
        if newest is None:
            raise Stopped(f"DaemonSet {self.target.where}: has no revision. See that kube-controller-manager runs.")
        self.report.brings(int(newest["revision"]))
        self._revision, self._generation = live.revision_of(newest), int(daemon_set["metadata"]["generation"])
        self._daemon_set = daemon_set

    def _up_to(self, own: str) -> list[str]:
        names = [wave.name for wave in self.waves.in_order(self._labels)]
        return names[: names.index(own) + 1] if own in names else []

    def _move(self, name: str | None, wave: Wave | None) -> int:
        """
        Restart what is outdated in a wave (`wave` alone: in all nodes, as in this wave), and return how many.

        Raises:
          WaveFailed: Nothing became available for the time it may take.

        """
        moved, fewest, progress = 0, -1, time.monotonic()
        self._tracking.does()
        while True:
            division, fleet = self._look(name, wave)
            behind = len(fleet.behind(division.nodes)) + fleet.missing()
            if fleet.is_through(division.nodes):
                if moved and name:
                    self.say(wave_words.through(division, fleet))
                return moved
            if fewest < 0 or behind < fewest:
                fewest, progress = behind, time.monotonic()
            chosen = self._next(fleet, division)
            if chosen:
                self._refresh()
                division, fleet = self._look(name, wave)
                chosen = self._next(fleet, division)
            if chosen and not moved and name:
                self.say(wave_words.begins(division, self.target.where))
            moved += self._restart(chosen)
            progress = time.monotonic() if chosen else progress
            if time.monotonic() - progress > self.waves.progress_deadline_seconds:
                limit = self.waves.progress_deadline_seconds
                raise WaveFailed(division.wave.name, wave_words.stuck(fleet, division.nodes, division.budget, limit))
            if not chosen:
                self._wait()

    def _next(self, fleet: Fleet, division: Division) -> list[Pod]:
        """Return the pods to restart now; only the same again while it may yet come that their deletes are served."""
        chosen = next_restarts(fleet, division.nodes, division.budget)
        self._doubts &= {pod.uid for pod in fleet.pods if not pod.leaving}
        if self._doubts and time.monotonic() - self._troubles.last < _DOUBT_SECONDS:
            return [pod for pod in chosen if pod.uid in self._doubts]
        return chosen

    def _restart(self, chosen: Sequence[Pod]) -> int:
        """Delete pods for as long as what chose them is fresh, and return how many."""
        self._on.check_awaited()
        errors: list[ClusterError] = []

        def delete(pod: Pod) -> bool:
            return not errors and time.monotonic() - self._read_at < _FRESH_SECONDS and self._delete(pod, errors)

        restarted: int = sum(self._pool.map(delete, chosen))
        if errors:  # not tried again before all is looked at again: much may be other by then
            self._on.bear(errors[0], self._troubles)
        elif not self._doubts:
            self._troubles = Troubles()
        return restarted

    def _delete(self, pod: Pod, errors: list[ClusterError]) -> bool:
        """Delete a pod and return whether that was served; where it is not known, the error tells why."""
        self._doubts.add(pod.uid)
        self.report.deletes(pod.node, pod.uid)
        try:
            self.cluster.delete("pods", pod.name, self.target.namespace, pod.uid)
        except ClusterError as error:
            errors.append(error)
            return False
        self._doubts.discard(pod.uid)
        self._watch.deleted(pod.uid)
        return True

    def _hold(self, name: str) -> None:
        """
        Keep a wave under observation until its pods have been ready for its soak, then ask its gates.

        Raises:
          WaveFailed: A pod became unready, or a gate says no.

        """
        division, fleet = self._look(name, None)
        up = {node for node in division.nodes if node not in self._down}
        left = division.wave.soak_seconds - self._watch.youngest(up)
        if up and left > 0:
            self.say(f"{name} soaks for {wave_words.duration(math.ceil(left))}", ephemeral=True)
            self._tracking.does("soaks", left)
            good = {pod.uid for pod in fleet.pods if pod.node in up and pod.available}
            over = time.monotonic() + left
            while time.monotonic() < over:
                self._wait(over - time.monotonic())
                division, fleet = self._look(name, None)
                bad = [
                    p for p in fleet.pods if p.uid in good and not (p.available or p.leaving or p.node in self._down)
                ]
                if bad:
                    raise WaveFailed(name, [wave_words.not_ready(pod, "did not stay ready") for pod in bad])
            self._move(name, None)
        if division.nodes:
            self._ask(division)

    def _ask(self, division: Division) -> None:
        """
        Ask the gates of a wave.

        Raises:
          WaveFailed: One is not passed, and was before.

        """
        wave, nodes = division.wave, [node for node in division.nodes if node not in self._down]
        self._tracking.does("asks its gates")
        asker = Asker(self.cluster, self.target.namespace, self.target.name, self.proxy, self._on.over)
        against, as_before = asker.findings(wave, nodes, self._watch.probed, self.before)
        for line in as_before:
            self.say(f"{wave.name}: {line}")
        self._on.check_awaited()
        if against:
            raise WaveFailed(wave.name, against)

    def _end(self, failed: WaveFailed) -> str:
        """Take back what failed, or leave it, as the program says; return the message for the user."""
        again = "Correct the configuration and run `pulumi up`, or put the one of before back."
        self.report.result = "halted" if self.waves.on_failure == HALT else "failed"
        if self.waves.on_failure == HALT:
            return wave_words.failure(failed.wave, failed.findings, f"everything is left as it is. {again}")
        revisions = self._on.revisions(self._daemon_set)
        back = live.before(revisions, self._revision, [pod.revision for pod in self._watch.pods(0)])
        if back is None:
            then = f"there is no revision of before to take it back to. {again}"
            return wave_words.failure(failed.wave, failed.findings, then)
        try:
            nodes = self._take_back(failed, back, next(r for r in revisions if live.revision_of(r) == self._revision))
            self.report.result = "restored"
            then = f"taken back: {nodes:,} restarted with the revision of before, and all are well. {again}"
        except WaveFailed as worse:
            then = f"taken back, and the revision of before is not well either: {'; '.join(worse.findings)}"
        except Stopped as stopped:
            then = f"taking it back stopped: {stopped}"
        return wave_words.failure(failed.wave, failed.findings, then)

    def _take_back(self, failed: WaveFailed, back: Object, bad: Object) -> int:
        """Put the template of a revision back, and every node that has another; return how many had."""
        self.say(wave_words.takes_back(failed.wave, failed.findings, int(back["revision"])))
        self._refresh()
        self._on.annotate(live.Restored(bad["metadata"]["name"], self.target.generation))
        self._on.patch_template(back)
        self._settle()
        return self._move(None, replace(self.waves.rest, name="taking back", soak_seconds=0))

    def _look(self, name: str | None, wave: Wave | None) -> tuple[Division, Fleet]:
        """Return a wave with its nodes (`wave` alone: with all nodes), and the pods as they are now."""
        self._look_around()
        fleet = self._fleet()
        if time.monotonic() - self._read_at > (_MISSING_SECONDS if fleet.missing() else _READ_AGAIN_SECONDS):
            self._refresh()
            fleet = self._fleet()
        if not self._divisions:
            self._divisions = divide(self.waves, self._labels, self.target.config_hash, self._seen)
        if name is None:
            nodes = tuple(node for division in self._divisions for node in division.nodes)
            division, later = Division(wave or self.waves.rest, nodes), []
        else:
            division = next((d for d in self._divisions if d.wave.name == name), Division(self.waves.rest, ()))
            later = after(self._divisions, name, self.waves.through)
        self._tracking.sees(division, fleet, later, self._min_ready)
        return division, fleet

    @property
    def _min_ready(self) -> int:
        return int(self._daemon_set["spec"].get("minReadySeconds") or 0)

    def _fleet(self) -> Fleet:
        """Return the pods as they are now, those of nodes that are gone apart."""
        pods = self._watch.pods(self._min_ready)
        pods = [pod for pod in pods if pod.node in self._labels]
        nodes = {pod.node for pod in pods}
        if not nodes <= self._seen:
            self._seen |= nodes
            self._divisions = []
        return Fleet(pods, self._revision, live.covered(self._daemon_set), self._down & self._seen)

    def _look_around(self) -> None:
        """
        Take in the nodes as they are, once they and the pods can be seen.

        Raises:
          Stopped: They cannot be seen, or not for too long.

        """
        while not self._watch.sees():
            since, trouble = self._watch.blind or (0.0, None)
            if trouble and not (is_passing(trouble.status) and time.monotonic() - since < AWAY_SECONDS):
                raise Stopped(str(trouble))
            if trouble and self._tracking.is_blind():
                self.say(f"{trouble} Trying again", ephemeral=True)
            self._wait()
        nodes = self._watch.nodes()
        labels = {node.name: node.labels for node in nodes}
        self._down = frozenset(node.name for node in nodes if node.down)
        if labels != self._labels:
            self._labels, self._divisions = labels, []

    def _refresh(self) -> None:
        """
        Read the DaemonSet anew.

        Raises:
          Stopped: Someone has paused it, or changed it meanwhile.

        """
        daemon_set = self._on.read()
        if int(daemon_set["metadata"]["generation"]) != self._generation:
            raise Stopped(
                f"DaemonSet {self.target.where}: something else changed it in the middle of the rollout. "
                "Run `pulumi up` to go on, or `pulumi up --refresh` to put back what this program says."
            )
        self._daemon_set, self._read_at = daemon_set, time.monotonic()

    def _wait(self, seconds: float = 1.0) -> None:
        self._on.check_awaited()
        self._watch.wait(min(1.0, max(0.0, seconds)))
