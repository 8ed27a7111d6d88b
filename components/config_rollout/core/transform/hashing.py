"""The hash of what pods read, in the pod template of each workload, in place of what others have there."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from ..arguments.finding import Finding
from ..formats.yaml_edits import REMOVED, Edit
from ..kubernetes.annotations import CONFIG_HASH_ANNOTATION, HASH_OF_ANNOTATION, HASHES_ANNOTATION
from ..rules.conventions import Recorded, held
from ..rules.labels import Selecting, selector_labels
from ..rules.objects import KubernetesObject
from ..workload.configuration import Configuration
from .others import Other, controllers, others
from .reading import Reading
from .stream import line_of, title

BESIDE_ANOTHER = "checksum/config-maps"
"""The annotation for our hash where `checksum/config` is one of something else too."""


@dataclass
class Changes:
    """What becomes of one object: edits with paths in it, and what to know about it."""

    of: KubernetesObject
    edits: list[Edit] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def counted(reading: Reading) -> list[str]:
    """Return the ConfigMaps that count: what a program rereads by itself only if something restarts the pods for it."""
    every = [*others(reading), *controllers(reading)]
    wanted = {name for other in every for name in other.of} | set(Recorded.of(reading.workload).names)
    return [name for name in reading.contents if name not in reading.rereads or name in wanted]


def hashed(reading: Reading, renamed: Collection[str] = (), secrets: Collection[str] = ()) -> Changes:
    """
    Return what becomes of a workload: the hash of the ConfigMaps that keep their names.

    `renamed` are the ConfigMaps whose names follow their content, `secrets` the Secrets that are hashed elsewhere.
    """
    workload, recorded = reading.workload, Recorded.of(reading.workload)
    every = [*others(reading), *controllers(reading)]
    names = [name for name in counted(reading) if name not in renamed]
    gone = [other for other in every if other.is_replaced({*names, *renamed}, secrets)]
    left = [other for other in every if other not in gone]
    changes = Changes(workload)
    key = BESIDE_ANOTHER if any(other.key == CONFIG_HASH_ANNOTATION for other in left) else CONFIG_HASH_ANNOTATION
    record = Recorded(key, tuple(sorted(names))) if names else Recorded()
    path = (*workload.template, "metadata", "annotations", key)
    if names:
        configuration = Configuration.of({name: reading.contents[name] for name in names})
        changes.edits += _set(workload, path, configuration.hash)
    removed = dict.fromkeys(other.path for other in gone if not names or other.path != path)
    changes.edits += [Edit(path, REMOVED) for path in removed]
    if recorded.key and recorded.key not in (record.key, *(path[-1] for path in removed)):
        changes.edits += _remove(workload, (*workload.template, "metadata", "annotations", recorded.key))
    changes.edits += _record(workload, record, {other.key for other in gone})
    changes.notes += _notes(reading, gone, left, key, names, renamed)
    return changes


def left_out(workload: KubernetesObject, keys: Collection[str], selecting: Selecting) -> Iterator[Edit | Finding]:
    """Yield the removal of labels and annotations from a pod template, or why one has to stay."""
    for section in ("annotations", "labels"):
        for key in workload.of_template(section):
            if key not in keys:
                continue
            where = workload.in_template("metadata", f"{section}['{key}']")
            selector = "spec.selector" if key in selector_labels(workload) else selecting.by(workload, key)
            if section == "labels" and selector:
                what = f"cannot be left out: {selector} needs it"
                yield Finding(f"{line_of(workload)}: {title(workload)}: {where}", what, "Do not leave it out")
            else:
                yield Edit((*workload.template, "metadata", section, key), REMOVED)


def _record(workload: KubernetesObject, record: Recorded, gone: Collection[str]) -> Iterator[Edit]:
    """Yield what the workload itself says of its hashes: ours, and those of `check --fix` that are left."""
    own = ("metadata", "annotations")
    if record.names:
        yield from _set(workload, (*own, HASH_OF_ANNOTATION), str(record))
    else:
        yield from _remove(workload, (*own, HASH_OF_ANNOTATION))
    known = held(workload)
    kept = {key: name for key, name in known.items() if key not in gone}
    if kept and kept != known:
        yield Edit((*own, HASHES_ANNOTATION), ",".join(f"{key}={name}" for key, name in kept.items()))
    elif known and not kept:
        yield Edit((*own, HASHES_ANNOTATION), REMOVED)


def _set(workload: KubernetesObject, path: tuple[str, ...], value: str) -> Iterator[Edit]:
    if workload.get(*path) != value:
        yield Edit(path, value)


def _remove(workload: KubernetesObject, path: tuple[str, ...]) -> Iterator[Edit]:
    if workload.get(*path) is not None:
        yield Edit(path, REMOVED)


def _notes(
    reading: Reading, gone: list[Other], left: list[Other], key: str, names: list[str], renamed: Collection[str]
) -> Iterator[str]:
    """Yield what was taken out, and what still restarts the pods or does not."""
    for other in gone:
        if other.key != key or not names:
            texts = [*([_maps(other.of)] if other.of else []), *([other.beside] if other.secrets else [])]
            yield f"{other.where} is taken out: it is of the text of {' and '.join(texts)}"
    for other in left:
        yield f"{other.where} stays, so its changes restart the pods: {_why(other, reading, [*names, *renamed])}"
    for name in reading.rereads:
        if name not in names and name in reading.contents and name not in renamed:
            yield f"ConfigMap '{name}' is not hashed: {reading.rereads[name]}"
    covered = {name for other in left for name in other.of}
    for name in reading.missing:
        if name not in covered:
            yield f"ConfigMap '{name}' is not among these manifests, so its changes restart nothing"


def _why(other: Other, reading: Reading, names: Collection[str]) -> str:
    if other.beside:
        return f"it may be of {other.beside} too" if other.of else f"it is of {other.beside}"
    unknown = [name for name in other.of if name not in names]
    if unknown:
        here = "hashed" if set(unknown) - set(reading.missing) else "among these manifests"
        return f"it is of {_maps(unknown)}, not {here}"
    return "its name does not tell what it is of" if other.path else "it is a variable, or a selector needs it"


def _maps(names: Collection[str]) -> str:
    return f"ConfigMap{'s' if len(names) > 1 else ''} {', '.join(repr(name) for name in names)}"
