"""What a workload among manifests becomes: the arguments of the component that has it, and what others still read."""

from base64 import b64decode
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..arguments.case import snake_case
from ..arguments.finding import Finding
from ..formats.yaml_edits import Edit
from ..kubernetes.annotations import CONFIG_HASH_ANNOTATION
from ..kubernetes.manifest_edits import edited_plain
from ..kubernetes.pod_spec import follow
from ..kubernetes.uses import keys_read
from ..kubernetes.workload_kinds import WorkloadKind
from ..replay.other_tools import kustomize_suffix
from ..rules.labels import Selecting, labels_in
from ..rules.objects import KubernetesObject, has_content
from ..rules.uses import keys_of
from ..transform.hashing import counted, hashed, left_out
from ..transform.reading import Reading
from ..transform.stream import title
from ..workload.workload import Workload
from .asked import Asked
from .items import Item

KEPT_ANNOTATION = "checksum/config-kept"
"""In pod templates: the manifest's own `checksum/config`, if it is of something that our hash is not of."""

_SECTIONS = {"data": "data", "binaryData": "binary_data", "stringData": "string_data"}
_BESIDE = ("template", "selector")


@dataclass(frozen=True)
class ConfiguredPart:
    """
    One workload: `arguments` are those of the component of its kind, the rest is what these do not hold.

    `counted` are kind and name of the ConfigMaps and Secrets that count. `written` is the object without what is taken
    out, `edited` the same as the rules see it, `spec` what stands beside the pod template.
    """

    item: Item
    kind: WorkloadKind
    arguments: Mapping[str, Any]
    counted: Collection[tuple[str, str]]
    written: Mapping[str, Any]
    spec: Mapping[str, Any]
    edited: KubernetesObject
    notes: tuple[str, ...] = ()

    def as_written(self, workload: Workload) -> Workload:
        """Return the workload that the arguments ask for with what the manifest says beside them."""
        metadata = self.written["metadata"]
        asked = {key: value for key, value in workload.spec.items() if value is not None}
        asked = {**dict.fromkeys(self.kind.fixed), **self.spec, **asked}  # what it leaves out is compared too
        labels, annotations = (dict(metadata.get(section) or {}) for section in ("labels", "annotations"))
        return replace(workload, labels=labels, annotations=annotations, spec=asked)


@dataclass(frozen=True)
class Around:
    """What a workload is planned in: the objects by kind, namespace and name, and what the program says of all."""

    items: Mapping[tuple[str, str, str], Item]
    selecting: Selecting
    leave_out: Collection[str] = ()
    hash_key: Any = None
    common: Mapping[str, Any] | None = None
    """Arguments that all workloads get as they are."""


def configured_part(
    item: Item, kind: WorkloadKind, reading: Reading, asked: Asked, around: Around
) -> tuple[ConfiguredPart, list[Finding]]:
    """Return what becomes of a workload, and everything that prevents it."""
    o, findings = item.of, list[Finding]()
    names = counted(reading)
    secrets = _secrets(reading) if around.hash_key is not None else []
    changes = hashed(replace(reading, missing=[]), names, secrets)
    for one in left_out(o, around.leave_out, around.selecting):
        if isinstance(one, Finding):
            findings.append(one)
        elif all(one.path != edit.path for edit in changes.edits):
            changes.edits.append(one)
    written, notes = _edited(item, changes.edits, changes.notes)
    sources = {**{("ConfigMap", name): name for name in names}, **{("Secret", name): name for name in secrets}}
    plain = _plain_names(sources, reading)
    arguments, spec = _arguments(written, kind, plain, asked, around)
    for (source_kind, name), of in plain.items():
        content = reading.contents[name] if source_kind == "ConfigMap" else None
        source = around.items[source_kind, str(o.namespace), name]
        formats, effects = asked.of_source(of, keys_of(source.of) or ())
        section = "config_maps" if source_kind == "ConfigMap" else "secrets"
        fields = _fields(source)
        if content:
            formats = {**content.formats, **formats}
            effects = {**content.declared_effects, **effects}
            fields["text_version"] = content.text_version or None
        arguments[section][of] = {**fields, "formats": formats or None, "effects": effects or None}
    findings += _check(item, reading, asked, plain)
    plain_o = replace(o, value=_edited_value(o.value, changes.edits))
    part = ConfiguredPart(item, kind, arguments, [*sources], written, spec, plain_o, tuple(dict.fromkeys(notes)))
    return part, findings


def _secrets(reading: Reading) -> list[str]:
    """Return the Secrets among the manifests that hold something which pods read."""
    found = []
    for (kind, name), o in reading.objects.items():
        read = keys_read(reading.workload.pod_spec, kind, name)
        if kind == "Secret" and has_content(o) and any(read.reads(key, True) for key in keys_of(o) or ()):
            found.append(name)
    return found


def _edited(item: Item, edits: list[Edit], notes: list[str]) -> tuple[dict[str, Any], list[str]]:
    """Return the object without what is taken out, and with its own `checksum/config` under another name."""
    written = _edited_value(item.written, edits)
    metadata = written["spec"]["template"].get("metadata") or {}
    annotations = dict(metadata.get("annotations") or {})
    if CONFIG_HASH_ANNOTATION in annotations:
        annotations[KEPT_ANNOTATION] = annotations.pop(CONFIG_HASH_ANNOTATION)
        written["spec"]["template"]["metadata"] = {**metadata, "annotations": annotations}
        notes = [*notes, f"its own {CONFIG_HASH_ANNOTATION} is called {KEPT_ANNOTATION}"]
    return written, list(notes)


