"""
Which objects come before which: namespaces, definitions of kinds, what pods need to start, and what the objects say.

What waits for pods, such as a Service or a PersistentVolumeClaim, comes before none of them.
Source: cli-utils pkg/object/graph `DependencyGraph`, by which helm.v4.Chart orders its objects.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from ..arguments.finding import Finding
from ..rules.objects import WITH_PODS, KubernetesObject
from ..transform.stream import title
from .items import Item
from .scope import CRD

Key = tuple[str, str, str, str]
"""Group, kind, namespace and name."""

DEPENDS_ON = "config.kubernetes.io/depends-on"
"""Annotation that lists `GROUP/namespaces/NAMESPACE/KIND/NAME` or `GROUP/KIND/NAME`, separated by commas."""


def order(items: Sequence[Item]) -> tuple[list[Item], dict[Key, list[Key]], list[Finding]]:
    """Return the items in an order that fits, item -> those that it comes after, and what makes that impossible."""
    by_key = {item.key: item for item in items}
    definitions = {
        (str(item.of.get("spec", "group")), str(item.of.get("spec", "names", "kind"))): item.key
        for item in items
        if item.of.kind == CRD
    }
    after: dict[Key, list[Key]] = {}
    findings: list[Finding] = []
    for item in items:
        namespace = ("", "Namespace", "", item.key[2])
        wanted = [namespace, definitions.get(item.key[:2]), *_for_pods(item.of, item.key[2])]
        explicit, wrong = _explicit(item, by_key)
        findings += wrong
        its = dict.fromkeys(key for key in [*wanted, *explicit] if key in by_key and key != item.key)
        after[item.key] = [key for key in its if key]
    try:
        sorted_keys = [*TopologicalSorter(after).static_order()]
    except CycleError as error:
        names = " -> ".join(title(by_key[key].of) for key in error.args[1])
        return (
            [],
            {},
            [*findings, Finding(DEPENDS_ON, f"makes objects wait for each other: {names}", "Break the circle")],
        )
    return [by_key[key] for key in sorted_keys], {key: after[key] for key in sorted_keys}, findings


def _for_pods(o: KubernetesObject, namespace: str) -> Iterator[Key]:
    """Yield what pods need before they start and what waits for no pod."""
    if o.kind not in WITH_PODS or not isinstance(spec := o.pod_spec, Mapping):
        return
    for reference in o.references:
        yield "", reference.kind, namespace, str(reference.name)
    yield (
        "",
        "ServiceAccount",
        namespace,
        str(spec.get("serviceAccountName") or spec.get("serviceAccount") or "default"),
    )
    if priority := spec.get("priorityClassName"):
        yield "scheduling.k8s.io", "PriorityClass", "", str(priority)
    if runtime := spec.get("runtimeClassName"):
        yield "node.k8s.io", "RuntimeClass", "", str(runtime)


def _explicit(item: Item, known: Iterable[Key]) -> tuple[list[Key], list[Finding]]:
    """Return the objects that an object says it comes after."""
    text = item.of.texts("metadata", "annotations").get(DEPENDS_ON)
    keys, findings = list[Key](), list[Finding]()
    for one in text.split(",") if isinstance(text, str) else ():
        parts = one.strip().split("/")
        if len(parts) == 5 and parts[1] == "namespaces":
            keys.append((parts[0], parts[3], parts[2], parts[4]))
        elif len(parts) == 3:
            keys.append((parts[0], parts[1], "", parts[2]))
        if not keys or keys[-1] not in known:
            what = f"says it comes after {one.strip()!r}, which is not among the manifests"
            findings.append(Finding(f"{item.of.place}: {title(item.of)}: {DEPENDS_ON}", what, "Correct it"))
    return keys, findings
