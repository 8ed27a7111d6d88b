"""Where the objects of a rendered kustomization come from."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...core.rules.manifest import Manifest, Place, parse_manifest
from ...core.rules.objects import KubernetesObject
from .files import MAX_MANIFEST_BYTES, read_file
from .kustomizations import NAMES, ORIGIN, Rendered
from .manifests import display_name


def relocate(objects: Iterable[KubernetesObject], rendered: Rendered) -> list[KubernetesObject]:
    """Return the objects without the annotation of their origin, each at its place in the file it comes from."""
    sources: dict[Path, list[KubernetesObject]] = {}
    return [
        replace(o, value=_without_origin(o.value), place=_place(o, rendered.root, rendered.origin(o.value), sources))
        for o in objects
    ]


def _without_origin(value: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = dict(value.get("metadata", {}))
    annotations = {key: text for key, text in metadata.pop("annotations", {}).items() if key != ORIGIN}
    return {**value, "metadata": metadata | ({"annotations": annotations} if annotations else {})}


def _place(o: KubernetesObject, root: Path, file: Path | None, sources: dict[Path, list[KubernetesObject]]) -> object:
    """Return the place in the source: of the object of its kind whose name is in its name, or of the file."""
    if file is None:
        return Place(display_name(root / NAMES[0]), 1)
    if file not in sources:
        sources[file] = list(_objects(file))
    same = [one for one in sources[file] if one.kind == o.kind]
    similar = [one for one in same if str(one.name) and str(one.name) in str(o.name)]
    best = max(similar, key=lambda one: len(str(one.name)), default=same[0] if len(same) == 1 else None)
    return best.place if best else Place(display_name(file), 1)


def _objects(file: Path) -> Iterator[KubernetesObject]:
    manifest = Manifest()
    parse_manifest(display_name(file), read_file(file, MAX_MANIFEST_BYTES), manifest)
    return iter(manifest.objects)
