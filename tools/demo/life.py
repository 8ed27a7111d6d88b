"""The act about a configuration's life: who changed what, what it restarted, and a way back that works."""

from config_rollout.core.configuration.digest import short_hash

from .. import build
from ..engine import Engine
from ..kept import orphans
from ..local_cluster import LocalCluster, run_folder
from ..pods import Recorder
from . import BETTER, GOOD, NAMESPACE, Program, act, chapter, check, hash_of, settled_pods, show_pods

WHERE = f"{NAMESPACE}/kube-proxy"


def tell(cluster: LocalCluster, engine: Engine) -> None:
    """Tell the act, on the nodes that are there, and leave no kube-proxy behind."""
    act("The life of a configuration")
    with Program(engine, run_folder("demo")) as program:
        _Act(cluster, program).run()


class _Act:
    """The story, chapter by chapter."""

    def __init__(self, cluster: LocalCluster, program: Program) -> None:
        self._cluster, self._program = cluster, program

    def run(self) -> None:
        """Tell everything."""
        self.changed()
        self.undone()
        self.told()
        self.made_again()
        self._program.pulumi("destroy", hidden=["--yes", "--skip-preview"])

    def changed(self) -> None:
        """Change a field, and ask who did it."""
        chapter("Who changed what, and what it restarted")
        self._program.up_quietly()
        self._program.edit(GOOD, BETTER)
        with Recorder(self._cluster.api, NAMESPACE) as recorder:
            self._program.up_quietly()
        history = self._program.config_rollout("history", WHERE, "2")
        check("it names the field", "mode: iptables => nftables" in history)
        restarts = sum(recorder.replaced().values())
        check(f"and the {restarts} restarts that a watcher saw", f"restarts       {restarts}\n" in f"{history}\n")
        differs = self._program.config_rollout("history", WHERE, "1..2", code=1)
        check("any two kept revisions can be compared", "mode: iptables => nftables" in differs)

    def undone(self) -> None:
        """Undo it with kubectl."""
        chapter("kubectl rollout undo, and it really is undone")
        before = settled_pods(self._cluster)
        kubectl = str(build.ensure(["kubectl"])["kubectl"])
        self._program.command(
            "kubectl", "rollout", "undo", "daemonset/kube-proxy", f"--namespace={NAMESPACE}", program=[kubectl]
        )
        self._cluster.wait_at_rest(NAMESPACE, "kube-proxy")
        pods = settled_pods(self._cluster)
        show_pods(pods, before)
        held = {name for pod in pods for name in pod.config_maps}
        check("every pod reads the previous configuration", held == {f"kube-proxy-{short_hash(hash_of(GOOD))}"})
        check("no ConfigMap that a pod or a kept revision mounts is missing",
              not orphans(self._cluster.api, NAMESPACE, "kube-proxy"))  # fmt: skip

    def told(self) -> None:
        """Ask what runs now."""
        chapter("Nobody has to guess what runs now")
        status = self._program.config_rollout("status", WHERE, code=1)
        runs, wanted = short_hash(hash_of(GOOD)), short_hash(hash_of(BETTER))
        check(
            "status knows a configuration that no program asked for",
            "which is not known to come from any program" in " ".join(status.split()) and runs in status,
        )
        preview = self._program.pulumi("preview")
        check("and so does the next preview", f"runs {runs}" in preview and f"this program wants {wanted}" in preview)

    def made_again(self) -> None:
        """Go forward again."""
        chapter("Forward again")
        with Recorder(self._cluster.api, NAMESPACE) as recorder:
            output = self._program.pulumi("up", "--refresh", hidden=["--yes", "--skip-preview"])
        check("explained by its field", "mode iptables => nftables" in output)
        check("one restart of each pod", set(recorder.replaced().values()) == {1})
        history = self._program.config_rollout("history", WHERE)
        check("all of it is in the history", history.count(" done") >= 2)
