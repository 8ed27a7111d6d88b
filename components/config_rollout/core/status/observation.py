"""
What an observation keeps of a DaemonSet's objects: little of each, so that thousands of pods take little memory.

Not here: what follows from it (state.py, history.py).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ..arguments.finding import Finding
from ..audit.record import AuditRecord, parse_records
from ..configuration.diff import SECRET_KIND
from ..configuration.digest import short_hash
from ..kubernetes import daemon_sets, workloads
from ..kubernetes.annotations import CHANGE_CAUSE_ANNOTATION, CONFIG_HASH_ANNOTATION
from ..kubernetes.field_managers import Written, written
from ..kubernetes.objects import Object, annotations_of, is_owned_by, revision_of
from ..revisions.naming import HISTORY_KEY, content_name, history_name, source_name
from ..revisions.observation import Observation, ObservedPod, config_map_of, parts_of
from ..workload.external import external_source, rolled_out

TEMPLATE_FIELD = ("f:spec", "f:template")
"""Where `managedFields` have the pod template."""

_HASH_FIELD = (*TEMPLATE_FIELD, "f:metadata", "f:annotations", f"f:{CONFIG_HASH_ANNOTATION}")


@dataclass(frozen=True)
class Revision:
    """The relevant parts of a ControllerRevision. `number` is what `kubectl rollout undo --to-revision` takes."""

    number: int
    name: str
    hash: str
    uid: str
    config_hash: str
    config_map: str
    created: str
    change_cause: str = ""
    template: Object = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True)
class ConfigMapMetadata:
    """The relevant parts of a ConfigMap beside its content: the UIDs of its owners, and when its data was written."""

    owners: frozenset[str]
    written: str


@dataclass(frozen=True)
class DaemonSetView:
    """
    One DaemonSet with what belongs to it, at one moment.

    `config_maps` is name -> ConfigMap, of its namespace; `labels` is node -> labels; `records` are oldest first, and
    `unread` is what of them could not be read. `external` is name -> hash of what there now is for pods to read, of the
    ConfigMaps that others own.
    """

    daemon_set: Object
    revisions: Sequence[Revision] = ()
    pods: Sequence[ObservedPod] = ()
    config_maps: Mapping[str, ConfigMapMetadata] = field(default_factory=dict)
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    records: Sequence[AuditRecord] = ()
    unread: Sequence[Finding] = ()
    external: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, observation: Observation) -> "DaemonSetView":
        """Return what `status` and `history` need of an observation of a DaemonSet that is there."""
        daemon_set, namespace, name = observation.workload, observation.namespace, observation.name
        assert daemon_set
        history = observation.config_maps.get(history_name(name)) or {}
        text = (history.get("data") or {}).get(HISTORY_KEY, "")
        records, unread = parse_records(text, f"ConfigMap {namespace}/{history_name(name)}")
        config_maps = {of: metadata_of(config_map) for of, config_map in observation.config_maps.items()}
        revisions = revisions_of(observation.revisions, daemon_set)
        pod_spec = daemon_set["spec"].get("template", {}).get("spec")
        external = {
            of: external_source(pod_spec, of, observation.config_maps.get(of)).hash for of in external_names(daemon_set)
        }
        return cls(daemon_set, revisions, observation.pods, config_maps, observation.labels, records, unread, external)

    @property
    def namespace(self) -> str:
        """The namespace of the DaemonSet."""
        return str(self.daemon_set["metadata"]["namespace"])

    @property
    def name(self) -> str:
        """The name of the DaemonSet."""
        return str(self.daemon_set["metadata"]["name"])

    @property
    def config_hash(self) -> str:
        """The config hash in the pod template; empty if there is none."""
        return workloads.config_hash_of(self.daemon_set)

    @property
    def config_map(self) -> str:
        """The ConfigMap that the pod template reads, as `config_map_of` says it; empty if there is none."""
        return config_map_of(self.daemon_set["spec"].get("template", {}).get("spec") or {}, self.name)

    @property
    def wanted(self) -> int:
        """How many nodes should have a pod."""
        return daemon_sets.wanted(self.daemon_set)

    @property
    def gone(self) -> set[str]:
        """The nodes that no longer exist but still have a pod; none if the nodes were not read."""
        return {pod.node for pod in self.pods} - {*self.labels} if self.labels else set()

    @property
    def current(self) -> Revision | None:
        """The revision that new pods get."""
        return max(self.revisions, key=lambda revision: revision.number, default=None)


def external_names(daemon_set: Object) -> list[str]:
    """
    Return the ConfigMaps that others own and that counted when the pod template was written.

    Secrets are left out: without the hash key there is nothing to compare them with.
    """
    every = rolled_out(annotations_of(daemon_set["spec"].get("template") or {}))
    return [name for name in every if not name.startswith(f"{SECRET_KIND} ")]


def is_ours(daemon_set: Object) -> bool:
    """Return whether a DaemonSet carries a config hash, ours or that of Helm's convention, or a note of ours."""
    annotations = daemon_set["metadata"].get("annotations") or {}
    return bool(workloads.config_hash_of(daemon_set)) or any(key.startswith("config-rollout/") for key in annotations)


def revisions_of(revisions: Iterable[Object], daemon_set: Object) -> list[Revision]:
    """Return those of some revisions that are the DaemonSet's, the oldest first."""
    name, uid = daemon_set["metadata"]["name"], daemon_set["metadata"]["uid"]
    of = [_revision(revision, name) for revision in revisions if is_owned_by(revision, uid)]
    return sorted(of, key=lambda revision: revision.number)


def is_lying(config_hash: str, config_map: str, name: str, external: str) -> bool:
    """
    Return whether a content-named ConfigMap is not the one that an annotation speaks of; of several none tells.

    `external` is the annotation on what others own: with it there are several.
    """
    if external:
        return False
    source = source_name(config_map, name)
    return len(parts_of(config_map)) == 1 and bool(source) and config_map != content_name(name, config_hash, source)


def metadata_of(config_map: Object) -> ConfigMapMetadata:
    """Return the relevant parts of a ConfigMap; its metadata is enough."""
    owners = config_map["metadata"].get("ownerReferences") or []
    data = written(config_map, ("f:data",), ("f:binaryData",))
    return ConfigMapMetadata(frozenset(str(owner["uid"]) for owner in owners), data.time)


def template_written(daemon_set: Object) -> Written:
    """Return who last wrote the config hash in the pod template; nobody if the server does not say."""
    return written(daemon_set, _HASH_FIELD)


def short(config_hash: str) -> str:
    """Return a config hash as it appears in sentences."""
    return short_hash(config_hash) or "no config hash"


def _revision(revision: Object, name: str) -> Revision:
    metadata, template = revision["metadata"], revision["data"]["spec"].get("template") or {}
    cause = (metadata.get("annotations") or {}).get(CHANGE_CAUSE_ANNOTATION, "")
    return Revision(
        int(revision["revision"]), str(metadata["name"]), revision_of(revision), str(metadata["uid"]),
        workloads.config_hash_of(revision["data"]), config_map_of(template.get("spec") or {}, name),
        str(metadata.get("creationTimestamp") or ""), str(cause), dict(template),
    )  # fmt: skip
