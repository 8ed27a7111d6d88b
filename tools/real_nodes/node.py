"""One real node: kubelet, containerd, runc and CNI, in namespaces and cgroups of its own."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ..local_cluster import die_with_parent
from .network import Namespace
from .parts import PAUSE_IMAGE

CGROUPS = Path("/sys/fs/cgroup")
SYSCTLS = {
    "kernel.panic": 10, "kernel.panic_on_oops": 1, "vm.overcommit_memory": 1, "vm.panic_on_oom": 0,
    "kernel.keys.root_maxkeys": 1000000, "kernel.keys.root_maxbytes": 25000000,
}  # fmt: skip
"""What the kubelet wants of the whole machine. Source: kubernetes 1.36 pkg/kubelet/cm setupKernelTunables."""

_GONE_SECONDS = 10
_CGROUP_PREFIX = "config-rollout-"


class Node:
    """
    Files, network and processes of one node.

    Args:
      number: Its place among the nodes of this process, from 1 on; its addresses follow from it.
      folder: A folder for it alone.
      parts: What `parts.ensure` returned.
      kubelet: The program.
      kubeconfig: What it reaches the API server with.
      sync_frequency: How often the kubelet looks at pods that nothing has changed.

    """

    def __init__(
        self, number: int, folder: Path, parts: Path, kubelet: Path, kubeconfig: Path, sync_frequency: str
    ) -> None:
        self.name, self.address = f"real-{number}", f"198.51.100.{10 + number}"
        self.pods = f"203.0.113.{32 * number}/27"
        """The addresses of its pods, but for those on its own network."""
        self.network = Namespace()
        self._folder, self._parts, self._kubelet, self._kubeconfig = folder, parts, kubelet, kubeconfig
        self._sync_frequency = sync_frequency
        self._cgroup = f"{_CGROUP_PREFIX}{os.getpid()}-{self.name}"
        self._process: subprocess.Popen[bytes] | None = None

    def connect(self, hub: Namespace, gateway: str) -> None:
        """Link it to the hub, whose bridge is called `hub` and has the address of the gateway."""
        port = f"to-{self.name}"
        pair = ["ip", "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", self.network.path]
        hub.run(*pair, also=self.network)
        hub.run("ip", "link", "set", port, "master", "hub", "up")
        self.network.run("ip", "address", "add", f"{self.address}/24", "dev", "eth0")
        self.network.run("ip", "link", "set", "eth0", "up")
        self.network.run("ip", "route", "add", "default", "via", gateway)
        hub.run("ip", "route", "add", self.pods, "via", self.address)
        self.network.forward()

    def start(self, zone: str) -> None:
        """Start it; the kubelet makes the Node object."""
        self._write_files()
        for hierarchy in _hierarchies():
            cgroup = hierarchy / self._cgroup
            cgroup.mkdir()
            for of_all in ("cpuset.cpus", "cpuset.mems"):  # empty in a new cgroup of version 1, and nothing runs in it
                if (cgroup / of_all).exists() and (hierarchy / of_all).exists():
                    (cgroup / of_all).write_text((hierarchy / of_all).read_text())
        kubelet = [
            str(self._kubelet), f"--config={self._folder / 'kubelet.yaml'}", f"--kubeconfig={self._kubeconfig}",
            f"--hostname-override={self.name}", f"--node-ip={self.address}",
            f"--node-labels=topology.kubernetes.io/zone={zone}",
        ]  # fmt: skip
        apart = ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child", "--propagation", "private"]
        script = ["sh", str(Path(__file__).with_name("node.sh")), str(self._folder), *kubelet]
        bins = [str(self._parts / "root" / "usr" / folder) for folder in ("bin", "sbin")]
        environment = {**os.environ, "PATH": os.pathsep.join([*bins, os.environ["PATH"]]), "HOME": str(self._folder)}
        with (self._folder / "node.log").open("wb") as log:
            self._process = subprocess.Popen(
                self.network.command(*apart, *script), env=environment, pass_fds=[self.network.file],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, preexec_fn=die_with_parent,
            )  # fmt: skip

    def check(self) -> None:
        """Raise RuntimeError if its first process has ended."""
        if self._process and self._process.poll() is not None:
            raise RuntimeError(f"{self.name} exited with {self._process.returncode}")

    def log_end(self) -> str:
        """Return the last lines of each of its logs."""
        logs = sorted(self._folder.glob("*.log"))
        return "\n".join(line for log in logs for line in log.read_text(errors="replace").splitlines()[-15:])

    def processes(self, program: str = "") -> list[int]:
        """Return the process ids, as the machine sees them, of the containers' processes that run a program."""
        return [
            pid for pid in _in_cgroups(self._cgroup)
            if not program or _read(Path(f"/proc/{pid}/comm")).strip() == program
        ]  # fmt: skip

    def signal(self, program: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to each process of its containers that runs a program."""
        for pid in self.processes(program):
            os.kill(pid, number)

    def stop(self) -> None:
        """Kill everything of it at once; namespaces, mounts and cgroups go too."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None
        remove_cgroups(self._cgroup)
        self.network.close()

    def _write_files(self) -> None:
        for folder in ("lib/cni/net.d", "lib/kubelet", "lib/containerd", "log", "sysctl"):
            (self._folder / folder).mkdir(parents=True)
        for name, value in SYSCTLS.items():
            (self._folder / "sysctl" / name).write_text(f"{value}\n")
        (self._folder / "images.tar").symlink_to(self._parts / "images.tar")
        (self._folder / "containerd.toml").write_text(_containerd(self._parts / "root"))
        (self._folder / "kubelet.yaml").write_text(
            json.dumps(_kubelet(self.address, self._cgroup, self._sync_frequency))
        )
        ipam = {"type": "host-local", "ranges": [[{"subnet": self.pods}]], "routes": [{"dst": "0.0.0.0/0"}]}
        network = {"cniVersion": "0.4.0", "name": "pods", "plugins": [{"type": "ptp", "ipMasq": False, "ipam": ipam}]}
        (self._folder / "lib" / "cni" / "net.d" / "pods.conflist").write_text(json.dumps(network))


def remove_cgroups(prefix: str = "") -> None:
    """
    Remove the cgroups of one node, or of all nodes whose owner is dead.

    Raises:
      RuntimeError: One is still there after ten seconds: some process in it lives.

    """
    give_up = time.monotonic() + _GONE_SECONDS
    for hierarchy in _hierarchies():
        for cgroup in hierarchy.glob(f"{prefix or _CGROUP_PREFIX}*"):
            owner = cgroup.name.removeprefix(_CGROUP_PREFIX).partition("-")[0]
            if not prefix and Path(f"/proc/{owner}").exists():
                continue
            while cgroup.exists():
                for folder in (*sorted(cgroup.rglob("*/"), reverse=True), cgroup):
                    if folder.is_dir():
                        with suppress(OSError):
                            folder.rmdir()
                if time.monotonic() > give_up:
                    raise RuntimeError(f"{cgroup} is still there after {_GONE_SECONDS} s")


def _hierarchies() -> list[Path]:
    """Return the folders in which a cgroup is made: one of version 2, else one for each controller."""
    if (CGROUPS / "cgroup.controllers").exists():
        return [CGROUPS]
    return [folder for folder in CGROUPS.iterdir() if (folder / "cgroup.procs").exists() and not folder.is_symlink()]


def _in_cgroups(name: str) -> Iterator[int]:
    for folder in Path("/proc").glob("[0-9]*"):
        if f"/{name}/" in _read(folder / "cgroup"):
            yield int(folder.name)


def _read(path: Path) -> str:
    """Return the text of a file of a process, empty if that has just ended."""
    try:
        return path.read_text()
    except OSError:
        return ""


def _kubelet(address: str, cgroup: str, sync_frequency: str) -> dict[str, object]:
    """Return the KubeletConfiguration: what a namespace on a small machine needs, the defaults else."""
    scarce = {"memory.available": "50Mi", "nodefs.available": "1%", "imagefs.available": "1%"}
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration",
        "address": address, "healthzBindAddress": "127.0.0.1",
        "authentication": {"anonymous": {"enabled": True}, "webhook": {"enabled": False}},
        "authorization": {"mode": "AlwaysAllow"},
        "containerRuntimeEndpoint": "unix:///run/containerd/containerd.sock",
        "cgroupDriver": "cgroupfs", "cgroupRoot": f"/{cgroup}", "failCgroupV1": False, "failSwapOn": False,
        "oomScoreAdj": 0, "makeIPTablesUtilChains": False, "resolvConf": "", "enableControllerAttachDetach": False,
        "evictionHard": {**scarce, "nodefs.inodesFree": "1%", "imagefs.inodesFree": "1%"},
        "imageGCHighThresholdPercent": 100, "syncFrequency": sync_frequency,
        "volumePluginDir": "/var/lib/kubelet/plugins-exec",
    }  # fmt: skip


def _containerd(root: Path) -> str:
    """Return containerd's configuration: what it needs in namespaces, without AppArmor and huge pages."""
    off = [f"io.containerd.snapshotter.v1.{name}" for name in ("aufs", "btrfs", "devmapper", "zfs")]
    return f"""
version = 2
disabled_plugins = {json.dumps([*off, "io.containerd.internal.v1.opt"])}
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "{PAUSE_IMAGE}"
restrict_oom_score_adj = true
disable_apparmor = true
tolerate_missing_hugetlb_controller = true
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "{root}/usr/lib/cni"
conf_dir = "/var/lib/cni/net.d"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
BinaryName = "{root}/usr/sbin/runc"
SystemdCgroup = false
"""
