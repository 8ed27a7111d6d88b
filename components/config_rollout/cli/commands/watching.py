"""`status --watch`: the live state of workloads, redrawn on a terminal, one line for each change elsewhere."""

import json
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from ...cluster.client import Cluster, ClusterError, Object
from ...cluster.watch import Following
from ...core.kubernetes.nodes import Node
from ...core.kubernetes.retry import is_passing
from ...core.kubernetes.workload_kinds import WorkloadName
from ...core.kubernetes.workloads import is_observed, selector_of
from ...core.revisions.observation import ObservedPod, observed_pod
from ...core.status.observation import WorkloadView, is_ours
from ...core.status.state import Status, status_json, status_of
from ...core.status.words import change_of_state, line_of, newest_problem
from ..errors import Trouble, not_installed
from .looking import TROUBLE, exit_code, nodes_of, view_without_pods, workloads_at
from .naming import Where

if TYPE_CHECKING:
    from ..outputs.live_view import LiveView

_LOOK_AT_MOST_EVERY_SECONDS = 0.25
_READ_AGAIN_SECONDS = 15
"""How often what is not watched is read: revisions, ConfigMaps, records. When the workload changes, immediately."""

Show = Callable[["Watch"], None]


class Watched:
    """One workload as it is now: its pods by a watch, and the rest read again when something about it changes."""

    def __init__(self, cluster: Cluster, thing: Object, changed: threading.Event) -> None:
        self._cluster, self._thing = cluster, thing
        self._view: WorkloadView | None = None
        self._key: object = None
        self._gone: set[str] = set()
        self._strangers: set[str] = set()
        self._nodes: Sequence[Node] = ()
        self._read = 0.0
        namespace, labels = thing["metadata"]["namespace"], selector_of(thing)
        self.pods: Following[ObservedPod] = Following(
            cluster, "pods", namespace, labels, "", lambda pod, _: observed_pod(pod, self._thing), changed
        )
        self.status: Status | None = None
        self.problem = ""

    def update(self, thing: Object) -> None:
        """Look at it again, once its pods have been seen."""
        if not self.pods.has_listed():
            return
        self._thing, pods = thing, self.pods.values()
        makers = {pod.maker for pod in pods}
        key = thing["metadata"].get("generation"), thing["metadata"].get("annotations"), is_observed(thing)
        view = self._view
        old = view is None or key != self._key or time.monotonic() - self._read > _READ_AGAIN_SECONDS
        if old or {pod.node for pod in pods} - {node.name for node in self._nodes} - self._gone:
            self._nodes = nodes_of(self._cluster)
            self._gone = {pod.node for pod in pods} - {node.name for node in self._nodes}
        if view is None or old or makers - view.makers - self._strangers:
            view, self._key, self._read = view_without_pods(self._cluster, thing, self._nodes), key, time.monotonic()
            self._strangers = makers - view.makers
        pods, labels = [pod for pod in pods if pod.maker in view.makers], {one.name: one.labels for one in self._nodes}
        self._view = replace(view, workload=thing, pods=pods, labels=labels)
        before, self.status = self.status, status_of(self._view)
        self.problem = newest_problem(before, self.status, self.problem)


class Watch:
    """All that is watched. `trouble` is why it cannot be seen at the moment, empty when it can."""

    def __init__(self, cluster: Cluster, where: Where) -> None:
        self._cluster, self._where = cluster, where
        self._changed = threading.Event()
        fields = f"metadata.name={where.name}" if where.name else ""
        self._things: list[Following[Object]] = [
            Following(cluster, kind.resource, where.namespace, "", fields,
                      lambda thing, _: thing if where.name or is_ours(thing) else None, self._changed)
            for kind in where.kinds
        ]  # fmt: skip
        self._of: dict[str, Watched] = {}
        self.trouble = ""

    @property
    def watched(self) -> list[Watched]:
        """What has been seen so far."""
        return [one for one in self._of.values() if one.status]

    @property
    def statuses(self) -> list[Status]:
        """How it was when it was last seen."""
        return [one.status for one in self._of.values() if one.status]

    def run(self, show: Show) -> None:
        """Look again whenever something has changed, and show it; without end."""
        with ExitStack() as following:
            for things in self._things:
                following.enter_context(things)
            while True:
                self._changed.clear()
                try:
                    self._look(following)
                    self.trouble = ""
                except ClusterError as error:
                    if not is_passing(error.status):
                        raise
                    self.trouble = str(error)
                if self.statuses or self.trouble:
                    show(self)
                time.sleep(_LOOK_AT_MOST_EVERY_SECONDS)  # what comes together is looked at together
                self._changed.wait(_READ_AGAIN_SECONDS)

    def _look(self, following: ExitStack) -> None:
        for blind in (*(one.blind for one in self._things), *(one.pods.blind for one in self._of.values())):
            if blind and blind.trouble:
                raise blind.trouble
        if not all(one.has_listed() for one in self._things):
            return
        things = {thing["metadata"]["uid"]: thing for one in self._things for thing in one.values()}
        if not things:
            place = self._where.one or self._where.namespace or self._cluster.server
            raise Trouble(f"{place}: was deleted. Nothing is left to watch.")
        self._of = {uid: one for uid, one in self._of.items() if uid in things}
        for uid, thing in things.items():
            if uid not in self._of:
                self._of[uid] = Watched(self._cluster, thing, self._changed)
                following.enter_context(self._of[uid].pods)
            self._of[uid].update(thing)


def watch(cluster: Cluster, where: Where, as_json: bool) -> int:
    """Show how workloads are until Ctrl-C or SIGTERM, and return the exit code for how they are then."""
    view = _live_view() if sys.stdout.isatty() and not as_json else None
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what ends a CI job or a container
    workloads_at(cluster, where)  # what is wrong from the beginning is said, and not waited for
    looks = Watch(cluster, where)
    with ExitStack() as stack:
        if view:
            stack.enter_context(view)
            show: Show = lambda now: view.draw(  # noqa: E731 # one expression
                [(one.status, one.problem) for one in now.watched if one.status], now.trouble
            )
        else:
            show = _Lines(as_json)
        with suppress(KeyboardInterrupt):
            looks.run(show)
    if looks.trouble or not looks.statuses:
        return TROUBLE
    return exit_code([status.view for status in looks.statuses], all(one.is_as_wanted for one in looks.statuses))


def _live_view() -> "LiveView":
    from ..outputs.live_view import LiveView

    try:
        return LiveView()
    except ModuleNotFoundError as error:
        raise not_installed(error, "draw on the terminal", "cli", "--watch: ") from None


class _Lines:
    """Prints a line for each change of state: of the text, or as one JSON document."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._said: dict[WorkloadName, object] = {}
        self._is_blind = False

    def __call__(self, now: Watch) -> None:
        if now.trouble and not self._is_blind:  # once for each outage: its reasons change while a server comes back
            print(f"config-rollout: {now.trouble} Retrying until it does.", file=sys.stderr, flush=True)
        self._is_blind = bool(now.trouble)
        self._say(now.watched)

    def _say(self, watched: Iterable[Watched]) -> None:
        for one in watched:
            assert one.status
            where, state = one.status.view.where, change_of_state(one.status, one.problem)
            if self._said.get(where) != state:
                self._said[where] = state
                line = json.dumps(status_json([one.status])) if self._as_json else line_of(one.status, one.problem)
                print(line, flush=True)
