"""
What an observation keeps of a workload's objects: little of each, so that thousands of pods take little memory.

Not here: what follows from it (state.py, history.py).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from ..arguments.finding import Finding
from ..audit.record import AuditRecord, parse_records, reloads, rollouts
from ..configuration.diff import SECRET_KIND
from ..configuration.digest import short_hash
from ..kubernetes import workloads
from ..kubernetes.annotations import CHANGE_CAUSE_ANNOTATION, CONFIG_HASH_ANNOTATION
from ..kubernetes.field_managers import Written, written
from ..kubernetes.objects import (
    Object,
    annotations_of,
    is_owned_by,
    kept_by,
    revision_number,
    revision_of,
    template_kept_by,
)
from ..kubernetes.pods import place_of
from ..kubernetes.workload_kinds import WorkloadKind, WorkloadName, kind_of
from ..revisions.config_maps import mounted
from ..revisions.naming import HISTORY_KEY, content_name, history_name, is_reload_name, source_name
from ..revisions.observation import Observation, ObservedPod, config_map_of, parts_of
from ..revisions.reload_note import ReloadNote, reload_note
from ..workload.external import external_source, rolled_out

TEMPLATE_FIELD = ("f:spec", "f:template")
"""Where `managedFields` have the pod template."""

PROGRAMS = ("pulumi-kubernetes", "config-rollout")
"""The prefixes of the field managers under which a program and its driver write."""

_HASH_FIELD = (*TEMPLATE_FIELD, "f:metadata", "f:annotations", f"f:{CONFIG_HASH_ANNOTATION}")


@dataclass(frozen=True)
class Revision:
    """
    The relevant parts of a ControllerRevision or a ReplicaSet.

    `number` is what `kubectl rollout undo --to-revision` takes, `hash` what its pods say of it.
    """

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
    """
    The relevant parts of a ConfigMap beside its content: the UIDs of its owners, and when its data was written.

    `manager` is who wrote it then, and `note` what is noted of a reload.
    """

    owners: frozenset[str]
    written: str
    manager: str = ""
    note: ReloadNote = field(default_factory=ReloadNote)


@dataclass(frozen=True)
class WorkloadView:
    """
    One workload with what belongs to it, at one moment.

    `config_maps` is name -> ConfigMap, of its namespace; `labels` is node -> labels; `records` are oldest first, and
    `unread` is what of them could not be read. `external` is name -> hash of what there now is for pods to read, of the
    ConfigMaps that others own.
    """

    workload: Object
    revisions: Sequence[Revision] = ()
    pods: Sequence[ObservedPod] = ()
    config_maps: Mapping[str, ConfigMapMetadata] = field(default_factory=dict)
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    records: Sequence[AuditRecord] = ()
    unread: Sequence[Finding] = ()
    external: Mapping[str, str] = field(default_factory=dict)
    reports: Mapping[str, str] = field(default_factory=dict)
    """Pod -> what its answer says against its running the text that changes in place; of those that were asked."""
    not_asked: str = ""
    """Why no pod was asked, where one would be."""

    @classmethod
    def of(cls, observation: Observation) -> "WorkloadView":
        """Return what `status` and `history` need of an observation of a workload that is there."""
        workload, namespace, name = observation.workload, observation.namespace, observation.name
        assert workload
        called = history_name(name, observation.kind)
        text = ((observation.config_maps.get(called) or {}).get("data") or {}).get(HISTORY_KEY, "")
        records, unread = parse_records(text, f"ConfigMap {namespace}/{called}")
        config_maps = {of: metadata_of(config_map) for of, config_map in observation.config_maps.items()}
        revisions = revisions_of(observation.revisions, workload)
        pod_spec = workload["spec"].get("template", {}).get("spec")
        external = {
            of: external_source(pod_spec, of, observation.config_maps.get(of)).hash for of in external_names(workload)
        }
        return cls(workload, revisions, observation.pods, config_maps, observation.labels, records, unread, external)

    @property
    def kind(self) -> WorkloadKind:
        """What kind of workload it is."""
        return kind_of(self.workload)

    @property
    def namespace(self) -> str:
        """The namespace of the workload."""
        return str(self.workload["metadata"]["namespace"])

    @property
    def name(self) -> str:
        """The name of the workload."""
        return str(self.workload["metadata"]["name"])

    @property
    def where(self) -> WorkloadName:
        """Which workload it is."""
        return WorkloadName(self.kind, self.namespace, self.name)

    @property
    def config_hash(self) -> str:
        """The config hash in the pod template; empty if there is none."""
        return workloads.config_hash_of(self.workload)

    @property
    def config_map(self) -> str:
        """The ConfigMap that the pod template reads, as `config_map_of` says it; empty if there is none."""
        return config_map_of(self.workload["spec"].get("template", {}).get("spec") or {}, self.name)

    @property
    def in_place(self) -> list[str]:
        """The ConfigMaps of the pod template that change in place: pods read them again."""
        if not self.workload["spec"].get("template", {}).get("spec"):
            return []
        return sorted(name for name in mounted(self.workload) if is_reload_name(name, self.name))

    @property
    def rollout(self) -> AuditRecord | None:
        """The record of the newest rollout."""
        return next(reversed(rollouts(self.records)), None)

    @property
    def reload(self) -> AuditRecord | None:
        """The record of the newest reload."""
        return next(reversed(reloads(self.records)), None)

    @property
    def wanted(self) -> int:
        """How many pods there should be: of a DaemonSet, how many nodes should have one."""
        return workloads.pod_counts(self.workload).wanted

    @property
    def missing(self) -> int:
        """How many of these are not there."""
        return self.wanted - len({place_of(self.kind, pod) for pod in self.pods})

    @property
    def makers(self) -> set[str]:
        """The UIDs of what makes its pods."""
        return workloads.makers_of_pods(self.workload, (revision.uid for revision in self.revisions))

    @cached_property
    def gone(self) -> set[str]:
        """The nodes that no longer exist but still have a pod; none if the nodes were not read."""
        return {pod.node for pod in self.pods if pod.node} - {*self.labels} if self.labels else set()

    @cached_property
    def current(self) -> Revision | None:
        """The revision that new pods get."""
        return max(self.revisions, key=lambda revision: revision.number, default=None)


def external_names(workload: Object) -> list[str]:
    """
    Return the ConfigMaps that others own and that counted when the pod template was written.

    Secrets are left out: without the hash key there is nothing to compare them with.
    """
    every = rolled_out(annotations_of(workload["spec"].get("template") or {}))
    return [name for name in every if not name.startswith(f"{SECRET_KIND} ")]


def is_ours(workload: Object) -> bool:
    """Return whether a workload carries a config hash, ours or that of Helm's convention, or a note of ours."""
    annotations = workload["metadata"].get("annotations") or {}
    return bool(workloads.config_hash_of(workload)) or any(key.startswith("config-rollout/") for key in annotations)


