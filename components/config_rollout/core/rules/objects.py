"""
A Kubernetes object as the rules see it: from a manifest, or as a resource of a Pulumi program.

Plain values with camelCase keys. A leaf that is not known yet, in a preview, is `UNKNOWN`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from .. import pod_spec as pods
from ..kinds import KUBE_PROXY

WORKLOADS = ("DaemonSet", "Deployment", "StatefulSet")
"""The kinds whose pods are replaced when their template changes."""

CONFIGURATION = ("ConfigMap", "Secret")
"""The kinds that hold what a program reads."""


WAVE_RECORD = "Stash"
"""The kind of what Pulumi's state keeps of a wave; no Kubernetes object."""

POD_SPEC = ("spec", "template", "spec")
"""Where a workload holds the spec of its pods."""

_OURS = "config-rollout:index:"


class _Unknown:
    def __repr__(self) -> str:
        return "not known yet"


UNKNOWN = _Unknown()
"""Stands for a value that the engine does not know yet."""


@dataclass(frozen=True)
class Program:
    """
    What a Pulumi program says of a resource beside its properties.

    `urn` contains the types of its parents. `depends` is top-level property -> URNs of the resources whose outputs it
    is made of. `replaces` says whether the provider replaces a ConfigMap or Secret when its data changes: its default,
    unless `enableConfigMapMutable` or `enableSecretMutable` is set; `UNKNOWN` if that is not known yet.
    """

    urn: str = ""
    depends: Mapping[str, Sequence[str]] = field(default_factory=dict)
    replaces: object = True
    protected: bool = False

    @property
    def of_this_library(self) -> bool:
        """Return whether the resource is part of one of this library's components."""
        return _OURS in self.urn


@dataclass(frozen=True)
class KubernetesObject:
    """
    One object. `place` is where it comes from, for whoever reports: a file and line, or a URN.

    With `patch` it is a patch resource, which holds a part of the object; then nothing can be said of what is missing.
    Without `program` it comes from a manifest.
    """

    kind: str
    value: Mapping[str, Any]
    place: object = None
    patch: bool = False
    program: Program | None = None

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
        """Return the words that findings use: `DaemonSet kube-system/kube-proxy`."""
        if self.kind == WAVE_RECORD and self.program:
            return f"record {self.program.urn.rpartition('::')[2]}"
        if self.kind == KUBE_PROXY:
            return self.kind
        return f"{self.kind}{'Patch' if self.patch else ''} {self.namespace}/{self.name or '(no name)'}"

    def get(self, *path: str) -> Any:
        """Return the value at a path of keys; `None` if there is none, `UNKNOWN` if something above it is."""
        value: Any = self.value
        for key in path:
            if value is UNKNOWN:
                return UNKNOWN
            value = value.get(key) if value.__class__ is dict or isinstance(value, Mapping) else None
        return value

    def texts(self, *path: str) -> dict[str, object]:
        """Return the mapping at a path, as of labels and annotations; empty if there is none."""
        found = self.get(*path)
        return {str(key): value for key, value in found.items()} if isinstance(found, Mapping) else {}

    @property
    def pod_spec(self) -> Any:
        """Return the pod template's spec."""
        return self.get(*POD_SPEC)

    def in_pods(self, *pattern: str) -> Iterator[tuple[str, Any]]:
        """Yield path and value of every place of the pod spec that a pattern of keys and `*` fits."""
        for path, value in pods.values(self.pod_spec, *pattern):
            yield f"spec.template.spec.{pods.show_path(path)}", value

    @cached_property
    def references(self) -> tuple["Reference", ...]:
        """Return every place of the pod spec that names a ConfigMap or a Secret."""
        if self.kind not in WORKLOADS:
            return ()
        maps = [Reference("ConfigMap", r.name, pods.show_path(r.path)) for r in pods.references(self.pod_spec)]
        secrets = [
            Reference("Secret", name, pods.show_path(path))
            for pattern in _SECRETS
            for path, name in pods.values(self.pod_spec, *pattern)
        ]
        return (*maps, *secrets)


@dataclass(frozen=True)
class Reference:
    """A place in a pod spec that names a ConfigMap or Secret; `name` may be unknown."""

    kind: str
    name: object
    where: str


# Where a pod spec can name a Secret that its containers read; `*` stands for every item of a list.
# Source: kubernetes 1.36 `VisitPodSecretNames` in pkg/api/v1/pod/util.go, without what only the kubelet reads.
_SECRETS = [
    ("volumes", "*", "secret", "secretName"),
    ("volumes", "*", "projected", "sources", "*", "secret", "name"),
    *(
        (containers, "*", *reference)
        for containers in ("containers", "initContainers", "ephemeralContainers")
        for reference in (("env", "*", "valueFrom", "secretKeyRef", "name"), ("envFrom", "*", "secretRef", "name"))
    ),
]

_HASH_AT_THE_END = re.compile(
    r"""(?x) .* [-.] ( [0-9a-f]{6,64}             # hexadecimal: this library, Gardener, carvel ytt and many charts
                     | [bcdfghkmt24-9]{10}        # kustomize and kubectl --append-hash
                     | ver-[0-9]+ | v[0-9]{3,} )  # carvel kapp, Spinnaker
    """
)


def name_follows_content(o: KubernetesObject) -> bool:
    """Return whether a ConfigMap or Secret gets another name when its content changes, as far as its name tells."""
    return isinstance(o.name, str) and bool(_HASH_AT_THE_END.fullmatch(o.name))


def has_content(o: KubernetesObject) -> bool:
    """Return whether a ConfigMap or Secret holds something here; what is empty is filled by others, as certificates."""
    return any(o.get(section) for section in ("data", "binaryData", "stringData"))


def is_named_by_pulumi(o: KubernetesObject) -> bool:
    """Return whether Pulumi gave the name, and gives another whenever it replaces the object."""
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
    def _configuration(self) -> dict[tuple[str, object, object], KubernetesObject]:
        return {(o.kind, str(o.namespace), o.name): o for o in self.kind(*CONFIGURATION) if isinstance(o.name, str)}

    @cached_property
    def by_urn(self) -> dict[str, KubernetesObject]:
        """Return URN -> resource."""
        return {o.program.urn: o for o in self.all if o.program}

    def read_by(self, workload: KubernetesObject) -> Iterator[tuple[Reference, KubernetesObject]]:
        """Yield every reference of a workload to a ConfigMap or Secret that is among the objects, with that object."""
        for reference in workload.references:
            if isinstance(reference.name, str):
                key = (reference.kind, str(workload.namespace), reference.name)
                if found := self._configuration.get(key):
                    yield reference, found
