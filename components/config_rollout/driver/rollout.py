"""
Restarts the outdated pods of a DaemonSet or StatefulSet wave by wave, holds each wave at its gates, and takes a failed
one back.

Whatever stops it, the next `up` continues. Not here: which pods may restart (core/waves/restarts.py), the state
of the cluster (view.py), and when this runs (hooks/stashes.py).
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

from ..cluster.client import Cluster, Object
from ..core.audit.finished import Finished, finished, found_finished, way_back
from ..core.kubernetes import daemon_sets, template, workloads
from ..core.waves import words as wave_words
from ..core.waves.gate_answers import WantedProxy
from ..core.waves.gates import Gate
from ..core.waves.order import HALT, REST, Division, Waves
from ..core.waves.restarts import WorkloadPods
from .deleting import Deleter, Restarted
from .driven import DrivenWorkload, Say, Stopped, Target
from .ending import GONE
from .gates import GateChecker
from .report import Report
from .shared_watch import SharedWatch
from .tracking import Tracking
from .view import View

_PARALLEL_DELETES = 8
"""How many requests are under way at once: one alone waits for the API server's disk most of the time."""

Observe = Callable[[], tuple[Division, WorkloadPods]]


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
    """For a pod template, what a patch of the provider's would apply; nothing where it has the whole workload."""
    stack: str = ""
    proxy: WantedProxy | None = None
    excused: Mapping[Gate, Mapping[str, str]] = field(default_factory=dict)
    report: Report = field(default_factory=Report)
    """Hears what is done, for the audit record."""
    restarted: Restarted = field(default_factory=dict)
    """What all waves of one `up` have restarted."""
    takes_back: Callable[[], None] = lambda: None
    """Called before the template goes back: what else pods with it need as it was."""
    shared_watch: SharedWatch = field(default_factory=SharedWatch)
    """What all waves of one `up` watch with; of its own it is closed after each `run`."""

    def __post_init__(self) -> None:
        self._on = DrivenWorkload(self.cluster, self.target, self.say, self.stack, self.applied, self.report)
        self._tracking = Tracking(self.target, self.report)
        self._view = View(self._on, self.waves, self._tracking)
        self._finished, self._rests = Finished(), False

    def stop(self, why: str = GONE) -> None:
        """Let a `run` in another thread end before its next request, and say why."""
        self._on.end(why)

    def now(self) -> str:
        """Return in one line how far it is; from any thread."""
        return self._tracking.line()

    def run(self, own: str, passed: bool = False) -> None:
        """
        Bring all waves up to this one to what the program wants, in their order, and hold it at its gates.

        Earlier ones are through already, unless one was edited or taken back: then it is held too. Nothing is held
        where nothing moves and nothing is unfinished: `passed` tells that this wave was held since the last change.

        Raises:
          Stopped: It did not come to that; the message says why and what to do.

        """
        with self.shared_watch, ThreadPoolExecutor(_PARALLEL_DELETES) as pool:
            self._begin()
            self._view.looks(self.shared_watch)
            self._deleter = Deleter(self._on, self._view.watch, pool, self.restarted)
            self._view.observe_nodes()
            try:
                for name in self._view.up_to(own):
                    division, workload_pods = self._view.observe(name)
                    self.report.begins(name, division.nodes)
                    self._rests = self._does_rest(workload_pods)
                    idle = self._rests and not workload_pods.outdated(division.nodes)
                    moved = 0 if idle else self._move(partial(self._view.observe, name))
                    if moved or (name == own and not (self._rests or passed)):
                        self._hold(name)
                    self.report.ends("done")
                if own == REST:
                    self._view.release()
                    self._finish()
            except WaveFailed as failed:
                self._saw()
                self.report.ends("failed", failed.findings)
                raise Stopped(self._end(failed)) from None
            finally:
                self._saw()

    def _saw(self) -> None:
        self.report.saw(self._view.watch.ready(), self._view.watch.staying())

    def _begin(self) -> None:
        """Make sure that the workload is ours and holds what the program wants, and find its revision."""
        workload = self._on.read()
        taken_back = daemon_sets.restored(workload)
        forward = bool(taken_back and taken_back.generation == self.target.generation)
        if taken_back and forward:
            self._forward(workload, taken_back)
        if taken_back:
            self._on.note(None)
            workload = self._on.read()
        others = template.differences(self.target.template, workload["spec"].get("template"))
        if workloads.config_hash_of(workload) != self.target.config_hash or others:
            raise Stopped(wave_words.other_template(self.target.called, others))
        self._view.settle()
        self.report.brings(int(self._view.revision["revision"]))
        self._finished = finished(self._view.workload)
        if forward:
            self._on.give_owners()

    def _forward(self, workload: Object, taken_back: daemon_sets.Restored) -> None:
        """Put the template that a failed rollout took back in place again: the program still asks for it."""
        wanted = [r for r in self._on.revisions(workload) if r["metadata"]["name"] == taken_back.revision]
        if not wanted:
            raise Stopped(
                f"{self.target.called}: revision {taken_back.revision}, which a failed rollout took back, is "
                "no longer kept. Run `pulumi up --refresh` to write the program's template."
            )
        self.say("the last rollout was taken back; this one tries it again")
        self._on.patch_template(wanted[0])

    def _does_rest(self, workload_pods: WorkloadPods) -> bool:
        """
        Return whether the fleet has finished the wanted revision: what is not well then is not this rollout's doing.

        Where no driver has noted anything, as before an upgrade of this library, all pods having it says so.
        """
        if self._finished != Finished():
            return self._finished.base == self._view.name
        all_have_it = not workload_pods.outdated([pod.node for pod in workload_pods.pods])
        return self._rests or (all_have_it and len(self._view.revisions) > 1)

    def _note_beginning(self, workload_pods: WorkloadPods) -> None:
        """Note, before the first pod of a rollout restarts, what has finished until then and what has not."""
        name, view = self._view.name, self._view
        if name in (self._finished.base, self._finished.bringing) or self._rests:
            return
        known, names = self._finished, [revision["metadata"]["name"] for revision in view.revisions]
        records = [] if known.revisions else self._on.records()
        pods = [pod for pod in workload_pods.pods if pod.node not in workload_pods.down]
        self._finished = known.begins(name, names, found_finished(known, view.revisions, pods, records, name))
        self._on.note_finished(self._finished)

    def _finish(self) -> None:
        """Note that all waves have passed."""
        asked, generation = self.target.generation, self._view.generation
        if self._rests and not self._finished.revisions:
            return
        ended = self._finished.ends(self._view.name, (asked, generation) if asked != generation else ())
        if ended != self._finished:
            self._on.note_finished(ended)
            if ended.generations:
                self._on.give_owners()

    def _move(self, observe: Observe, says: bool = True) -> int:
        """
        Restart what is outdated in a wave, say so if it `says`, and return how many.

        Raises:
          WaveFailed: Nothing became available for the time it may take, of which only that counts in which the cluster
            was seen.

        """
        view, limit = self._view, self.waves.progress_deadline_seconds
        moved, fewest, progress = 0, -1, view.watch.seen_seconds()
        self._tracking.does()
        while True:
            division, workload_pods = observe()
            behind = len(workload_pods.behind(division.nodes)) + workload_pods.missing()
            if workload_pods.is_through(division.nodes):
                if moved and says:
                    self.say(wave_words.through(division, workload_pods))
                return moved
            if fewest < 0 or behind < fewest:
                fewest, progress = behind, view.watch.seen_seconds()
            if chosen := self._deleter.next(workload_pods, division):
                self._note_beginning(workload_pods)
                view.refresh()
                division, workload_pods = observe()
                chosen = self._deleter.next(workload_pods, division)
            if chosen and not moved and says:
                self.say(wave_words.begins(division, self.target.arguments))
            of_wave = {*division.nodes}
            deleted, first = self._deleter.delete(chosen, of_wave, workload_pods.revision)
            moved += deleted
            progress = view.watch.seen_seconds() if first else progress
            if view.watch.seen_seconds() - progress > limit:
                stuck = wave_words.stuck(workload_pods, division.nodes, division.budget, limit)
                raise WaveFailed(division.wave.name, [*stuck, *self._deleter.loops(division.nodes, workload_pods)])
            if not chosen:
                view.wait()

    def _hold(self, name: str) -> None:
        """
        Keep a wave under observation until each of its pods has been ready for its soak, then ask its gates.

        A pod that others delete meanwhile has a new one, which soaks as long. A node that joins prolongs nothing.

        Raises:
          WaveFailed: A pod became unready, or a gate returned false.

        """
        division, workload_pods = self._view.observe(name)
        of_wave, good, reported = {*division.nodes}, set[str](), 0.0
        while True:
            soaking = [node for node in self._view.up(division) if node in of_wave]
            bad = [
                p
                for p in workload_pods.pods
                if p.uid in good and not (p.available or p.leaving or p.node in workload_pods.down)
            ]
            if bad:
                raise WaveFailed(name, [wave_words.not_ready(pod, "did not stay ready") for pod in bad])
            good |= {pod.uid for pod in workload_pods.pods if pod.node in of_wave and pod.available}
            if soaking and not workload_pods.is_through(soaking):
                self._move(partial(self._view.observe, name), says=False)
                reported = 0.0
            elif soaking and (left := division.wave.soak_seconds - self._view.watch.youngest(soaking)) > 0:
                if left > reported:
                    self._tracking.does("soaks", left)
                if not reported:
                    self.say(self.now(), ephemeral=True)
                reported = left
                self._view.wait(left)
            else:
                break
            division, workload_pods = self._view.observe(name)
        if division.nodes:
            self._ask(division)

    def _ask(self, division: Division) -> None:
        """
        Ask the gates of a wave.

        Raises:
          WaveFailed: One is not passed, and was before.

        """
        self._tracking.does("checking its gates")
        namespace, name, kind = self.target.namespace, self.target.name, self.target.kind
        checker = GateChecker(self.cluster, namespace, name, self.proxy, self._on.over, kind)
        watch, nodes = self._view.watch, self._view.up(division)
        against, as_before = checker.findings(division.wave, nodes, watch.probed, self.excused)
        for line in as_before:
            self.say(f"{division.wave.name}: {line}")
        self._on.check_awaited()
        if against:
            raise WaveFailed(division.wave.name, against)

    def _end(self, failed: WaveFailed) -> str:
        """Take back what failed, or leave it, as the program says; return the message for the user."""
        again = "Correct the configuration, or restore the previous one, and run `pulumi up`."
        self.report.result = "halted" if self.waves.on_failure == HALT else "failed"
        if self.waves.on_failure == HALT:
            return wave_words.failure(failed.wave, failed.findings, f"everything is left as it is. {again}")
        if why := self._why_not_back():
            return wave_words.failure(failed.wave, failed.findings, f"{why}. {again}")
        back = way_back(self._finished, self._on.revisions(self._view.workload), self._view.name)
        if back is None:
            places = self.target.kind.places
            then = f"nothing is taken back: no earlier revision that finished on all {places} is kept. {again}"
            return wave_words.failure(failed.wave, failed.findings, then)
        try:
            nodes = self._take_back(failed, back)
            self.report.result = "restored"
            then = f"taken back: {nodes:,} restarted with the previous revision, and all are healthy. {again}"
        except WaveFailed as worse:
            then = f"taken back, but the previous revision is not healthy either: {'; '.join(worse.findings)}"
        except Stopped as stopped:
            then = f"taking it back stopped: {stopped}"
        return wave_words.failure(failed.wave, failed.findings, then)

    def _why_not_back(self) -> str:
        """Return why nothing is to be taken back, empty if something is."""
        if self._rests or self._finished.base == self._view.name:
            return f"nothing is taken back: all {self.target.kind.places} had this revision before"
        if self._finished.bringing != self._view.name:
            return "nothing is taken back: this rollout has restarted nothing"
        return ""

    def _take_back(self, failed: WaveFailed, back: Object) -> int:
        """Put the template of a revision back, and every node that has the failed one; return how many had."""
        places = self.target.kind.places
        self.say(wave_words.takes_back(failed.wave, failed.findings, int(back["revision"]), places))
        bad, wanted = self._view.name, self._view.wanted
        self._view.refresh()
        self.takes_back()
        self._on.give_owners(back)  # before anything mounts it
        self._on.note(daemon_sets.Restored(bad, self.target.generation))
        self._on.patch_template(back)
        self._view.settle()
        taken_back = self._move(partial(self._view.observe_failed, wanted), says=False)
        self._view.release()
        return taken_back
