"""One real cluster and one real engine for all of these tests; a namespace and a stack for each."""

import itertools
import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pytest
import yaml
from pulumi import automation

from config_rollout import ConfiguredDaemonSet
from config_rollout.core.configuration.content import Content
from config_rollout.core.configuration.digest import config_hash, short_hash
from tests.engine.kube_system import CRASHING, settle
from tests.engine.reloading import Programs
from tools import build
from tools.demo import Program
from tools.engine import Engine
from tools.kubeadm import Kubeadm
from tools.local_cluster import LocalCluster, run_folder
from tools.pod_server import PodServer
from tools.pods import Recorder

NODES = 6
GOOD = {"agent.yaml": "level: info\n"}
BETTER = {"agent.yaml": "level: debug\n"}
BAD = {"agent.yaml": "level: bogus\n"}
"""The configuration whose pods crash."""
CRASH_FOR = ("agent", "other", "agent.agent-config")
"""Whose pods do: workloads, with the ConfigMap's name where that is another."""
BUNDLE = "trust-bundle"
"""The ConfigMap of someone else."""
LONG_FILES = (
    "test_walk",
    "test_faults",
    "test_faults_driver",
    "test_adopt",
    "test_waves_kube_proxy",
    "test_waves",
    "test_typed_languages",
    "test_real_nodes",
    "test_faults_kube_proxy",
)
"""They take six to eleven minutes each, and run first: one that begins last is waited for on one processor."""


def hash_of(data: Mapping[str, str]) -> str:
    return config_hash(Content({key: value.encode() for key, value in data.items()}))


def name_of(data: Mapping[str, str], component: str = "agent") -> str:
    """Return the name of the ConfigMap that holds the data."""
    return f"{component}-{short_hash(hash_of(data))}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent.name == "engine":
            item.add_marker("engine")
    items.sort(key=_turn)  # stable: all else stays in its order, which every worker has to find alike


def _turn(item: pytest.Item) -> int:
    long = item.path.parent.name == "engine" and item.path.stem in LONG_FILES
    return LONG_FILES.index(item.path.stem) if long else len(LONG_FILES)


@pytest.fixture(scope="session")
def binaries() -> dict[str, Any]:
    return build.ensure([*build.CONTROL_PLANE, *build.ENGINE, build.YAML_PROGRAMS])


@pytest.fixture(scope="session")
def cluster(binaries) -> Iterator[LocalCluster]:
    with LocalCluster(binaries, crashing_config_maps=[*(name_of(BAD, of) for of in CRASH_FOR), CRASHING]) as cluster:
        cluster.add_nodes(NODES)
        yield cluster


@pytest.fixture(scope="session")
def engine(binaries, cluster) -> Iterator[Engine]:
    with Engine(binaries, cluster.kubeconfig) as engine:
        yield engine


_numbers = itertools.count(1)


@pytest.fixture
def namespace(cluster) -> str:
    wait_for_garbage(cluster)
    name = f"test-{next(_numbers)}"
    cluster.create_namespace(name)
    return name


def wait_for_garbage(cluster: LocalCluster) -> None:
    """Wait a while until the pods of what an earlier test destroyed are gone: their deletes count as writes."""
    give_up = time.monotonic() + 60
    kinds = ("daemonsets", "replicasets", "statefulsets", "jobs")
    while time.monotonic() < give_up:
        workloads = [one["metadata"] for kind in kinds for one in cluster.api.list(kind)]
        owners = {one["uid"] for one in workloads if "deletionTimestamp" not in one}  # one that waits for its pods
        pods = [pod["metadata"] for pod in cluster.api.list("pods")]
        owned = {reference["uid"] for pod in pods for reference in pod.get("ownerReferences", [])}
        if owned <= owners and not any("deletionTimestamp" in pod for pod in pods):
            return
        time.sleep(0.2)


