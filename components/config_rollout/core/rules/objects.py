"""
A Kubernetes object as the rules see it: from a manifest or from a Pulumi program.

Plain values with camelCase keys. A leaf that is not known yet in a preview is `UNKNOWN`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ..kinds import KUBE_PROXY
from ..kubernetes import pod_spec as pods
from ..markers import UNKNOWN

WORKLOADS = ("DaemonSet", "Deployment", "StatefulSet", "Rollout", "DeploymentConfig")
"""The kinds whose pods are replaced when their template changes; the last two are Argo's and OpenShift's."""

WITH_PODS = (*WORKLOADS, "ReplicaSet", "Job", "CronJob", "Pod")
"""The kinds that contain a pod spec."""

CONFIGURATION = ("ConfigMap", "Secret")
"""The kinds that hold configuration."""

_TEMPLATES: dict[str, tuple[str, ...]] = {"Pod": (), "CronJob": ("spec", "jobTemplate", "spec", "template")}
"""Kind -> where it holds its pod template, if that is not `spec.template`."""

_GROUPS = {
    "apps": r"(apps|extensions)/v[0-9a-z]+",
    "batch": r"batch/v[0-9a-z]+",
    "core": r"v1",
    "policy": r"policy/v[0-9a-z]+",
    "argo": r"argoproj\.io/v[0-9a-z]+",
    "openshift": r"(apps\.openshift\.io/)?v1",
}
_GROUP_OF = {
    **dict.fromkeys(("DaemonSet", "Deployment", "StatefulSet", "ReplicaSet"), "apps"),
    **dict.fromkeys(("Job", "CronJob"), "batch"),
    **dict.fromkeys((*CONFIGURATION, "Pod"), "core"),
    "PodDisruptionBudget": "policy",
    "Rollout": "argo",
    "DeploymentConfig": "openshift",
}

KINDS = frozenset(_GROUP_OF)
"""The kinds that some rule checks."""


WAVE_STASH = "Stash"
"""The kind of the record of a wave in Pulumi's state; it is not a Kubernetes object."""

POD_SPEC = ("spec", "template", "spec")
"""The path of a workload's pod spec."""

_OURS = re.compile(r"config-rollout:index:(?!Configured(?:Chart|Kustomization|Manifests)\b)")
"""In a URN, the type of a component whose resources are all its own; those left out have others' objects too."""


@dataclass(frozen=True)
class Program:
    """
    What a Pulumi program says about a resource apart from its properties.

    `urn` contains the types of its parents. `depends` is top-level property -> URNs of the resources whose outputs it
    uses. `replaces` says whether the provider replaces a ConfigMap or Secret when its data changes: its default,
    unless `enableConfigMapMutable` or `enableSecretMutable` is set; `UNKNOWN` if that is not known yet.
    """

    urn: str = ""
    depends: Mapping[str, Sequence[str]] = field(default_factory=dict)
    replaces: object = True
    protected: bool = False

    @property
    def of_this_library(self) -> bool:
        """Return whether the resource is part of one of this library's components."""
        return bool(_OURS.search(self.urn))


@dataclass(frozen=True)
class KubernetesObject:
    """
    One object. `place` is where it comes from, for the report: a file and line, or a URN.

    With `patch` it is only part of an object: a patch resource, or a manifest that others complete (`is_partial`), so
    missing fields are not reported. Without `program` it comes from a manifest. `template_file` is the file of the
    chart that Helm rendered it from.
    """

    kind: str
    value: Mapping[str, Any]
    place: object = None
    patch: bool = False
    program: Program | None = None
    template_file: str = ""

    @property
    def name(self) -> object:
        """Return the name, which may be unknown; empty if there is none."""
        return self.get("metadata", "name") or ""

    @property
    def namespace(self) -> object:
        """Return the namespace, `default` if it is not set."""
        return self.get("metadata", "namespace") or "default"

    @property
    def title(self) -> str:
        """Return how findings name it: `DaemonSet kube-system/kube-proxy`."""
        if self.kind == WAVE_STASH and self.program:
            return f"record {self.program.urn.rpartition('::')[2]}"
        if self.kind == KUBE_PROXY:
            return self.kind
        patch = "Patch" if self.patch and self.program else ""
        return f"{self.kind}{patch} {self.namespace}/{self.name or '(no name)'}"

    @property
    def template(self) -> tuple[str, ...]:
        """Return the path of the pod template; empty for a Pod."""
        return _TEMPLATES.get(self.kind, ("spec", "template"))

    def get(self, *path: str) -> Any:
        """Return the value at a path of keys; `None` if there is none, `UNKNOWN` if a value above it is unknown."""
        value: Any = self.value
        for key in path:
            if value is UNKNOWN:
                return UNKNOWN
            value = value.get(key) if value.__class__ is dict or isinstance(value, Mapping) else None
        return value

    def texts(self, *path: str) -> dict[str, object]:
        """Return the mapping at a path, such as labels or annotations; empty if there is none."""
        value = self.get(*path)
        return {str(key): value for key, value in value.items()} if isinstance(value, Mapping) else {}

    @property
    def pod_spec(self) -> Any:
        """Return the pod template's spec."""
        return self.get(*self.template, "spec")

    def in_template(self, *below: str) -> str:
        """Return a path below the pod template as text: `spec.template.spec.containers`."""
        return ".".join((*self.template, *below))

    def of_template(self, section: str) -> dict[str, object]:
        """Return the `annotations` or `labels` of the pod template."""
        return self.texts(*self.template, "metadata", section)

    def in_pods(self, *pattern: str) -> Iterator[tuple[str, Any]]:
        """Yield path and value of every place in the pod spec that matches a pattern of keys and `*`."""
        for path, value in pods.values(self.pod_spec, *pattern):
            yield self.in_template("spec", pods.show_path(path)), value

    @cached_property
    def references(self) -> tuple[pods.Reference, ...]:
        """Return every place in the pod spec that names a ConfigMap or a Secret."""
        if self.kind not in WITH_PODS:
            return ()
        return (*pods.references(self.pod_spec), *pods.secret_references(self.pod_spec))


