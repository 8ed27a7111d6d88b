"""
Tells what this library does, on the real engine and a real control plane, and checks every sentence that it prints.

The program is the one at the top of the repository, copied, so that its `config.conf` can be edited. Here is what the
acts share; each has a file of its own, and __main__.py runs them one after the other.
"""

import json
import os
import re
import shutil
import sys
import textwrap
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from config_rollout.core.configuration.content import parse_content
from config_rollout.core.configuration.digest import config_hash
from config_rollout.core.kube_proxy.files import kubeconfig_file

from .. import terminal
from ..engine import Engine
from ..local_cluster import LocalCluster
from ..pods import Pod

ROOT = Path(__file__).parents[2]
NAMESPACE = "kube-system"
PODS = f"namespaces/{NAMESPACE}/pods"
API_SERVER = "https://api.example.com:6443"
GOOD, BETTER, TYPO = "mode: iptables", "mode: nftables", "mode: nftable"
REWRITTEN = 'mode: "iptables"  # for now'
BAD = "mode: ipvs"
"""What kube-proxy accepts but cannot start with on nodes without the kernel modules; here that is simulated."""

QUICK = {"min-ready-seconds": 0}
SOON = "10"
"""After how many seconds a rollout that cannot end has failed. Good ones get the default: machines may be busy."""

OWN = {"manage": "own", "config-file": "config.conf", "api-server": API_SERVER, "version": "v1.36.3", **QUICK}
"""Settings of the stack: a kube-proxy of our own, that nobody has to wait for."""

ADOPT = {"manage": "adopt", "config-file": "config.conf", **QUICK}
"""The same for the one that kubeadm made."""

PROGRAM = ("Pulumi.yaml", "__main__.py", "config.conf")

out = Console(highlight=False, soft_wrap=True)


class Times:
    """When things happened, in seconds since `make demo` was typed; its Makefile passes that moment on."""

    def __init__(self) -> None:
        self._typed = float(os.environ.get("DEMO_TYPED") or time.time())
        self.started, self.built, self.previewed = self.now(), 0.0, 0.0

    def now(self) -> float:
        """Return how long ago it was typed."""
        return time.time() - self._typed

    def first_preview(self) -> str:
        """Return how long the first preview took to come, and what took it."""
        parts = {"setting up .venv": self.started, "building programs": self.built - self.started}
        spent = " and ".join(f"{seconds:.0f} s {what}" for what, seconds in parts.items())
        return f"The first `pulumi preview` came {self.previewed:.0f} s after `make demo`: {spent}, the rest starting."


times = Times()


class Program:
    """The example program in a folder of its own, and the stack that it is run as; both are gone when it ends."""

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
        if words[0] == "preview":
            times.previewed = times.previewed or times.now()
        shown = (
            "\n...\n".join(match[0].strip("\n") for match in re.finditer(only, picture)) if only else _short(picture)
        )
        if shown:
            out.print(Text.from_ansi(textwrap.indent(shown, "  ")))
        if bool(code) != fails:
            sys.exit(f"demo: pulumi {' '.join(words)} exited with {code}:\n{picture}")
        return picture

    def command(self, name: str, *words: str, program: Sequence[str], code: int = 0) -> str:
        """Run another program against the same cluster, print what a person would see and return it."""
        out.print(Text(f"\n$ {name} {' '.join(words)}", style="bold"))
        ended, picture = terminal.run([*program, *words], self.folder, self._engine.environment)
        out.print(Text.from_ansi(textwrap.indent(_short(picture), "  ")))
        if ended != code:
            sys.exit(f"demo: {name} {' '.join(words)} exited with {ended}, not {code}:\n{picture}")
        return picture

    def config_rollout(self, *words: str, code: int = 0) -> str:
        """Run our own command line as `command` does."""
        return self.command("config-rollout", *words, program=[sys.executable, "-m", "config_rollout"], code=code)

    def up_quietly(self) -> None:
        """Run `pulumi up` and print nothing."""
        self._engine.run("up", "--yes", "--skip-preview", folder=self.folder)

    def up(self, fails: bool = False) -> str:
        """Run `pulumi up` without its preview."""
        return self.pulumi("up", hidden=["--yes", "--skip-preview"], fails=fails)

    def __enter__(self) -> "Program":
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the stack, whatever it holds, and the folder."""
        self._engine.run("stack", "rm", "--yes", "--force", folder=self.folder, check=False)
        shutil.rmtree(self.folder)


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


def settled_pods(cluster: LocalCluster) -> list[Pod]:
    """Return kube-proxy's pods in the order of their nodes, once the cluster has come to rest."""
    pods: list[Pod] = []
    for _ in range(100):
        before, pods = pods, [Pod.of(pod) for pod in cluster.api.list(PODS)]
        if pods and before == pods:
            break
        time.sleep(0.2)
    return sorted(pods, key=lambda pod: pod.node)


def act(title: str) -> None:
    """Print the heading of an act."""
    out.print()
    out.rule(f"[bold]{title}", characters="=")


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
