"""
A real control plane on this machine, with nodes that kwok plays: for the demo, the tests and the benchmarks.

etcd, API server, controller manager and scheduler are the real ones. No kubelet runs: kwok sets the status of nodes
and pods, and annotations of a pod choose how it behaves. Everything lives in one folder and dies with this process.
"""

import base64
import copy
import csv
import ctypes
import json
import os
import random
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import requests

from . import build, kwok
from .api import Api

RUN_FOLDER = Path(__file__).parents[1] / ".run"
"""Holds a folder for each process that runs a cluster; those of dead processes are removed by the next."""

_WAIT_SECONDS = 180
"""
How long anything may take: after an outage, clients that watch objects list them again after up to a minute.

Source: client-go 0.36 tools/cache/reflector.go `defaultBackoffMax` and `defaultBackoffJitter`.
"""
_LEAST_PAUSE, _MOST_PAUSE = 0.05, 0.5
_PORTS = 10_000, 32_768
"""Source: Linux Documentation/networking/ip-sysctl.rst, `ip_local_port_range`, whose default begins here."""

_WATCHED = "watched"
_AUDIT = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "rules": [{"level": "Metadata", "users": [_WATCHED]}, {"level": "None"}],
}
_EC_KEY_HEAD = bytes.fromhex("30310201010420")
_EC_KEY_TAIL = bytes.fromhex("a00a06082a8648ce3d030107")


