"""One version of a chart as snapshots for a replay: for each workload what its pods read, and what Helm would do."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from ..configuration.content import Content
from ..formats.yaml_edits import REMOVED, Edit
from ..kubernetes.manifest_edits import edited_plain
from ..replay.transitions import Snapshot
from ..rules.conventions import claims
from ..rules.objects import KubernetesObject
from .others import others
from .reading import Reading, Readings
from .stream import read_stream, title
from .transform import Refused

NO_CHECKSUM = "none"
"""What stands for the checksum of a workload without one: it never changes."""


def snapshots(text: bytes, name: str, date: str) -> dict[str, Snapshot]:
    """
    Return kind and name -> snapshot of each workload of rendered manifests that reads a ConfigMap of theirs.

    A key that pods do not read is not in the snapshot. Several ConfigMaps are one content with keys `NAME..KEY`, which
    no single one can have: no name has two dots in a row.

    Raises:
      Refused: Something cannot be read, or is there twice.

    """
    stream = read_stream(text)
    readings = Readings(stream)
    every: dict[str, tuple[KubernetesObject, Reading]] = {}
    for o in stream.workloads():
        what = f"{o.kind} {o.name}"  # a chart may begin to say the namespace, and it is the same workload
        every[title(o) if what in every else what] = o, readings.of(o)
    if findings := [*stream.findings, *readings.findings]:
        raise Refused(findings)
    return {
        what: Snapshot(
            name,
            _content(reading.contents),
            date,
            rest={"metadata": {"name": str(o.name), "objects": _metadata(reading)}},
            helm_checksum=" ".join(claim.value for claim in claims(o) if claim.value) or NO_CHECKSUM,
            template=_template(o, reading),
        )
        for what, (o, reading) in every.items()
        if reading.contents
    }


def _metadata(reading: Reading) -> Mapping[str, Any]:
    return {name: reading.objects["ConfigMap", name].get("metadata") for name in reading.contents}


def _content(contents: Mapping[str, Content]) -> Content:
    data, binary, formats = dict[str, bytes](), dict[str, bytes](), dict[str, str]()
    for name, content in contents.items():
        prefix = f"{name}.." if len(contents) > 1 else ""
        data |= {f"{prefix}{key}": value for key, value in content.data.items() if key not in content.unread}
        binary |= {f"{prefix}{key}": value for key, value in content.binary_data.items() if key not in content.unread}
        formats |= {f"{prefix}{key}": form for key, form in content.formats.items()}
    return Content(data, binary, formats)


def _template(o: KubernetesObject, reading: Reading) -> str:
    """Return the digest of a pod template without the hashes in it."""
    edits = [Edit(other.path, REMOVED) for other in others(reading) if other.path]
    template = edited_plain(json.loads(json.dumps(o.value, default=str)), edits)
    for step in o.template:
        template = template[step]
    return hashlib.sha256(json.dumps(template, sort_keys=True).encode()).hexdigest()
