"""What a peer did in a situation: counted from every write that etcd took, in its order."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from ..api import Json
from ..history import Write
from ..pods import Pod, unavailable
from .programs import Mounts, Reading, token_in
from .situations import KEY, is_bad


@dataclass(frozen=True)
class Runs:
    """What the program of a pod runs with: two pods of which this is equal do the same."""

    config: str
    """The whole configuration that is in force, defaults included."""
    token: str = ""
    crashes: bool = False


@dataclass(frozen=True)
class Cell:
    """
    What one peer did in one situation.

    Args:
      pods: Pods that were made in place of others.
      needed: Of these, how many run something else than the one before.
      needless: How many run the same.
      missed: Pods that at the end do not run what was wanted.
      reached: Pods that were made with a configuration with which they crash.
      early: Pods whose files changed under them, so that a crash would have given them the change before their turn.
      latent: Pods that at the end run something else than their files say by now, so that a crash changes what they do.
      at_once: The most nodes that had no ready pod at one time.
      failed: Runs of the tool, or of what stood for it, that ended with an error.
      writes: What the API server wrote for all programs, `VERB resource` -> count; without status and heartbeats.
      requests: What the tool itself asked, verb -> count.
      bytes: What etcd wrote to its disk, heartbeats included.
      seconds: From the start until everything was at rest.

    """

    pods: int
    needed: int
    needless: int
    missed: int
    reached: int
    early: int
    latent: int
    at_once: int
    failed: int = 0
    writes: Mapping[str, int] = field(default_factory=dict)
    requests: Mapping[str, int] = field(default_factory=dict)
    bytes: int = 0
    seconds: float = 0.0

    def row(self) -> dict[str, Any]:
        """Return the figures for JSON."""
        return asdict(self)


def merged(cells: Sequence[Cell]) -> Cell:
    """Return what several steps did together."""
    return Cell(
        pods=sum(cell.pods for cell in cells),
        needed=sum(cell.needed for cell in cells),
        needless=sum(cell.needless for cell in cells),
        missed=max(cell.missed for cell in cells),
        reached=sum(cell.reached for cell in cells),
        early=sum(cell.early for cell in cells),
        latent=cells[-1].latent,
        at_once=max(cell.at_once for cell in cells),
    )


class Namespace:
    """The objects of one namespace as they were at each write; `ran` is pod UID -> what its program runs with."""

    def __init__(self, name: str, objects: Mapping[str, Json], ran: Mapping[str, Runs]) -> None:
        self._name, self._ran = name, ran
        self.objects = {key: one for key, one in objects.items() if self._is_in(key)}

    def _is_in(self, key: str) -> bool:
        return key.split("/")[1] == self._name

    def pods(self) -> list[Pod]:
        """Return the pods as they are now, without those that go."""
        every = [one for key, one in self.objects.items() if key.startswith("pods/")]
        return [Pod.of(pod) for pod in every if "deletionTimestamp" not in pod["metadata"]]

    def stale(self, wanted: Mapping[str, Runs]) -> list[Pod]:
        """Return the pods that run something else; `wanted` is workload -> what should run."""
        return [pod for pod in self.pods() if self._ran.get(pod.uid) != wanted[_workload(pod)]]

    def counted(self, writes: Sequence[Write], wanted: Mapping[str, Runs], meanings: "Meanings") -> Cell:
        """Take in more writes, and return what they did to the pods; `wanted` is what should run after them."""
        writes = [write for write in writes if self._is_in(write.key)]
        before, events = self.pods(), list(_events(writes))
        early = self._early(writes, meanings)
        made = {pod.uid: pod for kind, pod in events if kind == "ADDED"}
        last = {_place(pod): pod.uid for pod in before}
        pairs = []
        for pod in made.values():
            if (place := _place(pod)) in last:
                pairs.append((self._ran.get(last[place]), self._ran.get(pod.uid)))
            last[place] = pod.uid
        known = [(old, new) for old, new in pairs if old and new]
        return Cell(
            pods=len(pairs),
            needed=sum(old != new for old, new in known),
            needless=sum(old == new for old, new in known),
            missed=len(self.stale(wanted)),
            reached=sum(uid in self._ran and self._ran[uid].crashes for uid in made),
            early=len(early),
            latent=sum(self._is_latent(pod, meanings) for pod in self.pods()),
            at_once=max(map(len, unavailable(before, events))),
        )

    def _early(self, writes: Sequence[Write], meanings: "Meanings") -> set[str]:
        """Return the UIDs of pods under which a file that they read changed, taking the writes in."""
        found: set[str] = set()
        for write in writes:
            kind, _, name = write.key.split("/")
            if write.after is None:
                self.objects.pop(write.key, None)
                continue
            self.objects[write.key] = write.after
            if kind not in ("configmaps", "secrets") or (write.before or {}).get("data") == write.after.get("data"):
                continue
            for pod in self.pods():
                is_other = pod.uid in self._ran and not meanings.is_read(write.after, self._ran[pod.uid])
                if is_other and self._mounted(pod)[kind] == name:
                    found.add(pod.uid)
        return found

    def _is_latent(self, pod: Pod, meanings: "Meanings") -> bool:
        if pod.uid not in self._ran or self._ran[pod.uid].crashes:
            return False
        files = [self.objects.get(f"{kind}/{self._name}/{name}") for kind, name in self._mounted(pod).items()]
        return not all(meanings.is_read(thing, self._ran[pod.uid]) for thing in files if thing)

    def _mounted(self, pod: Pod) -> dict[str, str]:
        """Return kind -> the name of the object that a pod mounts."""
        mounts = Mounts.of(self.objects[f"pods/{self._name}/{pod.name}"]["spec"])
        return {"configmaps": mounts.config_map, "secrets": mounts.secret}


class Meanings:
    """What readings mean; `in_force` returns what a text makes: equal for two that make the same."""

    def __init__(self, in_force: Callable[[str], str]) -> None:
        self._in_force = in_force

    def of(self, reading: Reading) -> Runs:
        """Return what a program runs with that has read this."""
        return Runs(self._in_force(reading.config), reading.token, is_bad(reading.config))

    def is_read(self, thing: Json, runs: Runs) -> bool:
        """Tell whether a ConfigMap or a Secret means what a pod runs with."""
        if KEY in thing.get("data", {}):
            return self._in_force(thing["data"][KEY]) == runs.config
        return token_in(thing) == runs.token


def _workload(pod: Pod) -> str:
    """Return the DaemonSet of a pod, by the name that it was given."""
    return pod.name.rpartition("-")[0]


def _place(pod: Pod) -> tuple[str, str]:
    """Return what the next pod in place of this one shares with it."""
    return _workload(pod), pod.node


def _events(writes: Sequence[Write]) -> Iterator[tuple[str, Pod]]:
    """Yield what happened to pods, as a watch has it."""
    for write in writes:
        if write.key.startswith("pods/"):
            kind = "ADDED" if write.before is None else "DELETED" if write.after is None else "MODIFIED"
            yield kind, Pod.of(write.after or write.before or {})
