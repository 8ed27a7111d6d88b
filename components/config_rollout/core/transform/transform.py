"""Transforms a stream of manifests: all of it, or nothing where something is wrong with it."""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from ..arguments.finding import Finding
from ..formats.yaml_edits import Edit, NotEdited
from ..kubernetes.manifest_edits import edited_value, write
from ..kubernetes.manifest_text import Document
from ..rules.labels import Selecting
from ..rules.objects import KubernetesObject
from . import naming
from .hashing import Changes, hashed, left_out
from .reading import Readings
from .stream import Stream, place_of, read_stream, title


class Refused(Exception):
    """Everything that keeps a stream from being transformed, as findings."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(findings)
        self.findings = findings


@dataclass(frozen=True)
class Note:
    """What to know about one object of the stream."""

    of: KubernetesObject
    text: str

    def __str__(self) -> str:
        return f"{title(self.of)}: {self.text}"


@dataclass
class Transformed:
    """The new text, and what to know about it."""

    text: bytes
    notes: list[Note] = field(default_factory=list)


def transform(text: bytes, by_content: bool = False, without: Collection[str] = ()) -> Transformed:
    """
    Return the manifests with the hash of what pods read in each pod template.

    Args:
      text: YAML documents, JSON, Lists of objects, or a ResourceList.
      by_content: Whether ConfigMaps are named after their content, in place of a hash.
      without: Labels and annotations that are left out of pod templates.

    Raises:
      Refused: Something cannot be read, is there twice, or would be rejected by the API server.

    """
    stream = read_stream(text)
    if stream.findings:
        raise Refused(stream.findings)
    readings = Readings(stream)
    every, findings = _changes(stream, readings, by_content, without)
    if findings := [*readings.findings, *findings]:
        raise Refused(list(dict.fromkeys(findings)))
    notes = [Note(one.of, note) for one in every for note in one.notes]
    notes += [Note(of, what) for of, what in readings.notes]
    return _written(text, stream, every, notes)


def _changes(
    stream: Stream, readings: Readings, by_content: bool, without: Collection[str]
) -> tuple[list[Changes], list[Finding]]:
    """Return what becomes of each object that changes, and what prevents it."""
    names = naming.content_names(stream, readings) if by_content else {}
    findings = list(naming.too_long(stream, names))
    every = [naming.named(o, names[id(o)]) for o in stream.objects.kind("ConfigMap") if id(o) in names]
    workloads = {id(o) for o in stream.workloads()}
    selecting = Selecting(stream.objects)
    for o in stream.with_pods():
        new = naming.renamed(o, readings, names)
        changes = hashed(readings.of(o), new) if id(o) in workloads else Changes(o)
        changes.edits += naming.followed(o, new)
        if by_content:
            changes.notes += naming.secrets(o, readings)
        gone = {edit.path for edit in changes.edits}
        for one in left_out(o, without, selecting) if id(o) in workloads else ():
            if isinstance(one, Finding):
                findings.append(one)
            elif one.path not in gone:
                changes.edits.append(one)
        every.append(changes)
    return every, findings


def _written(text: bytes, stream: Stream, every: Iterable[Changes], notes: list[Note]) -> Transformed:
    """Return the text with each document edited, from the last one to the first."""
    edits: dict[int, tuple[Document, list[Edit]]] = {}
    for changes in every:
        place = place_of(changes.of)
        assert place.document
        if changes.edits:
            of_document = edits.setdefault(place.document.offset, (place.document, []))[1]
            of_document += [Edit((*place.item, *edit.path), edit.value) for edit in changes.edits]
    if (document := stream.resource_list) and (results := _results(document, notes)):
        edits.setdefault(document.offset, (document, []))[1].append(Edit(("results",), results))
    for offset, (document, its) in sorted(edits.items(), reverse=True):
        try:
            new = write(document, its)
        except NotEdited as why:
            new = _as_json(document, its)
            notes += [
                Note(one, f"is written as JSON, without comments, because its text {why}")
                for one in _in(stream, document)
            ]
        text = text[:offset] + new + text[offset + len(document.text) :]
    return Transformed(text, notes)


def _in(stream: Stream, document: Document) -> list[KubernetesObject]:
    return [o for o in stream.objects.all if (at := place_of(o).document) and at.offset == document.offset][:1]


def _as_json(document: Document, edits: list[Edit]) -> bytes:
    """Return a document whose text cannot be edited; JSON is YAML that every reader reads the same."""
    value = json.dumps(edited_value(document, edits), indent=2, ensure_ascii=False)
    return f"\n{value}\n".encode()


def _results(document: Document, notes: Iterable[Note]) -> list[object]:
    """
    Return the results of a function with the notes; none if it has them all.

    Source: kustomize, "KRM Functions Specification", `results`.
    """
    known = document.value().get("results")
    results: list[object] = list(known) if isinstance(known, list) else []
    for note in notes:
        metadata = {key: note.of.get("metadata", key) for key in ("name", "namespace") if note.of.get("metadata", key)}
        about = {"apiVersion": note.of.get("apiVersion"), "kind": note.of.kind, **metadata}
        result = {"message": note.text, "severity": "info", "resourceRef": about}
        if result not in results:
            results.append(result)
    return results if results != (known or []) else []