class LocalCluster:
    """
    One control plane and its nodes. A context manager: whatever happens inside, nothing of it is left.

    Args:
      binaries: Where the programs of `build.CONTROL_PLANE` are.
      crashing_config_maps: Names of ConfigMaps; a pod that mounts one of them crashes, as if it could not read it.
      recorded: Whether etcd keeps objects in a form that `History` reads.

    """

    def __init__(
        self, binaries: Mapping[str, Path], crashing_config_maps: Sequence[str] = (), recorded: bool = False
    ) -> None:
        self._binaries, self._recorded = binaries, recorded
        self._crashing = list(crashing_config_maps)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._starting = threading.RLock()
        """Held by whoever kills or starts parts, which several threads may: nobody sees one that is between the two."""
        self._trying = threading.Lock()
        """Held while kwok starts again. With `_starting` held that long, nobody could let etcd go on for it."""
        self._starter = ThreadPoolExecutor(1)
        self._token, self._watched_token = secrets.token_hex(16), secrets.token_hex(16)
        self.folder = run_folder("cluster")
        self.kubeconfig = self.folder / "kubeconfig"
        self.pods_socket = self.folder / "pods.sock"
        self.watched_kubeconfig = self.folder / "kubeconfig-watched"
        """Of another administrator, whose requests are counted: `requests_of`."""
        names = ("api", "etcd", "etcd-peer", "controllers", "scheduler", "kwok")
        self._ports = dict(zip(names, _free_ports(len(names)), strict=True))
        self.etcd = f"http://127.0.0.1:{self._ports['etcd']}"
        self.api = Api(f"https://127.0.0.1:{self._ports['api']}", self._token, self.folder / "certs" / "apiserver.crt")

    def __enter__(self) -> "LocalCluster":
        try:
            self._write_files()
            self.start("etcd")
            self.start("kube-apiserver")
            self.wait_ready()
            for part in ("kube-controller-manager", "kube-scheduler", "kwok"):
                self.start(part)
            self.wait(
                "the default service account", lambda: self.api.exists("namespaces/default/serviceaccounts/default")
            )
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for part in reversed(list(self._processes)):
            self.kill(part)
        self._starter.shutdown()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, part: str) -> None:
        """
        Start one part, or start it again after `kill`, with the same ports and data; from any thread.

        It is started by a thread that ends with the cluster: the kernel would kill it with the one that started it.
        """
        with self._starting:
            self._processes[part] = self._starter.submit(self._started, part).result()

    def _started(self, part: str) -> subprocess.Popen[bytes]:
        with (self.folder / f"{part}.log").open("ab") as log:
            return subprocess.Popen(
                [str(self._binaries[part]), *self._arguments(part)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, preexec_fn=die_with_parent,
            )  # fmt: skip

    def kill(self, part: str) -> None:
        """Kill one part at once (SIGKILL) and wait until it is gone."""
        with self._starting:
            process = self._processes.pop(part)
            process.kill()
            process.wait()

    def stand_still(self, part: str, still: bool = True) -> None:
        """Let a part stand still (SIGSTOP), as on a machine that is out of memory, or go on."""
        with self._starting:
            self._processes[part].send_signal(signal.SIGSTOP if still else signal.SIGCONT)

    def wait_ready(self) -> None:
        """Wait until the API server is ready and reads from etcd; what kwok could not write, it then tries again."""
        self.wait("the API server", lambda: self.api.ready() and self._asks_etcd())
        self.try_again()

    def _asks_etcd(self) -> bool:
        """
        Return whether the API server reads pods from etcd: `ready` asks over another connection, up to a second before.

        Source: kubernetes 1.36 apiserver storagebackend/factory/etcd3.go `newETCD3Check`.
        """
        status = self.api.status("namespaces/default/pods/none", "admin", "system:masters")
        return bool(status == requests.codes.not_found)

    def try_again(self) -> None:
        """
        Let kwok, if it runs, look at all pods again, after writes have failed: it is started again.

        It drops a status that etcd refused, or whose connection broke, and would look at the pod when that changes.
        Another process of it plays no node before the leases of the last one have ended, so they go.

        Source: kwok 0.8 pkg/kwok/controllers/utils.go `shouldRetry`, node_lease_controller.go `tryAcquireOrRenew`.
        """
        with self._trying:
            if "kwok" in self._processes:
                self.stand_still("kwok")  # it renews no lease meanwhile
                self.wait("the nodes' leases to go", self._forget_leases)
                with self._starting:
                    self.kill("kwok")
                    self.start("kwok")

    def _forget_leases(self) -> bool:
        self.api.delete("namespaces/kube-node-lease/leases")
        return True

    def add_nodes(self, count: int, zones: int = 3, prefix: str = "node") -> list[str]:
        """Create nodes spread over zones, wait until they are Ready, and return their names."""
        names, there = [f"{prefix}-{number + 1}" for number in range(count)], len(self.api.list("nodes"))
        for number, name in enumerate(names):
            labels = {"topology.kubernetes.io/zone": f"zone-{'abcdefgh'[number % zones]}"}
            self.api.create("nodes", kwok.node(name, there + number, labels))
        self.wait("the nodes", lambda: all(self.is_ready(node) for node in self.api.list("nodes")))
        return names

    def add_node(self, name: str, labels: Mapping[str, str] | None = None) -> None:
        """Create one node; kwok makes it Ready."""
        self.api.create("nodes", kwok.node(name, len(self.api.list("nodes")), labels or {}))

    def create_namespace(self, name: str) -> None:
        """Create a namespace and wait until pods can be created in it."""
        self.api.create("namespaces", {"metadata": {"name": name}})
        self.wait("its service account", lambda: self.api.exists(f"namespaces/{name}/serviceaccounts/default"))
        self.wait("its root CA", lambda: self.api.exists(f"namespaces/{name}/configmaps/kube-root-ca.crt"))

    def remove_kube_proxy(self) -> None:
        """Remove what is left of a kube-proxy in `kube-system`, and wait until its pods are gone."""
        of = "namespaces/kube-system"
        accounts = [f"{of}/serviceaccounts/{name}" for name in ("kube-proxy", "config-rollout-kube-proxy")]
        paths = [f"{of}/daemonsets/kube-proxy", *accounts]
        maps = [item["metadata"]["name"] for item in self.api.list(f"{of}/configmaps")]
        paths += [f"{of}/configmaps/{name}" for name in maps if name.startswith("kube-proxy")]
        for path in paths:
            self.api.delete(path)
        self.wait("kube-proxy to be gone", lambda: not self.api.list(f"{of}/pods"))

    def writes(self) -> dict[str, int]:
        """
        Return how often the API server has written what programs and controllers write, as `VERB resource` -> count.

        Read from `apiserver_request_total`. Heartbeats, events and status do not count, nor do dry runs, nor what was
        refused: the controller of root CAs still tries in a namespace that is being deleted.
        """
        return {
            key: count
            for key, count in self.api.request_counts(codes="2").items()
            if key.split(" ")[0] in ("POST", "PUT", "PATCH", "APPLY", "DELETE", "DELETECOLLECTION")
        }

    def take_node_down(self, name: str) -> None:
        """Let a node be NotReady, as when its kubelet has stopped: its pods do not stop, and are marked NotReady."""
        self._set_node(name, "true", "False")

    def bring_node_back(self, name: str) -> None:
        """Let the node be Ready again, and its pods as they were: without a kubelet nobody else says so."""
        self._set_node(name, None, "True")

    def _set_node(self, name: str, down: str | None, ready: str) -> None:
        mark, status = (
            {"metadata": {"annotations": {kwok.DOWN: down}}},
            {"conditions": [kwok.condition("Ready", ready)]},
        )
        self.api.patch(f"nodes/{name}", mark)
        for pod in self.api.list(f"pods?fieldSelector=spec.nodeName%3D{name}"):
            path = f"namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}"
            with suppress(requests.HTTPError):  # it may be gone by now
                self.api.patch(path, mark)
                if not down and "deletionTimestamp" not in pod["metadata"]:
                    self.api.patch(f"{path}/status", {"status": status}, "strategic-merge")
        self.api.patch(f"nodes/{name}/status", {"status": status}, "strategic-merge")

    def as_watched(self) -> Api:
        """Return the API server as the other administrator sees it."""
        return Api(self.api.server, self._watched_token, self.folder / "certs" / "apiserver.crt")

    def etcd_written_bytes(self) -> int:
        """Return how many bytes etcd has written to its log, which has every write once."""
        text = requests.get(f"{self.etcd}/metrics", timeout=10).text
        return int(float(re.findall(r"(?m)^etcd_disk_wal_write_bytes_total (\S+)", text)[0]))

    def seen_by_watched(self) -> "LocalCluster":
        """Return this same cluster as a program of the other administrator finds it. Not to be entered or left."""
        seen = copy.copy(self)
        seen.kubeconfig = self.watched_kubeconfig
        return seen

    def asked_bytes(self) -> int:
        """Return how long the audit log is, for `requests_of` what came after."""
        return (self.folder / "audit.log").stat().st_size

    def requests_of(self, agent: str, since: int = 0) -> list[tuple[str, str, str]]:
        """
        Return (verb, resource, name) of what a program asked with `watched_kubeconfig`, by its user agent's beginning.

        From the audit log, as received: also what was never answered. `since` leaves out its first bytes.
        """
        with (self.folder / "audit.log").open("rb") as file:
            file.seek(since)
            lines = file.read().decode().splitlines()
        entries = [json.loads(line) for line in lines if line.endswith("}")]  # a killed server leaves half a line
        return [
            (entry["verb"], entry["objectRef"]["resource"], entry["objectRef"].get("name", ""))
            for entry in entries
            if entry["stage"] == "RequestReceived" and entry.get("userAgent", "").startswith(agent)
            and "objectRef" in entry
        ]  # fmt: skip

    def _arguments(self, part: str) -> list[str]:
        folder, port = self.folder, self._ports
        etcd, peer = (f"http://127.0.0.1:{port[name]}" for name in ("etcd", "etcd-peer"))
        client = [f"--kubeconfig={self.kubeconfig}", "--leader-elect=false", "--bind-address=127.0.0.1"]
        fast = ["--kube-api-qps=2000", "--kube-api-burst=4000"]
        return {
            "etcd": [
                f"--data-dir={folder / 'etcd'}", f"--listen-client-urls={etcd}", f"--advertise-client-urls={etcd}",
                f"--listen-peer-urls={peer}", f"--initial-advertise-peer-urls={peer}",
                f"--initial-cluster=default={peer}", "--unsafe-no-fsync",
            ],
            "kube-apiserver": [
                f"--etcd-servers={etcd}", "--bind-address=127.0.0.1", f"--secure-port={port['api']}",
                f"--cert-dir={folder / 'certs'}", "--service-account-issuer=https://kubernetes.default.svc",
                f"--service-account-key-file={folder / 'sa.key'}",
                f"--service-account-signing-key-file={folder / 'sa.key'}",
                f"--token-auth-file={folder / 'tokens.csv'}", "--authorization-mode=RBAC",
                "--service-cluster-ip-range=10.0.0.0/24", "--endpoint-reconciler-type=none", "--allow-privileged=true",
                "--kubelet-preferred-address-types=InternalIP",
                f"--egress-selector-config-file={folder / 'egress.json'}",
                f"--audit-policy-file={folder / 'audit.json'}", f"--audit-log-path={folder / 'audit.log'}",
                "--audit-log-maxsize=100000",
                *(["--storage-media-type=application/json"] if self._recorded else []),
            ],
            "kube-controller-manager": [
                *client, *fast, f"--secure-port={port['controllers']}", f"--cert-dir={folder / 'controllers'}",
                f"--service-account-private-key-file={folder / 'sa.key'}",
                f"--root-ca-file={folder / 'certs' / 'apiserver.crt'}", "--use-service-account-credentials=true",
                "--node-monitor-grace-period=200s",
            ],
            "kube-scheduler": [
                *client, *fast, f"--secure-port={port['scheduler']}", f"--cert-dir={folder / 'scheduler'}",
            ],
            "kwok": [
                f"--kubeconfig={self.kubeconfig}", f"--config={folder / 'kwok.yaml'}",
                f"--server-address=127.0.0.1:{port['kwok']}",
            ],
        }[part]  # fmt: skip

    def _write_files(self) -> None:
        key = base64.b64encode(_EC_KEY_HEAD + secrets.token_bytes(32) + _EC_KEY_TAIL).decode()
        (self.folder / "sa.key").write_text(f"-----BEGIN EC PRIVATE KEY-----\n{key}\n-----END EC PRIVATE KEY-----\n")
        with (self.folder / "tokens.csv").open("w") as file:
            csv.writer(file).writerow([self._token, "admin", "admin", "system:masters"])
            csv.writer(file).writerow([self._watched_token, _WATCHED, _WATCHED, "system:masters"])
        (self.folder / "audit.json").write_text(json.dumps(_AUDIT))
        # No address of a pod exists: what the pod proxy sends goes to whoever listens there (pod_server.py).
        transport = {"uds": {"udsName": str(self.pods_socket)}}
        connection = {"proxyProtocol": "HTTPConnect", "transport": transport}
        egress = {
            "apiVersion": "apiserver.k8s.io/v1beta1", "kind": "EgressSelectorConfiguration",
            "egressSelections": [{"name": "cluster", "connection": connection}],
        }  # fmt: skip
        (self.folder / "egress.json").write_text(json.dumps(egress))
        (self.folder / "kwok.yaml").write_text(
            "\n---\n".join(json.dumps(document) for document in kwok.configuration(self._crashing))
        )
        certificate = str(self.folder / "certs" / "apiserver.crt")
        cluster = {"server": self.api.server, "certificate-authority": certificate}
        config = {
            "apiVersion": "v1", "kind": "Config", "current-context": "local",
            "clusters": [{"name": "local", "cluster": cluster}],
            "users": [{"name": "admin", "user": {"token": self._token}}],
            "contexts": [{"name": "local", "context": {"cluster": "local", "user": "admin", "namespace": "default"}}],
        }  # fmt: skip
        self.kubeconfig.write_text(json.dumps(config, indent=2))
        config["users"] = [{"name": "admin", "user": {"token": self._watched_token}}]
        self.watched_kubeconfig.write_text(json.dumps(config, indent=2))

    @property
    def environment(self) -> dict[str, str]:
        """What kubectl finds this cluster by, and a cache that dies with it: the next one may get its port."""
        return {"KUBECONFIG": str(self.kubeconfig), "KUBECACHEDIR": str(self.folder / "kubectl")}

    def kubectl(self, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
        """Run the real kubectl as an administrator, with more in its environment, and return what it prints."""
        command = [str(build.ensure(["kubectl"])["kubectl"]), *arguments]
        whole = {**os.environ, **self.environment, **(environment or {})}
        done = subprocess.run(command, env=whole, capture_output=True, text=True, timeout=60)
        if done.returncode:
            raise RuntimeError(f"kubectl {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def wait_at_rest(self, namespace: str, name: str) -> None:
        """Wait until every node has an available pod of a DaemonSet's newest revision, and the namespace no other."""

        def still() -> bool:
            live, pods = self.api.get(f"namespaces/{namespace}/daemonsets/{name}"), f"namespaces/{namespace}/pods"
            status = live["status"]
            counts = {status.get(f"{what}NumberScheduled") for what in ("desired", "current", "updated")}
            told = status.get("observedGeneration") == live["metadata"]["generation"]
            return told and counts == {status.get("numberAvailable")} == {len(self.api.list(pods))}

        self.wait(f"DaemonSet {namespace}/{name} to come to rest", still)

    def wait(self, what: str, done: Callable[[], bool]) -> None:
        """
        Wait until `done`, at most three minutes.

        Raises:
          RuntimeError: A part has died, or the time is over; with the end of that part's log.

        """
        give_up, pause = time.monotonic() + _WAIT_SECONDS, _LEAST_PAUSE
        while True:
            with self._starting:
                exited = {part: process.poll() for part, process in self._processes.items()}
            for part, code in exited.items():
                if code is not None:
                    raise RuntimeError(f"cluster: {part} exited with {code}:\n{self._log_end(part)}")
            try:
                if done():
                    return
            except requests.RequestException:
                pass
            if time.monotonic() > give_up:
                raise RuntimeError(f"cluster: waited {_WAIT_SECONDS} s for {what}:\n{self._log_end('kube-apiserver')}")
            time.sleep(pause)
            pause = min(1.1 * pause, _MOST_PAUSE)

    def _log_end(self, part: str) -> str:
        return "\n".join((self.folder / f"{part}.log").read_text(errors="replace").splitlines()[-15:])

    @staticmethod
    def is_ready(node: Mapping[str, Any]) -> bool:
        """Tell whether a Node object says that it is Ready."""
        conditions: Iterable[Mapping[str, str]] = node["status"].get("conditions", [])
        return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def run_folder(name: str) -> Path:
    """Return a new folder under `.run` for this process, after removing those that dead processes left."""
    RUN_FOLDER.mkdir(exist_ok=True)
    for left in filter(Path.is_dir, RUN_FOLDER.iterdir()):
        owner = left.name.rsplit("-", 1)[-1]
        if owner.isdigit() and not Path(f"/proc/{owner}").exists():
            shutil.rmtree(left, ignore_errors=True)
    number = len(list(RUN_FOLDER.glob(f"{name}*-{os.getpid()}")))
    folder = RUN_FOLDER / f"{name}{number or ''}-{os.getpid()}"
    folder.mkdir()
    return folder


def _free_ports(count: int) -> list[int]:
    """
    Return ports that nobody listens on, all different.

    They are below those that the kernel gives to connections and to who asks for any: it would give one away between
    the look at it and its use.
    """
    free: set[int] = set()
    while len(free) < count:
        port = random.randrange(*_PORTS)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            free.add(port)
    return [*free]


if sys.platform == "linux":
    _LIBC = ctypes.CDLL(None)

    def die_with_parent() -> None:
        """Have the kernel kill this process when the thread that started it ends."""
        _LIBC.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG

else:

    def die_with_parent() -> None:
        """Do nothing: only Linux can tie a process to its parent."""
