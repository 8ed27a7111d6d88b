"""
kube-proxy of the cluster of your kubeconfig: adopted as kubeadm made it, or made where there is none.

Settings of the stack, all of them optional with `manage: adopt`:

    manage                   `adopt` (default), or `own` for a cluster without kube-proxy (kubeadm:
                             `skipPhases: [addon/kube-proxy]`), which needs `config-file`, `api-server` and `version`
    config-file              the KubeProxyConfiguration, beside this file; without it what is live is rolled out
    api-server               https://HOST:PORT that kube-proxy dials
    allow-refused-config     `true`: adopt what is live although kube-proxy would refuse it
    layout                   `kubeadm` (default), `eks`, or names as JSON: {"daemon_set": "my-proxy"}
    version                  of kube-proxy that is our own
    max-unavailable, min-ready-seconds, rollout-timeout-seconds
                             of a rolling restart
    waves                    in which order the nodes get a change, as an object (docs/waves.md):
                             `pulumi config set --path waves.by topology.kubernetes.io/zone` is all it takes. It goes
                             without max-unavailable and rollout-timeout-seconds
    retain                   `true`: `pulumi destroy`, and a change to `adopt`, leave a kube-proxy that is our own
"""

import json
from pathlib import Path
from typing import Any

import pulumi

from config_rollout import KubeProxy

settings = pulumi.Config()
# `Any`, since a setting is any text: the component refuses what it does not know.
manage: Any = settings.get("manage") or "adopt"
layout: Any = settings.get("layout") or "kubeadm"
config_file = settings.get("config-file")

proxy = KubeProxy(
    "kube-proxy",
    {
        "manage": manage,
        "config": (Path(__file__).parent / config_file).read_text() if config_file else None,
        "api_server": settings.get("api-server"),
        "allow_refused_config": settings.get_bool("allow-refused-config"),
        "layout": json.loads(layout) if layout.startswith("{") else layout,
        "version": settings.get("version"),
        "max_unavailable": settings.get("max-unavailable"),
        "min_ready_seconds": settings.get_int("min-ready-seconds"),
        "rollout_timeout_seconds": settings.get_int("rollout-timeout-seconds"),
        "waves": settings.get_object("waves"),
    },
    pulumi.ResourceOptions(retain_on_delete=settings.get_bool("retain")),
)

pulumi.export("config_hash", proxy.config_hash)