def revisions_of(revisions: Iterable[Object], workload: Object) -> list[Revision]:
    """Return those of some revisions that are the workload's, the oldest first."""
    uid = workload["metadata"]["uid"]
    of = [_revision(revision, workload) for revision in revisions if is_owned_by(revision, uid)]
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
    uids = frozenset(str(owner["uid"]) for owner in owners)
    return ConfigMapMetadata(uids, data.time, data.manager, reload_note(config_map))


def template_written(workload: Object) -> Written:
    """Return who last wrote the config hash in the pod template; nobody if the server does not say."""
    return written(workload, _HASH_FIELD)


def short(config_hash: str) -> str:
    """Return a config hash as it appears in sentences."""
    return short_hash(config_hash) or "no config hash"


def _revision(revision: Object, workload: Object) -> Revision:
    metadata, kind, name = revision["metadata"], kind_of(workload), workload["metadata"]["name"]
    template = template_kept_by(revision, kind)
    cause = (metadata.get("annotations") or {}).get(CHANGE_CAUSE_ANNOTATION, "")
    return Revision(
        revision_number(revision), str(metadata["name"]), revision_of(revision, kind), str(metadata["uid"]),
        workloads.config_hash_of(kept_by(revision)), config_map_of(template.get("spec") or {}, name),
        str(metadata.get("creationTimestamp") or ""), str(cause), template,
    )  # fmt: skip
