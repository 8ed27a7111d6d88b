"""
A workload and its surroundings, as one API server had them at one moment: what all who ask about it are answered from.

Not here: reading it (cluster/observe.py), and what follows for waves (core/waves/) or a person (core/status/).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..configuration.content import Content
from ..configuration.digest import config_hash
from ..configuration.secret_content import SecretContent
from ..kubernetes import pod_spec, workloads
from ..kubernetes.annotations import EXTERNAL_ANNOTATION
from ..kubernetes.nodes import Node
from ..kubernetes.objects import Object, annotations_of, maker_of, newest_revision
from ..kubernetes.pods import Pod, ProbedPod, config_hash_of_pod, is_over, pod_of, probed_pod
from ..kubernetes.workload_kinds import DAEMON_SET, WorkloadKind, kind_of
from .config_maps import content_of, mounted
from .naming import is_content_name
from .references import ROOT_CA

_SECRET = "Secret "


@dataclass(frozen=True)
class ObservedPod(Pod):
    """A pod with its configuration: `config_hash` is its annotation, `config_map` what `config_map_of` says of it."""

    config_hash: str = ""
    config_map: str = ""
    external: str = ""
    """Its annotation on what others own, as it stands there."""
    probed: ProbedPod = field(default_factory=lambda: ProbedPod("", ""))
    """What a gate has to know of it."""
    maker: str = ""
    """The UID of the controller that made it."""


@dataclass(frozen=True)
class Observation:
    """
    What was read of a workload. A part that nobody asked for is empty.

    `revisions` and `pods` are those that it owns, `config_maps` is name -> ConfigMap, `server` the API server. Where
    `is_read` is not set nothing was read, and what is not here may be there all the same.
    """

    namespace: str = ""
    name: str = ""
    server: str = ""
    kind: WorkloadKind = DAEMON_SET
    workload: Object | None = None
    revisions: Sequence[Object] = ()
    pods: Sequence[ObservedPod] = ()
    nodes: Sequence[Node] = ()
    config_maps: Mapping[str, Object] = field(default_factory=dict)
    wanted: Sequence[str] = ()
    """The names of the ConfigMaps that the program's configuration has."""
    contents: Mapping[str, Content] = field(default_factory=dict)
    """What the pods read, where that is another configuration: name in the program's pod spec -> content."""
    secrets: Mapping[str, Object] = field(default_factory=dict, repr=False)
    """Name -> Secret, of those of the program's configuration that are there and may be read."""
    secret_contents: Mapping[str, SecretContent] = field(default_factory=dict, repr=False)
    """The same as `contents`, of the Secrets."""
    missing_secrets: Sequence[str] = ()
    """The names of the Secrets that the program wants and that are not there."""
    is_read: bool = False
    has_namespace: bool = True
    trouble: str = ""
    """Why it could not be read, or what is wrong with what was read."""

    @property
    def revision(self) -> Object | None:
        """The newest ControllerRevision or ReplicaSet."""
        return newest_revision(self.revisions)

    @property
    def wanted_config_maps(self) -> list[Object]:
        """Those of the program's configuration that are there."""
        return [self.config_maps[name] for name in self.wanted if name in self.config_maps]

    @property
    def labels(self) -> dict[str, dict[str, str]]:
        """Node -> its labels."""
        return {node.name: node.labels for node in self.nodes}

    @property
    def config_hash(self) -> str:
        """The config hash in the pod template; empty if there is none."""
        return workloads.config_hash_of(self.workload) if self.workload else ""

    def as_it_is(self, config_map: Mapping[str, Any]) -> dict[str, Any]:
        """
        Return the arguments of a ConfigMapPatch, with the bytes of the ConfigMap that is there under its name.

        What is there means the same, perhaps written otherwise, and it is immutable.
        """
        values = {"data": config_map["data"], "binary_data": config_map.get("binaryData")}
        if live := self.config_maps.get(config_map["metadata"]["name"]):
            values = {"data": live.get("data") or {}, "binary_data": live.get("binaryData")}
        return {"metadata": config_map["metadata"], **values, "immutable": True}

    def reload_as_it_is(self, config_map: Object, content: Content) -> Object:
        """Return a ConfigMap that changes in place, with the bytes that are there where they mean the same."""
        live = self.config_maps.get(config_map["metadata"]["name"])
        if not live or config_hash(content_of(live, content)) != config_hash(content):
            return config_map
        as_it_is = dict(config_map)
        for section in ("data", "binaryData"):
            as_it_is.pop(section, None)
            if section in live:
                as_it_is[section] = live[section]
        return as_it_is

    def secret_as_it_is(self, secret: Mapping[str, Any]) -> dict[str, Any]:
        """Return the same of a SecretPatch: its arguments, with the bytes of the Secret that is there."""
        live = self.secrets.get(secret["metadata"]["name"])
        data = (live or secret).get("data") or {}
        return {"metadata": secret["metadata"], "type": secret["type"], "data": data, "immutable": True}

    def older_text(self, name: str, content: Content) -> list[str]:
        """
        Return the keys of a content of which the ConfigMap of that name has another text, although its pods run it.

        What no pod reads is left out.
        """
        live = self.config_maps.get(name)
        if not live or not self.workload or name not in mounted(self.workload):
            return []
        return [
            key
            for (_, ours), (_, theirs) in zip(content.sections(), content_of(live).sections(), strict=True)
            for key, text in ours.items()
            if theirs.get(key) != text and key not in content.unread
        ]

    def without_namespace(self) -> str:
        """
        Return the message for a missing namespace, which this program may be about to create.

        Source: pulumi-kubernetes 4.25 provider/pkg/await `Creation`, which tries for about a minute again.
        """
        if self.has_namespace:
            return ""
        return (
            f"namespace '{self.namespace}' does not exist: unless this program creates it, correct the name. "
            f"Otherwise `up` "
            "fails after a minute"
        )

    def missing(self, name: str) -> str:
        """Return the message for a missing ConfigMap or Secret of this name that the pods mount."""
        kind = "Secret" if name in self.missing_secrets else "ConfigMap"
        if name in self.config_maps or not self.workload or name not in mounted(self.workload, kind):
            return ""
        where = f"{self.workload['metadata']['namespace']}/{name}"
        return f"{kind} {where}, which the pods mount, is missing: `up` restores it, and nothing restarts"


