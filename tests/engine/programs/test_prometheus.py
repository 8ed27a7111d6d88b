"""The real Prometheus, which reads its configuration again by itself: asked, proven, taken back."""

from config_rollout import ConfiguredDaemonSet
from tools.real_nodes import parts

PORT = 9090


def scraping(job: str, interval: str = "5s") -> str:
    return (
        f"global: {{scrape_interval: {interval}}}\n"
        f"scrape_configs: [{{job_name: {job}, static_configs: [{{targets: ['localhost:{PORT}']}}]}}]\n"
    )


def test_prometheus_reloads_and_a_text_that_it_rejects_is_named_and_taken_back(
    project, cluster, nodes, namespace, program
):
    binary = program("prometheus")
    container = {
        "name": "prometheus",
        "image": parts.PAUSE_IMAGE,
        "command": [
            "/opt/prometheus/prometheus", "--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/data",
            f"--web.listen-address=0.0.0.0:{PORT}", "--config.auto-reload", "--config.auto-reload-interval=1s",
        ],
        "volume_mounts": [
            {"name": "config", "mount_path": "/etc/prometheus"}, {"name": "data", "mount_path": "/data"},
            {"name": "program", "mount_path": "/opt/prometheus", "read_only": True},
        ],
        "readiness_probe": {"http_get": {"path": "/-/ready", "port": PORT}, "period_seconds": 1},
    }  # fmt: skip
    volumes = [
        {"name": "config", "config_map": {"name": "metrics"}},
        {"name": "data", "empty_dir": {}},
        {"name": "program", "host_path": {"path": str(binary.parent)}},
    ]

    def metrics(text):
        given = {
            "namespace": namespace,
            "data": {"prometheus.yml": text},
            "effects": {"prometheus.yml": "reload"},
            "reload": {"program": "prometheus", "timeout_seconds": 45},
            "pod_spec": {"containers": [container], "volumes": volumes},
        }
        return lambda: ConfiguredDaemonSet("metrics", given)

    def jobs():
        """Return node -> whether the configuration that its Prometheus runs has the job `later`."""
        found = {}
        for pod in cluster.api.list(f"namespaces/{namespace}/pods"):
            where = f"namespaces/{namespace}/pods/{pod['metadata']['name']}:{PORT}/proxy/api/v1/status/config"
            found[pod["spec"]["nodeName"]] = "later" in cluster.api.get(where)["data"]["yaml"]
        return found

    made = project.up(metrics(scraping("first")))
    assert not made.failed, made.output
    processes = {name: node.processes("prometheus") for name, node in nodes.items()}
    assert [1] * len(nodes) == [len(of) for of in processes.values()]

    changed = project.up(metrics(scraping("later")))
    assert not changed.failed, changed.output
    assert f"reloaded: {len(nodes)} pods read it again" in changed.output
    assert dict.fromkeys(nodes, True) == jobs()

    refused = project.up(metrics(scraping("never", interval="soon")))
    assert refused.failed
    why = "rejected it (prometheus_config_last_reload_successful 0)"
    assert [True] * len(nodes) == [f"{name}: {why}" in refused.output for name in nodes]
    assert "the old text is back, and nothing restarted" in refused.output
    assert dict.fromkeys(nodes, True) == jobs()
    assert processes == {name: node.processes("prometheus") for name, node in nodes.items()}
