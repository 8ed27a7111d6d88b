"""The ConfigMap in a manifest, as kubectl and the API server take it, and the kube-proxy configuration in a file."""

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ...core.arguments.finding import Finding, report
from ...core.arguments.nearest import did_you_mean
from ...core.formats.meaning import NotUnderstood
from ...core.kinds import KUBE_PROXY
from ...core.kubernetes.manifest_text import Document, documents, is_of_a_program
from ..errors import Trouble

_TEMPLATE = "it has template syntax"
_FIELDS = ("apiVersion", "kind", "metadata", "data", "binaryData", "immutable")
_HALF_OF_A_PAIR = re.compile("[\ud800-\udfff]")


def config_map_in(path: str, text: bytes, name: str | None) -> Mapping[str, Any] | None:
    """
    Return the ConfigMap that a manifest holds, the one of that name if there is one; `None` for other text.

    Its `data` is text and its `binaryData` base64, as the API server takes them.

    Raises:
      Trouble: The text is a manifest, and kubectl or the API server would refuse the ConfigMap, or there is none.

    """
    if b"apiVersion" not in text:
        return None
    config_maps, unread, kinds = [], [], set[str]()
    for document in documents(text):
        try:
            items = list(_items(document.value())) if document.line else []
        except NotUnderstood as error:
            if document.seems_kubernetes:
                unread.append((document, _TEMPLATE if b"{{" in document.text else str(error)))
            continue
        objects = [item for item in items if _is_kubernetes(item)]
        kinds |= {_shown(item["kind"]) for item in objects}
        config_maps += [(document, item) for item in objects if item["kind"] == "ConfigMap"]
    if not config_maps and not unread and not kinds:
        return None
    chosen = [(document, item) for document, item in config_maps if name in (None, _name(item))]
    for document, why in unread if name is None or not chosen else ():
        if not document.kinds or any(kind == "ConfigMap" or kind.endswith("List") for kind in document.kinds):
            fix = "Render it first" if why == _TEMPLATE else "Correct it"
            raise Trouble(f"{path}: is not a readable manifest: {why}. {fix}.")
    return _checked(path, *_one(path, config_maps, chosen, kinds, name))


def own_document(path: str, text: bytes) -> tuple[bytes, str]:
    """
    Return the KubeProxyConfiguration of a file that has other documents too, as kubeadm's, and a sentence about it.

    Raises:
      Trouble: There are several.

    """
    if KUBE_PROXY.encode() not in text:
        return text, ""
    every = [document for document in documents(text) if document.line]
    ours = [document for document in every if document.is_kube_proxy]
    if len(every) < 2 or not ours:
        return text, ""
    if len(ours) > 1:
        lines = ", ".join(str(document.line) for document in ours)
        raise Trouble(f"{path}: contains {len(ours)} KubeProxyConfigurations (lines {lines}). Keep one in the file.")
    what = f"contains {len(every)} documents; only the KubeProxyConfiguration on line {ours[0].line} counts"
    return ours[0].text, f"{path}: {what}."


def _is_kubernetes(value: Any) -> bool:
    """Tell whether a value is a Kubernetes object, and not a program's configuration file that only looks like one."""
    if not isinstance(value, Mapping) or not {"apiVersion", "kind"} <= value.keys():
        return False
    version, kind = str(value["apiVersion"]), str(value["kind"])
    return not is_of_a_program(version, kind) and (kind == "ConfigMap" or isinstance(value.get("metadata"), Mapping))


def _items(document: Any) -> Iterator[Any]:
    """Yield the items of a List, or the object itself; the items of a list of one kind may leave the kind out."""
    if not isinstance(document, Mapping) or not str(document.get("kind", "")).endswith("List"):
        yield document
        return
    items, kind = document.get("items"), str(document["kind"]).removesuffix("List")
    head = {"apiVersion": document.get("apiVersion"), "kind": kind} if kind else {}
    for item in items if isinstance(items, list) else ():
        yield {**head, **item} if isinstance(item, Mapping) else item


_Found = tuple[Document, Mapping[str, Any]]


