"""
Volumes that join two ConfigMaps in one folder: one that never changes, and one that changes under running pods.

A projected volume has the files of all its sources at the paths of a plain one. Of two files with one path it has that
of the later source. Source: kubernetes 1.36 pkg/volume/projected/projected.go `collectData`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from . import pod_spec as pods

_MODE = ("defaultMode", "default_mode")
_ITEMS = "items"


@dataclass(frozen=True)
class Reloads:
    """The keys of a ConfigMap that running pods read again, and the name of the ConfigMap that has them."""

    keys: Collection[str]
    config_map: str


def join(pod_spec: Mapping[str, Any], reloads: Mapping[str, Reloads]) -> Mapping[str, Any]:
    """
    Return a pod spec whose volumes take the keys that reload from a ConfigMap of their own.

    `reloads` is by the ConfigMap's name in the pod spec; everything that reads none of these keys stays as it is.
    """
    volumes = pod_spec.get("volumes") if isinstance(pod_spec, Mapping) else None
    if not reloads or not isinstance(volumes, list | tuple):
        return pod_spec
    return {**pod_spec, "volumes": [_volume(one, reloads) if isinstance(one, Mapping) else one for one in volumes]}


def _volume(volume: Mapping[str, Any], reloads: Mapping[str, Reloads]) -> Mapping[str, Any]:
    for path, of in pods.values(volume, "configMap"):
        parts = _parts(of, reloads)
        if isinstance(of, Mapping) and (len(parts) > 1 or parts[0] is not of):
            (key,) = map(str, path)
            modes = {name: of[name] for name in _MODE if name in of}
            rest = {name: value for name, value in volume.items() if name != key}
            sources = [{key: {name: value for name, value in part.items() if name not in _MODE}} for part in parts]
            return {**rest, "projected": {"sources": sources, **modes}}
    for _, projected in pods.values(volume, "projected"):
        if isinstance(projected, Mapping) and isinstance(projected.get("sources"), list | tuple):
            sources = [part for source in projected["sources"] for part in _of_source(source, reloads)]
            return {**volume, "projected": {**projected, "sources": sources}}
    return volume


def _of_source(source: Any, reloads: Mapping[str, Reloads]) -> list[Any]:
    for path, of in pods.values(source, "configMap"):
        return [{**source, str(path[0]): part} for part in _parts(of, reloads)]
    return [source]


def _parts(of: Any, reloads: Mapping[str, Reloads]) -> list[Any]:
    """Return what a volume or source of one ConfigMap becomes: what lasts, then what reloads; itself if all lasts."""
    found = reloads.get(str(of.get("name"))) if isinstance(of, Mapping) else None
    if found is None:
        return [of]
    reloading = {**of, "name": found.config_map}
    items = of.get(_ITEMS)
    if not isinstance(items, list | tuple) or not items:
        return [of, reloading]
    reloading_items = [item for item in items if isinstance(item, Mapping) and item.get("key") in found.keys]
    others = [item for item in items if item not in reloading_items]
    if not reloading_items:
        return [of]
    return [*([{**of, _ITEMS: others}] if others else []), {**reloading, _ITEMS: reloading_items}]