def _edited_value(value: Mapping[str, Any], edits: list[Edit]) -> dict[str, Any]:
    edited: dict[str, Any] = edited_plain(_copy(value), edits)
    return edited


def _copy(value: Any) -> Any:
    """Return a copy that may be edited; leaves are shared."""
    if isinstance(value, Mapping):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value


def _plain_names(sources: Mapping[tuple[str, str], str], reading: Reading) -> dict[tuple[str, str], str]:
    """
    Return the name of each source without the suffix that kustomize gives it.

    The suffix changes with every byte, and the name of our object begins with this name.
    """
    without = {key: _without_suffix(reading.objects[key]) for key in sources}
    taken = [(kind, name) for (kind, _), name in without.items()] + [(one.kind, one.name) for one in reading.named]
    return {
        key: name if taken.count((key[0], name)) == 1 or name == key[1] else key[1] for key, name in without.items()
    }


def _without_suffix(o: KubernetesObject) -> str:
    name, content = str(o.name), [o.texts(section) for section in ("data", "binaryData")]
    if o.kind != "ConfigMap" or any(not isinstance(value, str) for values in content for value in values.values()):
        return name
    try:
        data = {key: str(value).encode() for key, value in content[0].items()}
        binary = {key: b64decode(str(value)) for key, value in content[1].items()}
    except ValueError:
        return name  # what is wrong with it is said elsewhere
    return name.removesuffix(f"-{kustomize_suffix(data, binary)}")


def _arguments(
    written: Mapping[str, Any], kind: WorkloadKind, plain: Mapping[tuple[str, str], str], asked: Asked, around: Around
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the arguments of the component without its sources, and the rest of the workload's spec."""
    spec, metadata = written["spec"], written["metadata"]
    template = spec["template"]
    pod_metadata = template.get("metadata") or {}
    renamed = [{name: of for (k, name), of in plain.items() if k == one and of != name} for one in _KINDS]
    arguments = {
        **(around.common or {}),
        **asked.passed_on,
        "name": metadata["name"],
        "namespace": metadata["namespace"],
        "pod_spec": follow(template["spec"], *renamed) if any(renamed) else template["spec"],
        "pod_labels": pod_metadata.get("labels") or {},
        "pod_annotations": pod_metadata.get("annotations") or {},
        "selector": (spec.get("selector") or {}).get("matchLabels"),
        "config_maps": {},
    }
    if any(k == "Secret" for k, _ in plain):
        arguments |= {"secrets": {}, "hash_key": around.hash_key}
    rest = {key: value for key, value in spec.items() if key not in _BESIDE}
    for name in (kind.strategy, "minReadySeconds", "revisionHistoryLimit", "replicas"):
        if rest.get(name) is not None and not (name == kind.strategy and "waves" in asked.passed_on):
            arguments[snake_case(name)] = rest[name]
        rest.pop(name, None)
    return arguments, rest


_KINDS = ("ConfigMap", "Secret")


def _fields(source: Item) -> dict[str, Any]:
    """Return the fields of a source as the component takes them."""
    fields: dict[str, Any] = {}
    for section, name in _SECTIONS.items():
        if isinstance(values := source.written.get(section), Mapping):
            fields[name] = {key: "" if value is None else value for key, value in values.items()}
        elif values is not None:
            fields[name] = values
    if source.of.kind == "Secret":
        fields["type"] = source.written.get("type")
        if isinstance(fields.get("string_data"), dict) and isinstance(fields.get("data"), dict):
            fields["data"] = {k: v for k, v in fields["data"].items() if k not in fields["string_data"]}
    elif not fields.get("data"):
        fields["data"] = {}
    return fields


def _check(item: Item, reading: Reading, asked: Asked, plain: Mapping[tuple[str, str], str]) -> Iterator[Finding]:
    o, external = item.of, asked.passed_on.get("external")
    where = f"{o.place}: {title(o)}"
    selector = o.get("spec", "selector")
    if not isinstance(selector, Mapping) or not (selector.get("matchLabels") or selector.get("matchExpressions")):
        yield Finding(where, "has no spec.selector.matchLabels", "Add the labels of its pods")
    elif selector.get("matchExpressions"):
        what = f"has a selector with matchExpressions ({', '.join(sorted(labels_in(selector)))})"
        yield Finding(where, what, "Exclude it with `workloads`: it is registered as it is then")
    named = external.get("config_maps") if isinstance(external, Mapping) else None
    for name in reading.missing:
        if name not in (named or ()):
            what = f"reads ConfigMap '{name}', which is not among the manifests"
            fix = f"Add it, or, if something else makes it, pass external={{'config_maps': ['{name}']}} in `workloads`"
            yield Finding(where, what, f"{fix}; or exclude the workload")
    keys = {key for source in plain for key in keys_of(reading.objects[source]) or ()}
    every = {name for (_, _), name in plain.items()}
    for field, said in (("formats", asked.formats), ("effects", asked.effects)):
        for one in said:
            source, slash, key = one.partition(":")[0].rpartition("/")
            if key not in keys or (slash and source not in every):
                what = f"is about {one!r}, which none of what its pods read has"
                yield Finding(f"{where}: workloads.{field}", what, f"Use one of {', '.join(sorted(keys)) or 'none'}")
