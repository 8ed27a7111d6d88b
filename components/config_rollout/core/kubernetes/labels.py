"""Labels and annotations of objects and of pods, and the selector by which a workload finds its pods."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..arguments.fields import check_text_map
from ..arguments.finding import Finding
from .annotations import CONFIG_HASH_ANNOTATION
from .workloads import name_of

MAX_ANNOTATION_BYTES = 256 * 1024
"""The most that all annotations of an object may hold, keys and values together."""

_SUBDOMAIN = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_NAME = re.compile(r"(?=.{1,63}\Z)[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
_CHARACTERS = "at most 63 letters, digits, '-', '_' and '.', a letter or digit first and last"


def check_labels(where: str, labels: object) -> Iterator[Finding]:
    """Find labels that the API server refuses. Source: apimachinery `IsQualifiedName`, `IsValidLabelValue`."""
    yield from check_text_map(where, labels)
    for key, value in labels.items() if isinstance(labels, Mapping) else ():
        if not _is_qualified(str(key)):
            yield _not_a_key(where, key, "a label")
        if isinstance(value, str) and value and not _NAME.fullmatch(value):
            yield Finding(f"{where}[{key!r}]", f"is not a valid label value (got {value!r})", f"Use {_CHARACTERS}")


def check_pod_annotations(annotations: object) -> Iterator[Finding]:
    """
    Find annotations of the pods that the API server refuses, and the one that is the component's.

    Source: apimachinery `ValidateAnnotations`: keys in lower case are qualified names, all together have 256 KiB.
    """
    where = "pod_annotations"
    yield from check_text_map(where, annotations)
    if not isinstance(annotations, Mapping):
        return
    if CONFIG_HASH_ANNOTATION in annotations:
        yield Finding(f"{where}['{CONFIG_HASH_ANNOTATION}']", "is reserved for the config hash", "Leave it out")
    yield from (_not_a_key(where, key, "an annotation") for key in annotations if not _is_qualified(str(key).lower()))
    texts = [text for item in annotations.items() for text in item if isinstance(text, str)]
    if (size := sum(len(text.encode(errors="replace")) for text in texts)) > MAX_ANNOTATION_BYTES:
        what = f"has {size:,} bytes in total; an object may have at most {MAX_ANNOTATION_BYTES:,}"
        yield Finding(where, what, "Move long texts to `data`")


def _is_qualified(key: str) -> bool:
    prefix, slash, name = key.rpartition("/")
    return bool(_NAME.fullmatch(name)) and (not slash or bool(_SUBDOMAIN.fullmatch(prefix)))


def _not_a_key(where: str, key: object, of: str) -> Finding:
    fix = f"Use {_CHARACTERS}; a domain and '/' may come first"
    return Finding(f"{where}[{key!r}]", f"is not a valid key of {of}", fix)


def check_selector(selector: object, pod_labels: object) -> Iterator[Finding]:
    """Find a selector that is empty or not known in preview, and pod labels that contradict it."""
    if selector == {}:
        yield Finding("selector", "is empty", "Pass the labels of its pods, or leave it out")
    for key, value in selector.items() if isinstance(selector, Mapping) else ():
        if not isinstance(value, str):
            yield Finding(f"selector[{key!r}]", "must be known in preview", "Pass a plain str")
        elif isinstance(pod_labels, Mapping) and pod_labels.get(key, value) != value:
            what = f"differs from the selector's {value!r}"
            yield Finding(f"pod_labels[{key!r}]", what, "Leave it out, or change `selector`")


def check_live_selector(selector: Mapping[str, str], workload: Mapping[str, Any]) -> list[Finding]:
    """
    Find a live workload with a different selector, which is immutable: it would be deleted and recreated.

    Source: kubernetes 1.36 `ValidateDaemonSetUpdate`; pulumi-kubernetes 4.25 provider/diff.go, `.spec.selector`.
    """
    live = workload["spec"]["selector"]
    labels, expressions = live.get("matchLabels") or {}, live.get("matchExpressions")
    if labels == selector and not expressions:
        return []
    what = f"{name_of(workload)} has {live if expressions else labels}, which cannot be changed"
    fix = "Use another `name`" if expressions else f"Pass selector={labels}, or another `name`"
    return [Finding("selector", what, fix)]
