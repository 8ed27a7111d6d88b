"""What tests ask a cluster and an outcome for, and the waves that they roll out in."""

import base64
import hashlib
import json
import re
import threading
import time
from collections import Counter
from collections.abc import Callable

from config_rollout.core.audit.record import AuditRecord, parse_records
from tools.pods import Pod

ZONE = "topology.kubernetes.io/zone"

WAVES = {"first": [{"name": "canary", "nodes": 1}], "by": ZONE, "progress_deadline_seconds": 180}

NAMES = ["canary", "zone-a", "zone-b", "zone-c", "rest"]

QUICK = {**WAVES, "progress_deadline_seconds": 3}

FAST = {"update_strategy": {"rolling_update": {"max_unavailable": "100%"}}}

PASSWORDS = "swordfish", "catfish"
"""Values that anyone could guess: nothing that stands in the open may confirm a guess."""


def traces(text) -> list[tuple[str, str]]:
    """Return what is left of the values in a text: themselves, their base64, and hashes that confirm a guess."""
    forms = {"hash_of_base64": lambda of: hashlib.sha256(base64.b64encode(of)).hexdigest(),
             "base64": lambda of: base64.b64encode(of).decode().rstrip("="),
             "sha256": lambda of: hashlib.sha256(of).hexdigest(), "md5": lambda of: hashlib.md5(of).hexdigest(),
             "sha1": lambda of: hashlib.sha1(of).hexdigest(), "plain": bytes.decode}  # fmt: skip
    return [(password, form) for password in PASSWORDS for form, of in forms.items() if of(password.encode()) in text]


def in_the_open(cluster, namespace, engine) -> list[str]:
    """Return what others can read: every object of a namespace but Secrets, and the state of all stacks."""
    kinds = ("events", "configmaps", "daemonsets", "controllerrevisions", "pods")
    objects = [json.dumps(cluster.api.list(f"namespaces/{namespace}/{kind}")) for kind in kinds]
    files = [path for path in (engine.home / "state").rglob("*") if path.is_file()]
    return [*objects, *(path.read_text(errors="replace") for path in files)]


def written(cluster, action) -> dict[str, int]:
    """Return what the API server wrote while `action` ran."""
    before = cluster.writes()
    action()
    return {key: count - before.get(key, 0) for key, count in cluster.writes().items() if count != before.get(key, 0)}


def config_maps(cluster, namespace) -> list[str]:
    """Return the names of the ConfigMaps that hold a configuration."""
    names = [item["metadata"]["name"] for item in cluster.api.list(f"namespaces/{namespace}/configmaps")]
    return sorted(name for name in names if name != "kube-root-ca.crt" and not name.endswith("-rollouts"))


def daemon_set(cluster, namespace, name="agent") -> dict:
    return cluster.api.get(f"namespaces/{namespace}/daemonsets/{name}")


def updated(cluster, namespace: str, name: str) -> int:
    """Return how many pods of a DaemonSet are of its newest revision and ready."""
    status = daemon_set(cluster, namespace, name)["status"]
    return min(status["numberReady"], status["updatedNumberScheduled"])


def changed_to(cluster, namespace) -> str:
    """Return the config hash that the DaemonSet asks for."""
    return daemon_set(cluster, namespace)["spec"]["template"]["metadata"]["annotations"]["checksum/config"]


def history(cluster, namespace, name="agent") -> list[AuditRecord]:
    """Return the records in the cluster, the oldest first."""
    where = f"namespaces/{namespace}/configmaps/{name}-rollouts"
    if not cluster.api.exists(where):
        return []
    records, findings = parse_records(cluster.api.get(where)["data"]["rollouts.jsonl"], where)
    assert [] == findings
    return records


def audited(recorder) -> Counter:
    """Return node -> how many of its pods were made, as the watcher saw it."""
    return Counter(pod.node for kind, pod in recorder.events if kind == "ADDED")


def records(outcome, component="agent") -> dict[str, str]:
    """Return wave -> operation, of the records that changed."""
    steps = outcome.steps.items()
    return {what.removeprefix(f"Stash {component}-"): op for what, op in steps if what.startswith("Stash ")}


def order(recorder) -> list[str]:
    """Return the nodes in the order in which their pods were created."""
    return [pod.node for kind, pod in recorder.events if kind == "ADDED"]


def order_of_pods(recorder) -> list[str]:
    """Return the names of the pods that were created, in their order."""
    return [pod.name for kind, pod in recorder.events if kind == "ADDED"]


def most_unavailable(recorder) -> int:
    return max(map(len, recorder.unavailable()))


def zones(cluster) -> dict[str, str]:
    return {node["metadata"]["name"]: node["metadata"]["labels"][ZONE] for node in cluster.api.list("nodes")}


def during(recorder, happened: Callable[[list[Pod]], bool], action: Callable[[], None]) -> threading.Thread:
    """Start a thread that does something once the recorded pods fulfil a condition."""

    def wait() -> None:
        while not happened([pod for kind, pod in list(recorder.events) if kind == "ADDED"]):
            time.sleep(0.02)
        action()

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    return thread


def undo(cluster, namespace, *arguments):
    cluster.kubectl(f"--namespace={namespace}", "rollout", "undo", "daemonset/agent", *arguments)
    cluster.wait_at_rest(namespace, "agent")


ONE = {"agent.yaml": "level: info\nports: [1, 2]\n"}

SAME = {"agent.yaml": "# the ports are ours\nports:\n  - 1\n  - 2\nlevel: 'info'\n"}


def managers(thing):
    """Return who has fields of an object, but for those of a subresource."""
    return {one["manager"] for one in thing["metadata"]["managedFields"] if not one.get("subresource")}


def told(outcome):
    """Return what a component said, line by line and without times."""
    return [re.sub(r" [(][0-9-]+ [0-9:]+ UTC[)]", "", line) for line in "\n".join(outcome.messages).splitlines()]
