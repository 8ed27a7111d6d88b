"""
The hash of a ConfigMap's meaning in the pod templates of a manifest: which annotation holds it, and how it is written.

It is the config hash that the components use, over all keys of one ConfigMap, so anyone can check it:
`kubectl get configmap NAME -o yaml | config-rollout hash -`. A Secret is never hashed, because anyone could test
guesses against a public hash.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..kubernetes.annotations import CONFIG_HASH_ANNOTATION, HASHES_ANNOTATION
from .conventions import held
from .objects import KubernetesObject
from .placeholders import placeholders

if TYPE_CHECKING:
    from ..formats.yaml_places import Path
    from ..kubernetes.manifest_text import Document

_MOST = 63
"""The maximum length of an annotation's name. Source: apimachinery `IsQualifiedName`."""


class NotHashed(Exception):
    """Why a ConfigMap or a workload gets no hash; the message is a sentence without its full stop."""


def meaning_hash(config_map: KubernetesObject) -> str:
    """
    Return the config hash of a ConfigMap in a manifest.

    Raises:
      NotHashed: It has placeholders, or the API server would reject it.

    """
    from ..configuration.content import parse_content  # takes longer to import than most stacks to check
    from ..configuration.digest import config_hash
    from ..configuration.read_as import read_as

    title = f"ConfigMap '{config_map.name}'"
    form, wrong = read_as(config_map.value)
    data, binary = config_map.texts("data"), config_map.texts("binaryData")
    for where, text in placeholders(data, "data"):
        raise NotHashed(f"{title}: {where}: contains a placeholder (got {text.strip()[:40]!r})")
    content, findings = parse_content(
        data, binary, form and form.formats, form and form.effects, form and form.text_version
    )
    for finding in (*wrong, *findings):
        raise NotHashed(f"{title}: {finding.where}: {finding.what}")
    return config_hash(content)


def annotation_for(name: str, workload: KubernetesObject, alone: bool) -> str:
    """
    Return the annotation for a ConfigMap: `checksum/config` if the pods read no other, else one with its name.

    Raises:
      NotHashed: The name is too long, or the annotation already exists.

    """
    key = CONFIG_HASH_ANNOTATION if alone else f"checksum/{name}"
    if len(key.partition("/")[2]) > _MOST:
        raise NotHashed(
            f"ConfigMap '{name}': the name is too long for an annotation, which has at most {_MOST} characters"
        )
    if key in workload.of_template("annotations"):
        raise NotHashed(f"the pod template already has an annotation '{key}'")
    return key


@dataclass(frozen=True)
class Hashes:
    """The hashes of a workload: annotation of the pod template -> ConfigMap and its hash."""

    workload: KubernetesObject
    by_annotation: Mapping[str, tuple[str, str]]

    def texts(self) -> "Iterator[tuple[Path, str]]":
        """Yield path and text of each annotation that is missing or out of date, in the workload."""
        template, known = self.workload.of_template("annotations"), held(self.workload)
        for key, (_, digest) in self.by_annotation.items():
            if template.get(key) != digest:
                yield (*self.workload.template, "metadata", "annotations", key), digest
        every = known | {key: name for key, (name, _) in self.by_annotation.items()}
        if every != known:
            yield (
                ("metadata", "annotations", HASHES_ANNOTATION),
                ",".join(f"{key}={name}" for key, name in every.items()),
            )


def write_hashes(document: "Document", every: "Sequence[tuple[Path, Hashes]]") -> bytes:
    """
    Return the text of a document with the hashes of its workloads; everything else is unchanged.

    Args:
      document: The document that holds the workloads.
      every: Path of each workload, empty unless the document is a list, and its hashes.

    Raises:
      NotHashed: An edit would also change something else.

    """
    from ..formats.yaml_edits import Edit, NotEdited
    from ..kubernetes.manifest_edits import write

    try:
        return write(document, [Edit((*item, *path), text) for item, one in every for path, text in one.texts()])
    except NotEdited as why:
        raise NotHashed(f"it {why}") from None
