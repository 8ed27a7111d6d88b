"""The act about waves: thirty nodes in three zones, a change that goes zone by zone, a bad one that one node sees."""

import shutil
from collections.abc import Sequence

from config_rollout.core.configuration.digest import short_hash

from ..engine import Engine
from ..local_cluster import LocalCluster, run_folder
from ..pods import Pod, Recorder
from . import BAD, BETTER, GOOD, NAMESPACE, ROOT, SOON, Program, act, chapter, check, hash_of, out, settled_pods

NODES = 30
PICTURE = ROOT / ".run" / "rollout.svg"
"""Where the act leaves its picture."""

ZONE = "topology.kubernetes.io/zone"
ZONES = ("zone-a", "zone-b", "zone-c")

_WAVES = {
    "waves.by": ZONE,
    "waves.first[0].name": "canary",
    "waves.first[0].nodes": "1",
    "waves.max_unavailable": "50%",
}
"""What the act sets, as `pulumi config set --path` takes it."""

_DAEMON_SET = f"namespaces/{NAMESPACE}/daemonsets/kube-proxy"


def tell(cluster: LocalCluster, engine: Engine) -> None:
    """Tell the act, on the nodes that are there and those that it adds."""
    act(f"{NODES} nodes in {len(ZONES)} zones, wave by wave")
    cluster.add_nodes(NODES - len(cluster.api.list("nodes")), prefix="more")
    with Program(engine, run_folder("demo")) as program:
        _Act(cluster, program).run()


class _Act:
    """The story, chapter by chapter."""

    def __init__(self, cluster: LocalCluster, program: Program) -> None:
        self._cluster, self._program = cluster, program
        self._zones = {node["metadata"]["name"]: node["metadata"]["labels"][ZONE] for node in cluster.api.list("nodes")}

    def run(self) -> None:
        """Tell everything."""
        self.waves()
        self.plan()
        self.good_change()
        self.picture()
        self.bad_change()
        self.way_back()
        self._program.pulumi("destroy", hidden=["--yes", "--skip-preview"])

    def waves(self) -> None:
        """Give a kube-proxy that runs its waves."""
        chapter("A kube-proxy that runs gets waves: nothing restarts")
        self._program.up_quietly()
        self._show()
        for path, value in _WAVES.items():
            self._program.pulumi("config", "set", "--path", path, value)
        with self._recorder() as recorder:
            self._program.up()
        check(f"0 of {NODES} pods were restarted", not recorder.replaced())
        strategy = self._cluster.api.get(_DAEMON_SET)["spec"]["updateStrategy"]["type"]
        check(f"Kubernetes restarts nothing by itself from now on ({strategy})", strategy == "OnDelete")

    def plan(self) -> None:
        """Preview a change."""
        chapter("The preview has the plan: one node, then zone by zone")
        self._program.edit(GOOD, BETTER)
        before = settled_pods(self._cluster)
        lines = [line.split() for line in self._program.pulumi("preview").splitlines()]
        planned = {words[0]: int(words[1]) for words in lines if len(words) > 2 and words[2].startswith("node")
                   and words[0] in ("canary", *ZONES) and words[1].isdigit()}  # fmt: skip
        check("it has a wave of one node, and one for each zone", list(planned) == ["canary", *ZONES])
        check(f"they are {sum(planned.values())} nodes together", sum(planned.values()) == NODES)
        check("and no pod has moved yet", before == settled_pods(self._cluster))

    def good_change(self) -> None:
        """Let a change go through."""
        chapter("A good change")
        with self._recorder() as recorder:
            self._program.up()
        self._show()
        nodes = [pod.node for kind, pod in recorder.events if kind == "ADDED"]
        zones = [self._zones[node] for node in nodes[1:]]
        check(f"{len(nodes)} pods were restarted, each once", len(nodes) == len(set(nodes)) == NODES)
        check(f"{nodes[0]} was the first, then came {', '.join(dict.fromkeys(zones))}", zones == sorted(zones))
        check("no zone began before the one before it was ready", self._in_turn(recorder, nodes))
        most = max(len(without) for without in recorder.unavailable())
        check(f"at most {most} nodes, half a zone, were without kube-proxy at any moment", most <= NODES / 6)

    def picture(self) -> None:
        """Draw what happened."""
        chapter("A picture of it")
        self._program.config_rollout("timeline", f"{NAMESPACE}/kube-proxy", "--output", PICTURE.name)
        drawn = (self._program.folder / PICTURE.name).read_text()
        check(f"all {NODES} nodes are in it", all(node in drawn for node in self._zones))
        shutil.copy(self._program.folder / PICTURE.name, PICTURE)
        out.print(f"  To look at: {PICTURE.relative_to(ROOT)}", markup=False)

    def bad_change(self) -> None:
        """Let a change fail."""
        chapter("A configuration that kube-proxy cannot start with")
        self._program.edit(BETTER, BAD)
        self._program.pulumi("config", "set", "--path", "waves.progress_deadline_seconds", SOON)
        with self._recorder() as recorder:
            output = self._program.up(fails=True)
        self._show()
        seen = {pod.node for kind, pod in recorder.events if pod.config_hash == hash_of(BAD)}
        check(f"one node saw it ({', '.join(seen)})", len(seen) == 1)
        check("and was taken back by itself", "taken back: 1 restarted with the previous revision" in output)
        pods = settled_pods(self._cluster)
        good = [pod for pod in pods if pod.ready and pod.config_hash == hash_of(BETTER)]
        check(f"{len(good)} of {NODES} pods are well, with the previous configuration", len(good) == NODES)
        template = self._cluster.api.get(_DAEMON_SET)["spec"]["template"]["metadata"]["annotations"]
        check("nodes that join get that one too", template["checksum/config"] == hash_of(BETTER))

    def way_back(self) -> None:
        """Put the good configuration back."""
        chapter("The way back")
        self._program.edit(BAD, BETTER)
        with self._recorder() as recorder:
            self._program.up()
        check("nothing had to be restarted", not recorder.replaced())

    def _in_turn(self, recorder: Recorder, nodes: Sequence[str]) -> bool:
        """Return whether the first pod of each zone was created when all new pods before it were ready."""
        firsts = {next(node for node in nodes[1:] if self._zones[node] == zone) for zone in ZONES}
        waiting: set[str] = set()
        for kind, pod in recorder.events:
            if kind == "ADDED" and pod.node in firsts and waiting:
                return False
            if kind == "ADDED":
                waiting.add(pod.node)
            if pod.ready and pod.config_hash == hash_of(BETTER):
                waiting.discard(pod.node)
        return not waiting

    def _show(self) -> None:
        """Print a line for each zone and configuration: how many pods of it are ready."""
        counts: dict[tuple[str, str], list[Pod]] = {}
        for pod in settled_pods(self._cluster):
            counts.setdefault((self._zones[pod.node], short_hash(pod.config_hash)), []).append(pod)
        out.print()
        for (zone, shown), pods in sorted(counts.items()):
            ready = sum(pod.ready for pod in pods)
            out.print(f"  {zone}  {ready} of {len(pods)} pods ready  kube-proxy-{shown}", markup=False)

    def _recorder(self) -> Recorder:
        return Recorder(self._cluster.api, NAMESPACE)
