"""The programs on many nodes: one DaemonSet and its ConfigMap, with the component and by hand."""

import json
from typing import Any

from benchmarks.waves import BUDGET, ZONE

_SAID = """
import hashlib
import json
import os

import pulumi
{imports}

DATA = {{"agent.yaml": f"level: {{os.environ['LEVEL']}}\\n"}}
POD_SPEC = {{
    "containers": [{{"name": "agent", "image": "agent:1", "volume_mounts": [{{"name": "c", "mount_path": "/etc/c"}}]}}],
    "volumes": [{{"name": "c", "config_map": {{"name": "agent"}}}}],
}}
namespace = pulumi.get_stack()
"""

OURS = (
    _SAID.format(imports="from config_rollout import ConfiguredDaemonSet")
    + """
how = json.loads(os.environ["HOW"])
ConfiguredDaemonSet("agent", {"namespace": namespace, "data": DATA, "pod_spec": POD_SPEC, **how})
"""
)
BY_HAND = (
    _SAID.format(imports="import pulumi_kubernetes as k8s")
    + f"""
strategy = {{"type": "RollingUpdate", "rolling_update": {{"max_unavailable": "{BUDGET}"}}}}
"""
    + """
digest = hashlib.sha256(DATA["agent.yaml"].encode()).hexdigest()
name, labels = f"agent-{digest[:10]}", {"app.kubernetes.io/name": "agent"}
k8s.core.v1.ConfigMap(name, metadata={"name": name, "namespace": namespace}, data=DATA, immutable=True)
POD_SPEC["volumes"][0]["config_map"]["name"] = name
template = {"metadata": {"labels": labels, "annotations": {"checksum/config": digest}}, "spec": POD_SPEC}
k8s.apps.v1.DaemonSet(
    "agent",
    metadata={"name": "agent", "namespace": namespace},
    spec={"selector": {"match_labels": labels}, "template": template, "update_strategy": strategy},
    opts=pulumi.ResourceOptions(custom_timeouts=pulumi.CustomTimeouts(create="2h", update="2h")),
)
"""
)


def rolling() -> str:
    """Return the setting `HOW` of our program for a rolling update."""
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": BUDGET}}
    return json.dumps({"update_strategy": strategy, "rollout_timeout_seconds": 7200})


def waves(nodes: int, path: str) -> str:
    """Return `HOW` for waves: a canary, then zone by zone, with as many pods at once as a rolling update."""
    gates: list[dict[str, Any]] = [{"restarts": {}}, {"http": {"port": 80, "path": path}}]
    at_once = max(1, nodes * int(BUDGET.rstrip("%")) // 100)
    first = [{"name": "canary", "nodes": 1, "max_unavailable": 1}]
    return json.dumps({"waves": {"first": first, "by": ZONE, "max_unavailable": at_once, "gates": gates}})