def observed_pod(pod: Object, workload: Object) -> ObservedPod | None:
    """
    Return the relevant parts of a pod with a workload's labels, whoever made it: its `maker` tells.

    `None` for one that has ended and that no longer counts.
    """
    kind = kind_of(workload)
    if kind.revisions_make_pods and is_over(pod):
        return None
    config_map = config_map_of(pod["spec"], workload["metadata"]["name"])
    external = str(annotations_of(pod).get(EXTERNAL_ANNOTATION, ""))
    return ObservedPod(**vars(pod_of(pod, kind)), config_hash=config_hash_of_pod(pod), config_map=config_map,
                       external=external, probed=probed_pod(pod), maker=maker_of(pod))  # fmt: skip


def config_map_of(pod: Mapping[str, object], name: str) -> str:
    """
    Return the ConfigMap that a pod spec of workload `name` reads, with all content-named ones where there are any.

    Content-named Secrets follow, each as `Secret NAME`: nothing else of them is ever read to show it.
    """
    named = [reference.name for reference in pod_spec.references(pod) if isinstance(reference.name, str)]
    named = [one for one in named if one != ROOT_CA]
    secrets = [str(reference.name) for reference in pod_spec.secret_references(pod)]
    ours = [one for one in named if is_content_name(one, name)]
    ours += [f"{_SECRET}{one}" for one in secrets if is_content_name(one, name)]
    return ", ".join(dict.fromkeys(ours)) or (named[0] if named else "")


def names_in(config_map: str) -> list[str]:
    """Return the names of ConfigMaps in what `config_map_of` says: none, one or several."""
    return [one for one in parts_of(config_map) if not one.startswith(_SECRET)]


def parts_of(config_map: str) -> list[str]:
    """Return what `config_map_of` says, each object for itself."""
    return config_map.split(", ") if config_map else []
