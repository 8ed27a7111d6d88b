"""The objects of a stream of rendered manifests, and everything that keeps it from being transformed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from ..arguments.finding import Finding
from ..kubernetes.manifest_text import Document
from ..rules.gaps import INVALID, NO_OBJECT, PART, TEMPLATE, Gap
from ..rules.manifest import Manifest, Place, parse_manifest
from ..rules.objects import CONFIGURATION, WITH_PODS, WORKLOADS, KubernetesObject, Objects

HOOK = "helm.sh/hook"
"""The annotation of what Helm creates and deletes by itself. Source: Helm, "Chart Hooks"."""

RESOURCE_LIST = "ResourceList"
"""The kind that wraps the objects for a function. Source: kustomize, "KRM Functions Specification"."""

_HELM_4_FILE = "postrenderer.helm.sh/postrender-filename"
"""Where Helm 4 says which template an object is from. Source: helm 4 pkg/action/action.go `filenameAnnotation`."""

_WHY = {
    TEMPLATE: ("has template syntax", "Render it first"),
    INVALID: ("cannot be read", "Correct it"),
    NO_OBJECT: ("is not a Kubernetes object", "Pass rendered manifests"),
}


@dataclass(frozen=True)
class Stream:
    """
    The objects of the kinds that have pods, or that pods read.

    An object without a namespace has that of all others, if these name only one. `resource_list` is the document that
    wraps the objects, if one does.
    """

    objects: Objects
    resource_list: Document | None = None
    findings: list[Finding] = field(default_factory=list)

    def workloads(self) -> Iterator[KubernetesObject]:
        """Yield those whose pods are replaced when their template changes."""
        return (o for o in self.objects.kind(*WORKLOADS) if not o.patch)

    def with_pods(self) -> Iterator[KubernetesObject]:
        """Yield everything that has a pod spec."""
        return (o for o in self.objects.kind(*WITH_PODS) if not o.patch)


def read_stream(text: bytes) -> Stream:
    """Return the objects of a text, with a finding for all that is wrong with it."""
    manifest = Manifest()
    parse_manifest("line", text, manifest)
    objects = list(_placed(manifest.objects))
    gaps = [gap for gap in manifest.gaps if gap.reason is not PART]
    findings = [unreadable(replace(gap, where=gap.where.replace(":", " "))) for gap in gaps]
    findings += [*left_templates(objects), *_twice(objects)]
    return Stream(Objects.of(objects), _resource_list(objects), findings)


def unreadable(gap: Gap) -> Finding:
    """Return the finding on a document that is none of a Kubernetes object."""
    what, fix = _WHY[gap.reason]
    return Finding(gap.where, f"{what} ({gap.detail})" if gap.detail else what, fix)


def title(o: KubernetesObject) -> str:
    """Return how messages name an object, with its namespace if the manifest says it."""
    namespace = o.get("metadata", "namespace")
    return f"{o.kind} {f'{namespace}/' if namespace else ''}{o.name or '(generated name)'}"


def place_of(o: KubernetesObject) -> Place:
    """Return where an object of the stream is."""
    assert isinstance(o.place, Place)
    return o.place


def line_of(o: KubernetesObject) -> str:
    """Return where an object is, for a message: the line of its document, and its position in a list."""
    if isinstance(o.place, str):
        return o.place
    place = place_of(o)
    steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place.item)
    return f"line {place.line}{f', {steps.lstrip(chr(46))}' if steps else ''}"


def is_hook(o: KubernetesObject) -> bool:
    """Return whether Helm creates and deletes an object apart from its release."""
    return HOOK in o.texts("metadata", "annotations")


def earlier_names(o: KubernetesObject) -> list[str]:
    """
    Return the names that kustomize's references still have for an object, when it runs a function.

    It changes them when all functions have run. Source: kustomize api/internal/utils/annotations.go.
    """
    names = o.texts("metadata", "annotations").get("internal.config.kubernetes.io/previousNames")
    return names.split(",") if isinstance(names, str) else []


def _placed(objects: Iterable[KubernetesObject]) -> Iterator[KubernetesObject]:
    """Yield the objects with the namespace that they end up in, and the template that they are from."""
    objects = list(objects)
    namespaces = {str(namespace) for o in objects if (namespace := o.get("metadata", "namespace"))}
    shared = namespaces.pop() if len(namespaces) == 1 else None
    for o in objects:
        file = o.template_file or str(o.texts("metadata", "annotations").get(_HELM_4_FILE, ""))
        metadata = o.texts("metadata")
        if shared and not metadata.get("namespace"):
            o = replace(o, value={**o.value, "metadata": {**metadata, "namespace": shared}})
        yield replace(o, template_file=file)


def left_templates(objects: Iterable[KubernetesObject]) -> Iterator[Finding]:
    """Find names that are still templates: quoted, they are valid YAML."""
    for o in objects:
        names = [("metadata.name", o.name), *((o.in_template("spec", r.where), r.name) for r in o.references)]
        for where, name in names:
            if isinstance(name, str) and "{{" in name:
                yield Finding(
                    f"{line_of(o)}: {o.kind}: {where}", f"has template syntax (got {name!r})", "Render it first"
                )


def _twice(objects: Iterable[KubernetesObject]) -> Iterator[Finding]:
    """Find an object that is there twice; Helm 4 sends what hooks create in the same stream."""
    first: dict[tuple[str, str, object], KubernetesObject] = {}
    for o in objects:
        if o.kind in (*CONFIGURATION, *WORKLOADS) and o.name and not o.patch and not is_hook(o):
            known = first.setdefault((o.kind, str(o.namespace), o.name), o)
            if known is not o:
                yield Finding(f"{line_of(o)}: {title(o)}", f"is also on {line_of(known)}", "Keep one of them")


def _resource_list(objects: Iterable[KubernetesObject]) -> Document | None:
    for o in objects:
        place = place_of(o)
        if place.document and place.item[:1] == ("items",) and place.document.kinds == {RESOURCE_LIST}:
            return place.document
    return None
