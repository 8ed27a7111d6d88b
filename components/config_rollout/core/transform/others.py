"""The hashes and annotations by which others restart the pods of a workload, and which of them ours can replace."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from ..formats.yaml_places import Path
from ..rules.conventions import HELM, Claim, Named, Recorded, assign, claims
from ..rules.labels import selector_labels
from ..rules.objects import KubernetesObject
from .reading import Reading

SOME_FILE = "?"
"""The template file of objects that a chart was rendered to, where the renderer does not say it."""


@dataclass(frozen=True)
class Other:
    """
    What else restarts the pods: where it stands, the ConfigMaps that it is of, and what it may be of beside them.

    `path` is its path in the workload, empty if it cannot be taken out. `of`, `secrets` and `rest` are empty if its
    name tells nothing.
    """

    key: str
    where: str
    path: Path
    of: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    rest: tuple[str, ...] = ()

    @property
    def beside(self) -> str:
        """What it is of beside ConfigMaps that pods read, as messages name it; empty for nothing."""
        return ", ".join([*(f"Secret '{name}'" for name in self.secrets), *self.rest])

    def is_replaced(self, hashed: Collection[str], secrets: Collection[str] = ()) -> bool:
        """Return whether the hash of these ConfigMaps and Secrets covers everything that it is of."""
        known = bool(self.path and (self.of or self.secrets)) and not self.rest
        return known and set(self.of) <= set(hashed) and set(self.secrets) <= set(secrets)


def others(reading: Reading) -> list[Other]:
    """Return the hashes that others wrote, except for variables, of which no value is ever taken for a hash of ours."""
    workload, ours = reading.workload, Recorded.of(reading.workload)
    every = [claim for claim in claims(workload) if claim.key != ours.key]
    its: dict[str, list[Named]] = {claim.where: [] for claim in every}
    for source, claim, _ in assign(workload, every, reading.named):
        its[claim.where].append(source)
    for source, claim, sure in assign(workload, every, [*reading.named, *reading.unread]):
        if sure and not source.uses:
            its[claim.where].append(source)
    claimed = {one.name for sources in its.values() for one in sources if one.kind == "Secret"}
    return [_other(claim, its[claim.where], reading, claimed) for claim in every]


def _other(claim: Claim, sources: list[Named], reading: Reading, claimed: Collection[str]) -> Other:
    of = tuple(dict.fromkeys(one.name for one in sources if one.kind == "ConfigMap" and one.uses))
    secrets = [one.name for one in sources if one.kind == "Secret" and one.uses]
    rest = [f"{one.kind} '{one.name}'" for one in sources if not one.uses]
    if claim.convention == HELM:
        secrets += _in_the_same_file(of, reading, claimed)
    path = _path(claim, reading.workload)
    return Other(claim.key, claim.where, path, of, tuple(dict.fromkeys(secrets)), tuple(dict.fromkeys(rest)))


def _in_the_same_file(names: Collection[str], reading: Reading, claimed: Collection[str]) -> Iterator[str]:
    """
    Yield the Secrets that pods read from the templates of these ConfigMaps: Helm's checksum is of whole files.

    Where the file is not known, it may be that of each Secret for which no other hash is `claimed`.
    """
    files = {
        reading.objects["ConfigMap", name].template_file for name in names if ("ConfigMap", name) in reading.objects
    }
    for (kind, name), o in reading.objects.items():
        is_known = o.template_file != SOME_FILE or name not in claimed
        if kind == "Secret" and o.template_file in files - {""} and is_known:
            yield name


def _path(claim: Claim, workload: KubernetesObject) -> Path:
    for section in ("annotations", "labels"):
        if claim.where == workload.in_template("metadata", f"{section}['{claim.key}']"):
            if section == "labels" and claim.key in selector_labels(workload):
                return ()
            return (*workload.template, "metadata", section, claim.key)
    return ()


_RELOADER, _WAVE = "reloader.stakater.com", "wave.pusher.com/update-on-config-change"


def controllers(reading: Reading) -> Iterator[Other]:
    """
    Yield the annotations with which Reloader or wave restarts the pods when a text changes.

    Source: stakater/Reloader v1.4 pkg/common/common.go `ShouldReload`; wave README.
    """
    for annotations, path in _places(reading.workload):
        for key, value in annotations.items():
            kinds = _ASKING.get(key)
            if kinds is None or str(value).lower() in ("false", "f", "0", ""):
                continue
            sources = [one for one in reading.named if one.kind in kinds]
            if key.endswith("/reload"):
                listed = {name.strip() for name in str(value).split(",")}
                sources = [one for one in sources if one.name in listed]
                others = listed - {one.name for one in sources}
            else:
                others = set()
            of, secrets = (tuple(one.name for one in sources if one.kind == kind) for kind in ("ConfigMap", "Secret"))
            rest = tuple(f"'{name}'" for name in sorted(others))
            where = f"{'.'.join(map(str, path))}['{key}']"
            yield Other(key, where, (*path, key), of, secrets, rest)


def _places(workload: KubernetesObject) -> Iterator[tuple[Mapping[str, object], Path]]:
    yield workload.texts("metadata", "annotations"), ("metadata", "annotations")
    yield workload.of_template("annotations"), (*workload.template, "metadata", "annotations")


_BOTH = ("ConfigMap", "Secret")
_ASKING = {
    f"{_RELOADER}/auto": _BOTH,
    f"configmap.{_RELOADER}/auto": _BOTH[:1],
    f"configmap.{_RELOADER}/reload": _BOTH[:1],
    _WAVE: _BOTH,
}
"""Annotation -> the kinds whose changes it restarts the pods for."""
