"""
What a reload costs on real nodes, and what it saves over a public history: `python -m benchmarks.reload`.

It writes the table of docs/reload.md. Kubelets look as often as they do by default, so it takes some minutes.
"""

import json
import os
import re
import statistics
import sys
import tempfile

import yaml

from benchmarks.timing import timed
from config_rollout import ConfiguredDaemonSet
from config_rollout.core.kubernetes.workload_kinds import DAEMON_SET, WorkloadName
from config_rollout.core.rbac.reload import reload_rights
from config_rollout.core.rbac.waves import rollout_rights, rollout_roles
from tools import build
from tools.documents import REPLAYS, ROOT, filled, ran
from tools.engine import Engine
from tools.local_cluster import LocalCluster
from tools.real_nodes import RealNodes, parts

DOCUMENT = ROOT / "docs" / "reload.md"
NODES, RUNS = 3, 3
NAMESPACE, UNPRIVILEGED = "dns", "may-not-wake"
COREFILE = """.:53 {{
    reload 2s 1s
    prometheus 0.0.0.0:9153
    hosts {{
        192.0.2.{number} www.example.org
    }}
}}
"""

Row = tuple[str, str]


def dns(number: int, kubeconfig: str) -> None:
    """Register the real CoreDNS on each node, with an address that it answers."""
    container = {
        "name": "dns",
        "image": parts.COREDNS_IMAGE,
        "args": ["-conf", "/etc/dns/Corefile"],
        "volume_mounts": [{"name": "config", "mount_path": "/etc/dns"}],
    }
    ConfiguredDaemonSet(
        "dns",
        {
            "namespace": NAMESPACE,
            "kubeconfig": kubeconfig,
            "data": {"Corefile": COREFILE.format(number=number)},
            "formats": {"Corefile": "corefile"},
            "effects": {"Corefile": "reload"},
            "reload": {"program": "coredns"},
            "pod_spec": {"containers": [container], "volumes": [{"name": "config", "config_map": {"name": "dns"}}]},
        },
    )


def grant(cluster: LocalCluster) -> str:
    """Let a user do all that a reload needs, but wake kubelets; return a kubeconfig with which one is that user."""
    of = WorkloadName(DAEMON_SET, NAMESPACE, "dns")
    rights = [right for right in reload_rights(of) if (right.verb, right.resource) != ("patch", "pods")]
    manifests = rollout_roles(of, rollout_rights(of, beside=rights))
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(manifests)
        file.flush()
        cluster.kubectl("apply", "-f", file.name)
    for role in yaml.safe_load_all(manifests):
        kind, name = role["kind"].lower(), role["metadata"]["name"]
        within = ["-n", NAMESPACE] if kind == "role" else []
        cluster.kubectl(*within, "create", f"{kind}binding", name, f"--{kind}={name}", f"--user={UNPRIVILEGED}")
    kubeconfig = json.loads(cluster.kubeconfig.read_text())
    kubeconfig["users"][0]["user"]["as"] = UNPRIVILEGED
    return json.dumps(kubeconfig)


def on_real_nodes() -> list[Row]:
    """Measure how long a changed Corefile takes to the last node, and what that asks of the API server."""
    binaries = build.ensure([*build.CONTROL_PLANE, *build.ENGINE])
    with LocalCluster(binaries) as cluster, RealNodes(cluster, NODES, sync_frequency="1m"):
        cluster.create_namespace(NAMESPACE)
        os.environ["KUBECONFIG"] = str(cluster.watched_kubeconfig)  # the programs run in this process
        said: dict[str, object] = {"number": 1, "kubeconfig": cluster.watched_kubeconfig.read_text()}
        with Engine(binaries, cluster.watched_kubeconfig) as engine:
            stack = engine.stack("dns", "dns", lambda: dns(**said))  # type: ignore[arg-type]
            stack.up()
            rows = []
            for what, kubeconfig in (
                ("kubelets that are woken", said["kubeconfig"]),
                ("kubelets that look by themselves, without `patch pods`", grant(cluster)),
            ):
                said["kubeconfig"] = kubeconfig
                taken, whole, asked = [], [], []
                for _ in range(RUNS):
                    said["number"] = int(str(said["number"])) + 1
                    output: list[str] = []
                    earlier = cluster.asked_bytes()
                    whole.append(timed(lambda output=output: output.append(stack.up().stdout), 1))  # type: ignore[misc]
                    taken.append(_seconds(output[0]))
                    asked.append(_of_pods(cluster, earlier) / NODES)  # none of another user's is counted
                rows += _rows(what, taken, whole, asked)
            stack.destroy()
    return rows


def _rows(what: str, taken: list[float], whole: list[float], asked: list[float]) -> list[Row]:
    print(what, taken, whole, asked, file=sys.stderr)
    counted = [(f"API requests for each pod, {what}", _spread(asked))] if any(asked) else []
    return [
        (f"seconds until the last of {NODES} nodes has read it, {what}", _spread(taken)),
        (f"seconds of the whole `up`, {what}", _spread(whole)),
        *counted,
    ]


def _spread(values: list[float]) -> str:
    return f"{statistics.median(values):.0f} ({min(values):.0f} to {max(values):.0f})"


def _seconds(output: str) -> float:
    found = re.search(rf"reloaded: {NODES} pods read it again within (\d+) s", output)
    if not found:
        raise RuntimeError(f"nothing was reloaded:\n{output}")
    return float(found[1])


def _of_pods(cluster: LocalCluster, earlier: int) -> int:
    """Return how many requests named a pod."""
    return sum(what == "pods" and bool(name) for _, what, name in cluster.requests_of("", earlier))


def over_a_history() -> list[Row]:
    """Count what restarts over the collector's history, if its configuration is hashed, and if it reloads."""
    replayed = json.loads(ran("replay", *REPLAYS["otel-collector"], "--effect", "relay=reload", "--json"))
    alone = [one for one in replayed["transitions"] if not one["template_changed"]]

    def restarts(rule: str) -> str:
        return f"{sum(rule in one['restarts'] for one in alone):,}"

    of = f"over {len(replayed['transitions']):,} commits to the OpenTelemetry collector's chart"
    return [
        (f"restarts that only the configuration causes, {of}: Helm's checksum", restarts("helm")),
        ("the same, of a hash of the bytes", restarts("bytes")),
        ("the same, where the key reloads", restarts("config-rollout")),
        ("reloads in their place", f"{sum(one['real'] for one in alone):,}"),
    ]


def main() -> None:
    """Measure, print the table, and put it into the document."""
    rows = [*on_real_nodes(), *over_a_history()]
    text = "\n".join(["| what | measured |", "| --- | --- |", *(f"| {' | '.join(row)} |" for row in rows)])
    print(text)
    DOCUMENT.write_text(filled(DOCUMENT.read_text(), "measured", text))


if __name__ == "__main__":
    main()
