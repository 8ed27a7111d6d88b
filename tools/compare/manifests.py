"""The same workloads as each peer wants them: objects, a chart, a kustomization. No peer is run here."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..kwok import READY_AFTER
from .programs import PROBE
from .situations import KEY, MANY, SHARED, TOKEN, UNREAD, Layout, State

NAME = "agent"
BUDGET = "10%"
"""How many pods may be unavailable: as kubeadm's kube-proxy has it, and the same for every peer."""

GOOD_SECONDS, BAD_SECONDS = 120, 8
"""How long a tool that waits for a rollout waits: a bad one never ends."""

Json = dict[str, Any]


@dataclass(frozen=True)
class Workload:
    """
    One DaemonSet and what its pods read.

    Args:
      name: Of the DaemonSet and its ConfigMap.
      state: What has to run.
      secret: The name of the Secret that the pods read; empty for none.
      node: The only node on which it runs; empty for all.
      reads: The name of the ConfigMap if it is that of another workload; else it has its own.

    """

    name: str
    state: State
    secret: str = ""
    node: str = ""
    reads: str = ""

    @property
    def config_map(self) -> str:
        """The name of the ConfigMap that its pods read."""
        return self.reads or self.name

    @property
    def labels(self) -> dict[str, str]:
        """The labels of every object, never of pods."""
        return {"helm.sh/chart": f"agent-1.0.{self.state.release}"}

    @property
    def seconds(self) -> int:
        """How long a tool waits for its rollout."""
        return BAD_SECONDS if self.state.bad else GOOD_SECONDS


def one(state: State) -> list[Workload]:
    """Return a DaemonSet on all nodes, whose pods read a ConfigMap and a Secret."""
    return [Workload(NAME, state, secret=f"{NAME}-token")]


def many(state: State) -> list[Workload]:
    """Return many DaemonSets, each with a ConfigMap of its own and one pod; the first has the state."""
    names = [f"{NAME}-{number:03}" for number in range(MANY)]
    others = State(release=state.release)
    return [Workload(name, state if name == names[0] else others, node="node-1") for name in names]


def shared(state: State) -> list[Workload]:
    """Return several DaemonSets of one pod each, which read the ConfigMap of the first."""
    first, *others = (f"{NAME}-{number:03}" for number in range(SHARED))
    return [
        Workload(first, state, node="node-1"),
        *(Workload(name, state, node="node-1", reads=first) for name in others),
    ]


LAYOUTS = {Layout.ONE: one, Layout.MANY: many, Layout.SHARED: shared}


def config_map(workload: Workload) -> Json:
    """Return the ConfigMap."""
    metadata = {"name": workload.name, "labels": workload.labels}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": workload.state.data}


def secret(workload: Workload) -> Json:
    """Return the Secret. With `stringData` kubectl would write it every time."""
    encoded = base64.b64encode(workload.state.token.encode()).decode()
    metadata = {"name": workload.secret, "labels": workload.labels}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": {TOKEN: encoded}}


def pod_spec(workload: Workload, reads: object = None, reads_secret: object = None) -> Json:
    """Return the spec of the pods; `reads` and `reads_secret` are what they mount under other names, maybe Outputs."""
    mounts = [{"name": "config", "mountPath": "/etc/agent"}]
    items = [{"key": KEY, "path": KEY}]
    volumes: list[Json] = [{"name": "config", "configMap": {"name": reads or workload.config_map, "items": items}}]
    if workload.secret:
        mounts.append({"name": "token", "mountPath": "/etc/token"})
        volumes.append({"name": "token", "secret": {"secretName": reads_secret or workload.secret}})
    container = {"name": NAME, "image": "agent:1", "readinessProbe": PROBE, "volumeMounts": mounts}
    chosen = {"nodeSelector": {"kubernetes.io/hostname": workload.node}} if workload.node else {}
    return {"containers": [container], "volumes": volumes, **chosen}


def daemon_set(workload: Workload, spec: Json | None = None, annotations: Mapping[str, object] | None = None) -> Json:
    """Return the DaemonSet, with more annotations of its pods."""
    selector = {"app": workload.name}
    waits = {"pulumi.com/timeoutSeconds": str(workload.seconds)}
    template = {
        "metadata": {"labels": selector, "annotations": {READY_AFTER: "0s", **(annotations or {})}},
        "spec": spec or pod_spec(workload),
    }
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": BUDGET}}
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": workload.name, "labels": workload.labels, "annotations": waits},
        "spec": {"selector": {"matchLabels": selector}, "updateStrategy": strategy, "template": template},
    }


def write_manifests(workloads: Sequence[Workload], folder: Path) -> Path:
    """Write the plain objects into a file for kubectl, without a hash of anything, and return it."""
    file = folder / "manifests.json"
    items = [thing for workload in workloads for thing in (*_read(workload), daemon_set(workload))]
    file.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    return file


def _read(workload: Workload) -> list[Json]:
    """Return what is deployed for the pods of a workload to read."""
    own = [] if workload.reads else [config_map(workload)]
    return [*own, *([secret(workload)] if workload.secret else [])]


_CHECKSUM = '{{ include (print $.Template.BasePath "/%s.yaml") . | sha256sum }}'
"""As Helm's documentation has it. Source: helm.sh/docs/howto/charts_tips_and_tricks."""


def write_chart(workloads: Sequence[Workload], folder: Path) -> Path:
    """Write a chart whose DaemonSets have the checksums of the templates of what they read, and return its folder."""
    release = workloads[0].state.release
    texts = {"Chart.yaml": json.dumps({"apiVersion": "v2", "name": NAME, "version": f"1.0.{release}"})}
    for workload in workloads:
        for thing in _read(workload):
            texts[f"templates/{_template(workload.name, thing['kind'])}.yaml"] = json.dumps(thing, indent=1)
        names = [_template(workload.config_map, "ConfigMap")]
        names += [_template(workload.name, "Secret")] if workload.secret else []
        checksums = {f"checksum/{name}": _CHECKSUM % name for name in names}
        templated = json.dumps(daemon_set(workload, annotations=checksums), indent=1)
        texts[f"templates/{workload.name}.yaml"] = templated.replace('\\"', '"')  # no backslash in an action
    return _written(texts, folder)


def _template(name: str, kind: str) -> str:
    return f"{name}-{kind.lower()}"


def write_kustomization(workloads: Sequence[Workload], folder: Path) -> Path:
    """Write a kustomization that generates the ConfigMaps and Secrets, and return its folder."""
    secrets = [{"name": one.secret, "literals": [f"{TOKEN}={one.state.token}"]} for one in workloads if one.secret]
    kustomization = {
        "resources": [f"{workload.name}.yaml" for workload in workloads],
        "labels": [{"pairs": workloads[0].labels, "includeSelectors": False}],
        "configMapGenerator": [
            {"name": one.name, "files": [f"{key}={one.name}-{key}" for key in (KEY, UNREAD)]}
            for one in workloads
            if not one.reads
        ],
        **({"secretGenerator": secrets} if secrets else {}),
    }
    texts = {"kustomization.yaml": json.dumps(kustomization)}
    for workload in workloads:
        texts[f"{workload.name}.yaml"] = json.dumps(daemon_set(workload))
        texts |= {f"{workload.name}-{key}": text for key, text in workload.state.data.items()}
    return _written(texts, folder)


def _written(texts: Mapping[str, str], folder: Path) -> Path:
    for name, text in texts.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder
