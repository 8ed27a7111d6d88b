"""The first act: one configuration on a few nodes, from its creation through good and bad changes to its end."""

import time

from config_rollout.core.configuration.digest import short_hash

from ..engine import Engine
from ..local_cluster import LocalCluster, run_folder
from ..pods import Pod, Recorder
from . import (
    BAD,
    BETTER,
    GOOD,
    NAMESPACE,
    REWRITTEN,
    SOON,
    TYPO,
    Program,
    act,
    chapter,
    check,
    hash_of,
    settled_pods,
    show_pods,
)

NODES = 6

_DAEMON_SET_DIFF = r"(?m)^.*apps/v1:DaemonSet: \(update\)$(?:\n +[~\[{}\]].*)+"


def tell(cluster: LocalCluster, engine: Engine) -> None:
    """Tell the act, on nodes that it adds, and leave no kube-proxy behind."""
    act(f"One configuration, {NODES} nodes")
    cluster.add_nodes(NODES)
    with Program(engine, run_folder("demo")) as program:
        _Act(cluster, program).run()


class _Act:
    """The story, chapter by chapter."""

    def __init__(self, cluster: LocalCluster, program: Program) -> None:
        self._cluster, self._program = cluster, program

    def run(self) -> None:
        """Tell everything."""
        self.create()
        self.nothing_changed()
        self.text_changed()
        self.one_field_changed()
        self.refused()
        self.bad_configuration()
        self.way_back()
        self.destroy()

    def create(self) -> None:
        """Start kube-proxy on every node."""
        chapter("kube-proxy and its configuration, created")
        before = self._writes()
        preview = self._program.pulumi("preview")
        check("a preview writes nothing", " to create" in preview and before == self._writes())
        self._program.up()
        pods = self._pods()
        show_pods(pods)
        check(f"{NODES} nodes run kube-proxy", len(pods) == NODES and all(pod.ready for pod in pods))
        check("every pod mounts a ConfigMap that is named after its content", self._consistent(pods))

    def nothing_changed(self) -> None:
        """Run `up` again, and count what reaches the API server."""
        chapter("Nothing changed, so nothing is written")
        before = self._writes()
        self._program.up()
        total = self._writes() - before
        check(f"{total} API writes, counted by the API server itself (apiserver_request_total)", total == 0)

    def text_changed(self) -> None:
        """Write the same configuration differently."""
        chapter("The text changed and its meaning did not")
        self._program.edit(GOOD, REWRITTEN)
        before = self._writes()
        output = self._program.up()
        total = self._writes() - before
        check(f"{total} API writes", total == 0)
        check("and it says why", "is written differently but means the same: nothing restarts" in output)

    def one_field_changed(self) -> None:
        """Preview and do a rolling restart."""
        chapter("One field changed: the preview says what follows, and why")
        self._program.edit(REWRITTEN, BETTER)
        before = self._pods()
        self._program.pulumi("preview")
        preview = self._program.pulumi("preview", "--diff", only=_DAEMON_SET_DIFF)
        old, new = before[0].config_hash, hash_of(BETTER)
        check("it shows the one annotation", f'"{old}" => "{new}"' in preview)
        check("it shows the new ConfigMap in the volume", f'"kube-proxy-{short_hash(new)}"' in preview)
        check("it gives the reason", f"rolling restart of DaemonSet {NAMESPACE}/kube-proxy" in preview)
        check("and no pod has moved yet", before == self._pods())
        with self._recorder() as recorder:
            self._program.up()
        show_pods(self._pods(), before)
        replaced = recorder.replaced()
        check("every pod was replaced exactly once", sorted(replaced.values()) == [1] * NODES)
        most = max(len(nodes) for nodes in recorder.unavailable())
        check(f"at most {most} node was without kube-proxy at any moment", most == 1)
        check("every pod runs the new configuration", {pod.config_hash for pod in self._pods()} == {new})

    def refused(self) -> None:
        """Ask for what kube-proxy would refuse."""
        chapter("A configuration that kube-proxy would refuse")
        self._program.edit(BETTER, TYPO)
        output = self._program.pulumi("preview", fails=True)
        check("it is refused before anything is registered", "mode: is not valid (got 'nftable')" in output)

    def bad_configuration(self) -> None:
        """Let a rollout fail."""
        chapter("A valid configuration that kube-proxy cannot start with")
        self._program.edit(TYPO, BAD)
        self._program.pulumi("config", "set", "rollout-timeout-seconds", SOON)
        before = self._pods()
        self._program.up(fails=True)
        after = self._pods()
        show_pods(after, before)
        crashing = [pod for pod in after if pod.config_hash == hash_of(BAD)]
        check(f"`up` failed after {len(crashing)} of {NODES} nodes", len(crashing) == 1)
        check("the others were not touched", set(after) - set(crashing) < set(before))
        check("and still find their ConfigMap", self._consistent(after))

    def way_back(self) -> None:
        """Put the good configuration back."""
        chapter("The way back")
        self._program.edit(BAD, BETTER)
        self._program.pulumi("config", "rm", "rollout-timeout-seconds")
        before = self._pods()
        with self._recorder() as recorder:
            self._program.up()
        after = self._pods()
        show_pods(after, before)
        check("only the node that had moved was restarted", sum(recorder.replaced().values()) == 1)
        check("every pod is well", len(after) == NODES and all(pod.ready for pod in after))

    def destroy(self) -> None:
        """Leave nothing behind."""
        chapter("Destroyed")
        self._program.pulumi("destroy", hidden=["--yes", "--skip-preview"])
        check("no DaemonSet is left", not self._cluster.api.list(f"namespaces/{NAMESPACE}/daemonsets"))
        known = f"namespaces/{NAMESPACE}/configmaps/kube-proxy"
        for _ in range(100):
            gone = not self._cluster.api.exists(known) and not self._config_maps()
            if gone:
                break
            time.sleep(0.2)
        check("Kubernetes has removed the ConfigMaps of its revisions, and the one that `kubeadm join` reads", gone)

    def _pods(self) -> list[Pod]:
        return settled_pods(self._cluster)

    def _writes(self) -> int:
        return sum(self._cluster.writes().values())

    def _config_maps(self) -> list[str]:
        maps = self._cluster.api.list(f"namespaces/{NAMESPACE}/configmaps")
        return [m["metadata"]["name"] for m in maps if m["metadata"]["name"].startswith("kube-proxy-")]

    def _consistent(self, pods: list[Pod]) -> bool:
        """Return whether every pod mounts the ConfigMap of its own hash, and that ConfigMap exists."""
        exist = set(self._config_maps())
        names = [(f"kube-proxy-{short_hash(pod.config_hash)}", pod.config_maps) for pod in pods]
        return all((name,) == mounted and name in exist for name, mounted in names)

    def _recorder(self) -> Recorder:
        return Recorder(self._cluster.api, NAMESPACE)
