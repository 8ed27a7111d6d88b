"""What `check --fix` writes: hashes of ConfigMaps whose changes running pods are certain not to see."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..kubernetes.manifest_edits import with_text
from .changing import changing_parts
from .conventions import held
from .coverage import coverage, unknown_part
from .meaning_hash import Hashes, NotHashed, annotation_for, meaning_hash
from .not_hashed import NOT_HASHED, is_read_once
from .objects import WORKLOADS, KubernetesObject, Objects
from .rule import Level
from .settings import Settings


@dataclass(frozen=True)
class NotFixed:
    """Why a finding has to be fixed by hand."""

    workload: KubernetesObject
    why: str


def fixes(objects: Objects, settings: Settings) -> Iterator[Hashes | NotFixed]:
    """Yield the hashes that workloads lack, and the findings that are not fixed."""
    of_rule = settings.of(NOT_HASHED)
    for workload in objects.kind(*WORKLOADS):
        if workload.patch or unknown_part(workload):
            continue
        config_maps = {str(o.name): o for r, o in objects.read_by(workload) if r.kind == "ConfigMap"}
        off = of_rule.level is Level.DISABLED or of_rule.covers(workload)
        new = [] if off else _uncovered(workload, objects)
        hashes: dict[str, tuple[str, str]] = {}
        for key, source in [*_ours(workload, config_maps), *((None, source) for source in new)]:
            try:
                key = key or _annotation(source, workload, alone=len(config_maps) == 1)
                hashes[key] = str(source.name), meaning_hash(source)
            except NotHashed as why:
                yield NotFixed(workload, str(why))
        fix = Hashes(workload, hashes)
        if any(True for _ in fix.texts()):
            if left := _still_uncovered(fix, objects):
                yield NotFixed(workload, f"ConfigMap '{left[0]}': the rules would not recognise the hash by its name")
            else:
                yield fix


def _ours(workload: KubernetesObject, config_maps: dict[str, KubernetesObject]) -> list[tuple[str, KubernetesObject]]:
    return [(key, config_maps[name]) for key, name in held(workload).items() if name in config_maps]


def _uncovered(workload: KubernetesObject, objects: Objects) -> list[KubernetesObject]:
    """Return the sources whose changes running pods are certain not to see, each once."""
    left = [one.source for one in coverage(workload, objects) if one.reason is None and is_read_once(one)]
    return list({id(source): source for source in left}.values())


def _annotation(source: KubernetesObject, workload: KubernetesObject, alone: bool) -> str:
    title = f"{source.kind} '{source.name}'"
    if source.kind != "ConfigMap":
        raise NotHashed(f"{title}: anyone can test guesses against a public hash. Name it after its content")
    for place in changing_parts(source):
        raise NotHashed(f"{title}: {place} may change with every deployment, and the hash with it")
    return annotation_for(str(source.name), workload, alone)


def _still_uncovered(hashes: Hashes, objects: Objects) -> list[str]:
    """Return the ConfigMaps that the rules would still report after the fix."""
    value = hashes.workload.value
    for path, text in hashes.texts():
        value = with_text(value, path, text)
    left = {str(source.name) for source in _uncovered(replace(hashes.workload, value=value), objects)}
    return [name for name, _ in hashes.by_annotation.values() if name in left]