_HASH_AT_THE_END = (
    ("a hash", re.compile(r".*[-.](?=[a-f]*[0-9])(?=[0-9]*[a-f])[0-9a-f]{6,64}|.*[-.][0-9]{10,}")),
    ("kustomize's suffix", re.compile(r".*-[bcdfghkmt24-9]{10}")),
    ("kapp's version", re.compile(r".*-ver-[0-9]+")),
    ("Spinnaker's version", re.compile(r".*-v[0-9]{3,}")),
)
"""What makes a name change with the content, and its form. A hash has digits and letters, or is longer than a date."""


def name_follows_content(o: KubernetesObject) -> str | None:
    """Return a description of the name's suffix if that changes with the content of the ConfigMap or Secret."""
    if not isinstance(o.name, str):
        return None
    return next((what for what, at_the_end in _HASH_AT_THE_END if at_the_end.fullmatch(o.name)), None)


def has_content(o: KubernetesObject) -> bool:
    """Return whether a ConfigMap or Secret has content; something else fills an empty one, as for certificates."""
    return any(o.get(section) for section in ("data", "binaryData", "stringData"))


def is_known(kind: str, version: str) -> bool:
    """Return whether some rule checks objects of this kind and apiVersion."""
    return kind in KINDS and bool(re.fullmatch(_GROUPS[_GROUP_OF[kind]], version))


def is_partial(kind: str, value: Mapping[str, Any]) -> bool:
    """
    Return whether a manifest is only part of an object, such as a patch for kustomize: the API server requires more.

    Source: kubernetes 1.36 `ValidateDaemonSetSpec` and the like: `spec.selector` is required. The group `extensions`
    derived it from the labels. `$patch` and the like are directives of strategic merge patches.
    """
    if _has_directive(value):
        return True
    if _GROUP_OF[kind] != "apps" or str(value.get("apiVersion")).startswith("extensions/"):
        return False
    spec = value.get("spec")
    return not isinstance(spec, Mapping) or not spec.get("selector")


def _has_directive(value: Any) -> bool:
    """Return whether a value contains a directive of a strategic merge patch."""
    if isinstance(value, Mapping):
        if any(isinstance(key, str) and key.startswith(_DIRECTIVES) for key in value):
            return True
        return any(_has_directive(item) for key, item in value.items() if key not in _CONTENT)
    return isinstance(value, list) and any(map(_has_directive, value))


_DIRECTIVES = ("$patch", "$setElementOrder", "$deleteFromPrimitiveList", "$retainKeys")
_CONTENT = ("data", "stringData", "binaryData")


def is_named_by_pulumi(o: KubernetesObject) -> bool:
    """Return whether Pulumi chose the name, and so chooses a new one whenever it replaces the object."""
    return o.program is not None and o.texts("metadata", "annotations").get("pulumi.com/autonamed") == "true"


@dataclass(frozen=True)
class Objects:
    """The objects of one stack or of the manifests that are checked together."""

    all: Sequence[KubernetesObject]

    @classmethod
    def of(cls, objects: Iterable[KubernetesObject]) -> "Objects":
        """Return the objects in their order."""
        return cls(tuple(objects))

    def kind(self, *kinds: str) -> Iterator[KubernetesObject]:
        """Yield the objects of these kinds."""
        return (o for o in self.all if o.kind in kinds)

    @cached_property
    def _configuration(self) -> dict[tuple[str, object, object], dict[object, KubernetesObject]]:
        """Return kind, namespace and name -> file -> the last such object in it, as kubectl would choose."""
        every: dict[tuple[str, object, object], dict[object, KubernetesObject]] = {}
        for o in self.kind(*CONFIGURATION):
            if isinstance(o.name, str):
                every.setdefault((o.kind, str(o.namespace), o.name), {})[_file(o)] = o
        return every

    @cached_property
    def coverage(self) -> dict[int, list[Any]]:
        """Return the cache of `coverage.py`: id of a workload -> what covers each key that it reads."""
        return {}

    @cached_property
    def by_urn(self) -> dict[str, KubernetesObject]:
        """Return URN -> resource."""
        return {o.program.urn: o for o in self.all if o.program}

    def named(self, workload: KubernetesObject, kind: str, name: str) -> KubernetesObject | None:
        """Return the ConfigMap or Secret that a workload means by a name, if it is among the objects."""
        return next(iter(self.variants(workload, kind, name)), None)

    def variants(self, workload: KubernetesObject, kind: str, name: str) -> list[KubernetesObject]:
        """
        Return the ConfigMaps or Secrets that a workload can mean by a name.

        If several have the same name, as variants in separate files do, the one in the workload's file counts; if there
        is none in that file, it may be any.
        """
        by_file = self._configuration.get((kind, str(workload.namespace), name), {})
        near = by_file.get(_file(workload))
        return [near] if near else list(by_file.values())

    def read_by(self, workload: KubernetesObject) -> Iterator[tuple[pods.Reference, KubernetesObject]]:
        """Yield every reference of a workload to a ConfigMap or Secret that is among the objects, with that object."""
        for reference in workload.references:
            name = reference.name
            if isinstance(name, str) and (object_ := self.named(workload, reference.kind, name)):
                yield reference, object_


def _file(o: KubernetesObject) -> object:
    return getattr(o.place, "file", None)
