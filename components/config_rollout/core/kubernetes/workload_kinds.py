"""The kinds of workload, and what each is to Kubernetes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .annotations import DAEMON_SET_LABEL, DEPLOYMENT_LABEL, STATEFUL_SET_LABEL


@dataclass(frozen=True)
class WorkloadKind:
    """
    A kind of workload. Its pod template is `spec.template`.

    `resource` is its name in requests and `short` kubectl's short one; `label` is on every ConfigMap that a component
    makes for one. `revisions` is the
    kind of object that keeps an earlier template, and with `revisions_make_pods` it owns the pods of that template.
    `strategy` is the field that says how pods are replaced.
    """

    kind: str
    resource: str
    short: str
    label: str
    revisions: str = "ControllerRevision"
    strategy: str = "updateStrategy"
    frozen: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """The strategy with which Kubernetes restarts no pod by itself, as waves need it; empty where there is none."""
    provider_waits: bool = True
    """Whether the Kubernetes provider can tell when a rollout has ended; else a wait of our own does."""
    has_waves: bool = True
    """Whether a driver can hold its pods back: with the strategy `frozen`, or with a `partition`."""
    fixed: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """Fields of `spec` for which the provider would delete the workload and make it again -> Kubernetes' default."""
    api_version: str = "apps/v1"
    revisions_make_pods: bool = False
    revision_label: str = "controller-revision-hash"
    """The label of a pod that says which revision it has: objects.py `revision_of`."""

    @property
    def revision_resource(self) -> str:
        """The name of `revisions` in requests."""
        return f"{self.revisions.lower()}s"

    @property
    def word(self) -> str:
        """The name of one in commands: `daemonset`."""
        return self.kind.lower()

    @property
    def key(self) -> str:
        """The name of one in JSON and in metrics: `daemon_set`."""
        return self.label.rpartition("/")[2].replace("-", "_")

    @property
    def places(self) -> str:
        """What its rollout goes through, one pod each: pods.py `place_of`."""
        return "nodes" if self is DAEMON_SET else "pods"

    def where(self, namespace: object, name: object) -> str:
        """Return one as messages name it: `DaemonSet NAMESPACE/NAME`."""
        return f"{self.kind} {namespace}/{name}"


DAEMON_SET = WorkloadKind("DaemonSet", "daemonsets", "ds", DAEMON_SET_LABEL, frozen={"type": "OnDelete"})
"""Source: kubernetes 1.36 pkg/controller/daemon/update.go; Kubernetes "Perform a Rolling Update on a DaemonSet"."""

DEPLOYMENT = WorkloadKind(
    "Deployment", "deployments", "deploy", DEPLOYMENT_LABEL, "ReplicaSet", "strategy",
    revisions_make_pods=True, revision_label="pod-template-hash", has_waves=False,
)  # fmt: skip
"""Source: kubernetes 1.36 pkg/controller/deployment/sync.go; Kubernetes "Deployments", Clean up Policy."""

STATEFUL_SET = WorkloadKind(
    "StatefulSet",
    "statefulsets",
    "sts",
    STATEFUL_SET_LABEL,
    provider_waits=False,
    fixed={
        "podManagementPolicy": "OrderedReady",
        "revisionHistoryLimit": 10,
        "serviceName": "",
        "volumeClaimTemplates": [],
    },
)
"""
The provider takes a rollout for finished that the controller has not seen yet, and waits in vain for one with a
`partition`. Source: pulumi-kubernetes 4.25 await/statefulset.go `processStatefulSetEvent`, provider/diff.go
`statefulSet`; kubernetes 1.36 pkg/controller/statefulset/stateful_set_utils.go `newRevision`, `setPodRevision`.
"""

KINDS = {of.kind: of for of in (DAEMON_SET, DEPLOYMENT, STATEFUL_SET)}


def kind_of(workload: Mapping[str, Any]) -> WorkloadKind:
    """
    Return the kind of a workload, or of a provider's inputs for one.

    A DaemonSet for what names none: in a list, and in the memory of earlier versions, only DaemonSets are read so.
    """
    return KINDS.get(str(workload.get("kind", "")).removesuffix("Patch"), DAEMON_SET)


def kind_named(word: str) -> WorkloadKind | None:
    """Return the kind that kubectl knows by a word: `ds`, `daemonset`, `DaemonSets`, `daemonset.apps`; or `None`."""
    plain = word.lower().partition(".")[0]
    return next((of for of in KINDS.values() if plain in (of.word, of.resource, of.short)), None)


class WorkloadName(NamedTuple):
    """Which workload. As a text it is `NAMESPACE/NAME`, with the kind before it where it is not a DaemonSet."""

    kind: WorkloadKind
    namespace: str
    name: str

    def __str__(self) -> str:
        return self._place if self.kind is DAEMON_SET else self.kind.where(self.namespace, self.name)

    @property
    def arguments(self) -> str:
        """What names it in a command of ours."""
        return self._place if self.kind is DAEMON_SET else f"-n {self.namespace} {self.kind.word}/{self.name}"

    @property
    def _place(self) -> str:
        return f"{self.namespace}/{self.name}"
