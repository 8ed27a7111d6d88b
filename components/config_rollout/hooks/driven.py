"""
The DaemonSet that a driver of waves works on: read, annotated and given templates, however the API server is.

Not here: what becomes of its pods (rollout.py).
"""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from ..cluster import Cluster, ClusterError, Object, owned
from ..core import live
from ..core.found import MANAGER
from ..core.retry import delay_seconds, is_passing
from .report import Report

AWAY_SECONDS = 300
"""How long the API server may be away in the middle of a rollout, in seconds."""

_TEMPLATE_MANAGER = "pulumi-kubernetes"
"""
Whose fields the provider takes over before each update of its own, so that a template put back here never stays.

Source: pulumi-kubernetes 4.25 await.go `fixCSAFieldManagers`.
"""

T = TypeVar("T")
Say = Callable[..., None]
"""Takes a line for whoever runs `up`, and `ephemeral=True` for one that only the next replaces."""


class Stopped(Exception):
    """Why a rollout does not go on. Everything is as it is, or as the message says."""


@dataclass(frozen=True)
class Target:
    """Which DaemonSet, and what the program wants of it: the generation that the provider's write gave, and a hash."""

    namespace: str
    name: str
    uid: str
    generation: int
    config_hash: str

    @property
    def where(self) -> str:
        """The DaemonSet, as a person writes it."""
        return f"{self.namespace}/{self.name}"


@dataclass
class Troubles:
    """How often one request has failed, since when, and when it did last."""

    attempt: int = 0
    since: float = 0.0
    last: float = 0.0


@dataclass
class DrivenDaemonSet:
    """
    One DaemonSet and whoever drives it. Every method raises `Stopped` where that must not go on.

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

    def read(self) -> Object:
        """Return the DaemonSet, after making sure that it is the provider's and that nobody has paused it."""
        target = self.target
        found = self.trying(lambda: self.cluster.prove("daemonsets", target.name, target.namespace, target.uid))
        if live.is_paused(found):
            raise Stopped(
                f"DaemonSet {self.target.where}: is paused. `config-rollout resume {self.target.where}` and "
                "`pulumi up` go on from here."
            )
        if self.stack and live.stack_of(found) not in ("", self.stack):
            raise Stopped(
                f"DaemonSet {self.target.where}: stack {live.stack_of(found)} drives it now, and this is {self.stack}. "
                "Take it out of one of the two programs."
            )
        return found

    def revisions(self, daemon_set: Object) -> list[Object]:
        """Return the ControllerRevisions of the DaemonSet."""
        return self.trying(lambda: owned(self.cluster, "controllerrevisions", daemon_set))

    def annotate(self, taken_back: live.Restored | None) -> None:
        """Note at the DaemonSet what is being taken back, or that nothing is any more."""
        value = {live.RESTORED_ANNOTATION: str(taken_back) if taken_back else None}
        body = {"metadata": {"annotations": value}}
        self.trying(lambda: self.cluster.patch("daemonsets", self.target.name, self.target.namespace, body))

    def patch_template(self, revision: Object) -> None:
        """
        Do what `kubectl rollout undo` does: a revision's data is a patch that puts its template in place.

        The provider takes no fields over for a patch, so what it applied goes back under its own manager first: what
        a later patch does not name must not stay because we have put it there.
        """
        where = ("daemonsets", self.target.name, self.target.namespace)
        if self.applied:
            body = self.applied(revision["data"]["spec"]["template"])
            self.trying(lambda: self.cluster.apply(*where, body, MANAGER))
        self.trying(lambda: self.cluster.patch(*where, revision["data"], strategic=True, manager=_TEMPLATE_MANAGER))

    def trying(self, request: Callable[[], T]) -> T:
        """
        Return what a request gives, tried again with growing waits while the API server cannot serve it.

        Raises:
          Stopped: It cannot be served, or not for too long.

        """
        troubles = Troubles()
        while True:
            self.check_awaited()
            try:
                return request()
            except ClusterError as error:
                self.bear(error, troubles)

    def bear(self, error: ClusterError, troubles: Troubles) -> None:
        """
        Wait until a request may be tried again.

        Raises:
          Stopped: It would fail again, or has for too long.

        """
        troubles.attempt += 1
        self.report.retried()
        troubles.last = time.monotonic()
        troubles.since = troubles.since or troubles.last
        if not is_passing(error.status) or time.monotonic() - troubles.since > AWAY_SECONDS:
            raise Stopped(str(error)) from None
        self.say(f"{error} Trying again", ephemeral=True)
        time.sleep(delay_seconds(troubles.attempt, random.random()))

    def check_awaited(self) -> None:
        """Make sure that nobody has ended the driver."""
        if self.over.is_set():
            raise Stopped(f"DaemonSet {self.target.where}: {self.why}")

    def end(self, why: str) -> None:
        """Let the driver end before its next request."""
        self.why = why
        self.over.set()