@dataclass
class Outcome:
    """What one run of the engine did."""

    failed: bool = False
    output: str = ""
    steps: dict[str, str] = field(default_factory=dict)
    """`Type name` -> operation, for everything that was not `same`; replaced ones have `replace`."""
    order: list[tuple[str, str]] = field(default_factory=list)
    """(`Type name`, operation), in the order in which the engine began them."""
    diffs: dict[str, list[str]] = field(default_factory=dict)
    """`Type name` -> property paths that differ."""
    messages: list[str] = field(default_factory=list)
    """What the components said, whole."""
    findings: list[tuple[str, str, str]] = field(default_factory=list)
    """(rule, `Type name`, level) of what a policy pack found; empty where the engine names no resource."""

    def hear(self, event: automation.events.EngineEvent) -> None:
        if event.resource_pre_event:
            metadata = event.resource_pre_event.metadata
            operation = str(getattr(metadata.op, "value", metadata.op))
            what = _short(metadata.urn)
            if operation not in ("same", "read"):
                self.order.append((what, operation))
                self.steps[what] = operation
                self.diffs[what] = sorted(metadata.detailed_diff or {})
        elif event.policy_event:
            urn, level = event.policy_event.resource_urn, event.policy_event.enforcement_level
            self.findings.append((event.policy_event.policy_name, _short(urn) if urn else "", level))
        elif event.diagnostic_event and _kind(event.diagnostic_event.urn).startswith("config-rollout:"):
            self.messages.append(event.diagnostic_event.message.strip())


def _kind(urn: str | None) -> str:
    """Return the type of a resource without its parents'; empty for a message that belongs to none."""
    return urn.split("::")[2].split("$")[-1] if urn else ""


def _short(urn: str) -> str:
    return f"{_kind(urn).split(':')[-1]} {urn.split('::')[-1]}"


def grant(cluster: LocalCluster, user: str, manifests: str) -> None:
    """Give a user the Roles and ClusterRoles of some manifests."""
    subject = {"kind": "User", "name": user, "apiGroup": "rbac.authorization.k8s.io"}
    for manifest in yaml.safe_load_all(manifests):
        kind, name = manifest["kind"], manifest["metadata"]["name"]
        within = f"namespaces/{manifest['metadata']['namespace']}/" if kind == "Role" else ""
        cluster.api.create(f"{within}{kind.lower()}s", manifest)
        reference = {"kind": kind, "name": name, "apiGroup": "rbac.authorization.k8s.io"}
        binding = {"metadata": {"name": name}, "roleRef": reference, "subjects": [subject]}
        cluster.api.create(f"{within}{kind.lower()}bindings", binding)


def kubeconfig_of(cluster: LocalCluster, user: str) -> str:
    """Return a kubeconfig, as text, with which one is this user and no administrator."""
    kubeconfig = json.loads(cluster.kubeconfig.read_text())
    kubeconfig["users"][0]["user"]["as"] = user
    return json.dumps(kubeconfig)


class Project:
    """A Pulumi program of the test's own, run by the real engine."""

    def __init__(self, engine: Engine, namespace: str) -> None:
        self.namespace = namespace
        self._stack: automation.Stack | None = None
        self._engine = engine

    def stack(self, program: Callable[[], Any]) -> automation.Stack:
        if self._stack is None:
            self._stack = self._engine.stack(self.namespace, "test", program)
        self._stack.workspace.program = program
        return self._stack

    def forget(self) -> None:
        """Lose the state, as when its file is deleted."""
        assert self._stack is not None
        self._stack.workspace.remove_stack(self.namespace, force=True)
        self._stack = None

    def up(self, program: Callable[[], Any], **options: Any) -> Outcome:
        return self._run("up", program, **options)

    def preview(self, program: Callable[[], Any], **options: Any) -> Outcome:
        return self._run("preview", program, **options)

    def destroy(self, **options: Any) -> Outcome:
        return self._run("destroy", lambda: None, **options)

    def refresh(self) -> Outcome:
        return self._run("refresh", lambda: None)

    def _run(self, command: str, program: Callable[[], Any], **options: Any) -> Outcome:
        outcome = Outcome()
        stack = self.stack(program)
        try:
            result = getattr(stack, command)(on_event=outcome.hear, color="never", **options)
            outcome.output = result.stdout
        except automation.errors.CommandError as error:
            outcome.failed, outcome.output = True, str(error)
            print(outcome.output)  # a test that expected nothing of it, and then fails, shows why
        return outcome