def _one(path: str, config_maps: list[_Found], chosen: list[_Found], kinds: set[str], name: str | None) -> _Found:
    """Return the one ConfigMap that is meant, and its document."""
    names = sorted({_name(item) for _, item in config_maps})
    if not config_maps:
        got = ", ".join(sorted(kinds)) or "what cannot be read"
        raise Trouble(f"{path}: contains no ConfigMap (got {got}). Pass a manifest with one.")
    if name is None and len(names) > 1:
        raise Trouble(f"{path}: contains {len(names)} ConfigMaps ({', '.join(names)}). Choose one with --name.")
    if not chosen:
        raise Trouble(f"{path}: contains no ConfigMap '{name}' (got {', '.join(names)}). Choose one of them.")
    if len(chosen) > 1:
        called = _name(chosen[0][1])
        raise Trouble(f"{path}: contains {len(chosen)} ConfigMaps named '{called}'. Keep one in the manifest.")
    return chosen[0]


def _checked(path: str, document: Document, config_map: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a ConfigMap as the API server takes it, or refuse it with a line for each thing that it would refuse."""
    wrong = list(_check_head(document, config_map))
    sections: dict[str, dict[str, str]] = {}
    for section in ("data", "binaryData"):
        values, sections[section] = config_map.get(section), {}
        if values is not None and not isinstance(values, Mapping):
            what = f"{section}: must be a mapping (got {type(values).__name__})"
            wrong.append(Finding(_at(document, section), what, "Write key: text"))
            continue
        for key, value in (values or {}).items():
            text = _as_text(section, value)
            if text is None:
                wrong.append(_no_text(document, section, key, value))
            else:
                sections[section][str(key)] = text
    if wrong:
        raise Trouble(report(path, wrong))
    return {**config_map, **sections}


def _check_head(document: Document, config_map: Mapping[str, Any]) -> Iterator[Finding]:
    """Find what the API server refuses beside the values."""
    for field in config_map:
        if field not in _FIELDS:
            fix = did_you_mean(field, _FIELDS, "Leave it out")
            yield Finding(_at(document, str(field)), f"a ConfigMap has no field '{_shown(field)}'", fix)
    if config_map["apiVersion"] != "v1":
        what = f"the apiVersion of a ConfigMap is v1 (got {config_map['apiVersion']!r})"
        yield Finding(_at(document, "apiVersion"), what, "Write 'v1'")
    metadata = config_map.get("metadata")
    if not isinstance(metadata, Mapping) or not (metadata.get("name") or metadata.get("generateName")):
        yield Finding(_at(document), "metadata.name is required", "Add it")
    elif not isinstance(metadata.get("name", ""), str):
        what = f"metadata.name must be text (got {metadata['name']!r})"
        yield Finding(_at(document, "metadata", "name"), what, "Quote it")


def _no_text(document: Document, section: str, key: object, value: Any) -> Finding:
    line, spelled = document.at(section, str(key))
    where = f"line {line}: {section}['{_shown(key)}']"
    if isinstance(value, bool | int | float):
        kind = "a boolean" if isinstance(value, bool) else "a number"
        return Finding(where, f"must be text, but {spelled or value} is {kind}", "Quote it")
    kind = "a mapping" if isinstance(value, Mapping) else "a list"
    return Finding(where, f"must be text, not {kind}", "Write it as one text")


def _as_text(section: str, value: Any) -> str | None:
    """
    Return a value as the API server takes it, `None` for one that it refuses: null is empty.

    Source: encoding/json, into `map[string]string` and `map[string][]byte`.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return _HALF_OF_A_PAIR.sub("\ufffd", value)
    if (
        section == "binaryData"
        and isinstance(value, list)
        and all(type(one) is int and 0 <= one < 256 for one in value)
    ):
        return base64.b64encode(bytes(value)).decode()
    return None


def _at(document: Document, *path: str) -> str:
    return f"line {document.at(*path)[0] if path else document.line}"


def _name(config_map: Mapping[str, Any]) -> str:
    metadata = config_map.get("metadata")
    return _shown(metadata.get("name")) if isinstance(metadata, Mapping) else "no name"


def _shown(value: object) -> str:
    """Return a value as a sentence can hold it, on one line."""
    return text if (text := str(value)).isprintable() else repr(text)
