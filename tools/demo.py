"""
Tells what this library does, on the real engine and a real control plane, and checks every sentence that it prints.

The program is the one at the top of the repository, copied, so that its `config.conf` can be edited.
"""

import json
import re
import shutil
import sys
import textwrap
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.text import Text

from config_rollout.core.content import parse_content
from config_rollout.core.digest import config_hash, short_hash
from config_rollout.core.kube_proxy_files import kubeconfig_file

from . import build, terminal
from .engine import Engine
from .local_cluster import LocalCluster, run_folder
from .pods import Pod, Recorder

ROOT = Path(__file__).parents[1]
NODES = 6
NAMESPACE = "kube-system"
PODS = f"namespaces/{NAMESPACE}/pods"
API_SERVER = "https://api.example.com:6443"
GOOD, BETTER, TYPO = "mode: iptables", "mode: nftables", "mode: nftable"
REWRITTEN = 'mode: "iptables"  # for now'
BAD = "mode: ipvs"
"""What kube-proxy accepts and cannot start with on nodes without the kernel modules: here, the nodes are told so."""

QUICK = {"min-ready-seconds": 0, "rollout-timeout-seconds": 6}
OWN = {"manage": "own", "config-file": "config.conf", "api-server": API_SERVER, "version": "v1.36.3", **QUICK}
"""Settings of the stack: a kube-proxy of our own, that nobody has to wait for."""

ADOPT = {"manage": "adopt", "config-file": "config.conf", **QUICK}
"""The same for the one that kubeadm made."""

_DAEMON_SET_DIFF = r"(?m)^.*apps/v1:DaemonSet: \(update\)$(?:\n +[~\[{}\]].*)+"

PROGRAM = ("Pulumi.yaml", "__main__.py", "config.conf")

out = Console(highlight=False, soft_wrap=True)


class Program:
    """The example program in a folder of its own, and the stack that it is run as."""

    def __init__(self, engine: Engine, folder: Path, settings: Mapping[str, object] | None = None) -> None:
        self._engine, self.folder = engine, folder
        for name in PROGRAM:
            shutil.copy(ROOT / name, folder / name)
        (folder / ".venv").symlink_to(ROOT / ".venv")
        config = {f"kube-proxy:{key}": value for key, value in (OWN if settings is None else settings).items()}
        (folder / "Pulumi.demo.yaml").write_text(json.dumps({"config": config}))
        engine.run("stack", "init", "demo", folder=folder)

    def edit(self, before: str, after: str, show: bool = True) -> None:
        """Change one line of `config.conf`."""
        if show:
            out.print(Text(f"\n$ sed -i 's/{before}/{after}/' config.conf", style="bold"))
        path = self.folder / "config.conf"
        path.write_text(path.read_text().replace(before, after))

    def pulumi(self, *words: str, hidden: Sequence[str] = (), only: str = "", fails: bool = False) -> str:
        """
        Run `pulumi`, print what a person would see and return it; end the demo if it ends otherwise than expected.

        Args:
          words: The command as it is shown.
          hidden: More arguments.
          only: A pattern; what it does not match is left out of what is printed.
          fails: Whether it has to fail.

        """
        out.print(Text(f"\n$ pulumi {' '.join(words)}", style="bold"))
        color = "always" if out.is_terminal else "never"
        command = [self._engine.program, *words, *hidden, "--color", color]
        code, picture = terminal.run(command, self.folder, self._engine.environment)
        shown = (
            "\n...\n".join(match[0].strip("\n") for match in re.finditer(only, picture)) if only else _short(picture)
        )
        out.print(Text.from_ansi(textwrap.indent(shown, "  ")))
        if bool(code) != fails:
            sys.exit(f"demo: pulumi {' '.join(words)} exited with {code}:\n{picture}")
        return picture

    def up_quietly(self) -> None:
        """Run `pulumi up` and print nothing."""
        self._engine.run("up", "--yes", "--skip-preview", folder=self.folder)

    def up(self, fails: bool = False) -> str:
        """Run `pulumi up` without its preview."""
        return self.pulumi("up", hidden=["--yes", "--skip-preview"], fails=fails)


class Demo:
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
        check("and it says why", "is written differently and means the same: nothing restarts" in output)

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
        check("it is refused before anything is registered", "mode: is unknown (got 'nftable')" in output)

    def bad_configuration(self) -> None:
        """Let a rollout fail."""
        chapter("A valid configuration that kube-proxy cannot start with")
        self._program.edit(TYPO, BAD)
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
        """Return the pods in the order of their nodes, once the cluster has come to rest."""
        pods: list[Pod] = []
        for _ in range(100):
            before, pods = pods, [Pod.of(pod) for pod in self._cluster.api.list(PODS)]
            if pods and before == pods:
                break
            time.sleep(0.2)
        return sorted(pods, key=lambda pod: pod.node)

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


def hash_of(mode: str) -> str:
    """Return the config hash of the example program with another line in place of its mode."""
    content, _ = parse_content(
        {
            "config.conf": (ROOT / "config.conf").read_text().replace(GOOD, mode),
            "kubeconfig.conf": kubeconfig_file(API_SERVER),
        },
        declared={"kubeconfig.conf": "yaml"},
    )
    return config_hash(content)


def chapter(title: str) -> None:
    """Print the heading of a chapter."""
    out.print()
    out.rule(f"[bold]{title}", align="left")


def show_pods(pods: list[Pod], before: list[Pod] | None = None) -> None:
    """Print a line for each node: its pod, whether it is ready, its configuration; what is new is marked."""
    known = {pod.uid for pod in before or pods}
    out.print()
    for pod in pods:
        state = "ready" if pod.ready else "CrashLoopBackOff"
        mark = "" if pod.uid in known else "  <- new"
        style = "" if pod.ready else "red"
        out.print(f"  {pod.node}  {pod.name}  {state:16}  {pod.config_maps[0]}{mark}", style=style, markup=False)


def check(claim: str, holds: bool) -> None:
    """Print a sentence that was checked; end the demo at one that is not true."""
    if not holds:
        out.print(f"  [red]NOT TRUE: {claim}")
        sys.exit(1)
    out.print(f"  [green]checked:[/] {claim}")


def _short(output: str) -> str:
    """Return pulumi's output without empty lines and without what says nothing here."""
    noise = re.compile(r"^Duration:|^The resources in the stack|^If you want to remove|^\s*$")
    return "\n".join(line for line in output.splitlines() if not noise.match(line))


@contextmanager
def _everything() -> Iterator[Demo]:
    binaries = build.ensure([*build.CONTROL_PLANE, *build.ENGINE])
    out.print(f"A control plane with {NODES} nodes, on this machine: etcd, API server, controllers, scheduler; kwok")
    out.print("plays the nodes. The engine is Pulumi's own. The program is __main__.py of this repository.")
    bad = f"kube-proxy-{short_hash(hash_of(BAD))}"
    with LocalCluster(binaries, crashing_config_maps=[bad]) as cluster, Engine(binaries, cluster.kubeconfig) as engine:
        cluster.add_nodes(NODES)
        folder = run_folder("demo")
        try:
            yield Demo(cluster, Program(engine, folder))
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    """Tell the story; exit with 0 only if all of it was true."""
    started = time.monotonic()
    with _everything() as demo:
        demo.run()
    out.print(f"\nEverything above was checked, in {time.monotonic() - started:.0f} s. To go on by hand:")
    out.print("  make cluster   keeps such a cluster open and prints what to export; then edit config.conf and")
    out.print("                 run `pulumi preview`", markup=False)
    out.print("  make test      proves the rest")


if __name__ == "__main__":
    main()