@pytest.fixture
def project(engine, cluster, namespace, monkeypatch) -> Project:
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))  # programs run in this process, and read the cluster
    return Project(engine, namespace)


@pytest.fixture
def second(engine, namespace, project) -> Iterator[Project]:
    """Give another project, with a stack of its own."""
    second = Project(engine, f"{namespace}-second")
    yield second
    second.destroy()


@pytest.fixture
def kubeconfig(cluster, monkeypatch) -> None:
    """Let the program, which runs in this process here, find the cluster as it does in its own."""
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig))


@pytest.fixture
def program(engine) -> Iterator[Program]:
    """Give the example program, run by the real command line as a process of its own."""
    program = Program(engine, run_folder("program"))
    yield program
    engine.run("destroy", "--yes", "--skip-preview", "--remove", folder=program.folder)
    shutil.rmtree(program.folder)


@pytest.fixture
def record(cluster, namespace) -> Callable[[], Recorder]:
    return lambda: Recorder(cluster.api, namespace)


@pytest.fixture
def agent(namespace) -> Callable[..., Callable[[], Any]]:
    """Return a maker of programs: a component, a DaemonSet's if not said, that mounts its data; with the arguments."""

    def maker(
        data: Mapping[str, str] = GOOD,
        name: str = "agent",
        opts: pulumi.ResourceOptions | Callable[[], pulumi.ResourceOptions] | None = None,
        ready_after: str = "300ms",
        image: Any = "agent:1",
        component: Any = ConfiguredDaemonSet,
        **arguments: Any,
    ) -> Callable[[], Any]:
        mount = {"name": "config", "mount_path": "/etc/agent"}
        kubernetes_name = arguments.get("name_", name)
        arguments = {"name" if key == "name_" else key: value for key, value in arguments.items()}

        def program() -> Any:
            return component(
                name,
                {
                    "namespace": namespace,
                    "data": data,
                    "pod_spec": {
                        "containers": [
                            {"name": "agent", "image": image() if callable(image) else image, "volume_mounts": [mount]}
                        ],
                        "volumes": [{"name": "config", "config_map": {"name": kubernetes_name}}],
                    },
                    "pod_annotations": {"local-cluster/ready-after": ready_after},
                    **arguments,
                },
                opts() if callable(opts) else opts,
            )

        return program

    return maker


@pytest.fixture
def bundle(cluster, namespace) -> Callable[..., None]:
    """Return a function that writes the ConfigMap of someone else anew, with its certificates and further keys."""
    path = f"namespaces/{namespace}/configmaps"

    def write(text: str, **more: str) -> None:
        if cluster.api.exists(f"{path}/{BUNDLE}"):
            cluster.api.delete(f"{path}/{BUNDLE}")
        cluster.api.create(path, {"metadata": {"name": BUNDLE}, "data": {"ca.crt": text, **more}})

    return write


@pytest.fixture
def kubeadm(cluster) -> Iterator[Kubeadm]:
    """Give the real kubeadm, and leave no kube-proxy behind: there is one name for it in a cluster."""
    program = build.ensure(["kubeadm"])["kubeadm"]
    yield Kubeadm(program, cluster, build.chosen("kubeadm").version)
    cluster.remove_kube_proxy()


@pytest.fixture
def restarts(cluster) -> Callable[[Callable[[], Any]], int | list[int]]:
    """Return a function that does something and gives how often each pod of kube-proxy was restarted by it."""

    def during(action: Callable[[], Any]) -> int | list[int]:
        with Recorder(cluster.api, "kube-system") as recorder:
            action()
            settle(cluster)
        counts = sorted(recorder.replaced().values())
        return counts[0] if counts and counts == [counts[0]] * NODES else counts or 0

    return during


@pytest.fixture
def programs(cluster, namespace):
    """Give what runs in the pods of a test: programs that read a text again."""
    programs = Programs(cluster, namespace)
    with PodServer(cluster.pods_socket, programs.answer):
        yield programs
