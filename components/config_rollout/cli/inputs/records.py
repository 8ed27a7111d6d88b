"""Reads the audit records of rollouts: from the cluster, where each workload has its own, or from JSON lines."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ...cluster.client import Cluster, Object
from ...core.arguments.fields import check_name
from ...core.arguments.finding import Finding
from ...core.audit.record import AuditRecord, parse_records
from ...core.kubernetes.annotations import OURS
from ...core.kubernetes.workload_kinds import DAEMON_SET, KINDS, WorkloadName
from ...core.revisions.naming import HISTORY_KEY, history_name
from ..errors import Trouble
from .files import read_limited

_LABELS = ",".join(f"{key}={value}" for key, value in OURS.items())
"""Of the ConfigMaps that hold records, beside their kind's; those that hold a configuration may have them too."""

MAX_BYTES = 256 * 1024 * 1024
"""The largest file of records that is read."""


@dataclass
class RolloutRecords:
    """
    What was read.

    `rollouts` is workload -> its records, the oldest first; `findings` is what is wrong with the records that are left
    out.
    """

    rollouts: dict[WorkloadName, list[AuditRecord]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    @property
    def code(self) -> int:
        """The exit code of a command that did its work with what could be read: 2 if something could not."""
        return 2 if self.findings else 0

    def add(self, text: str, where: str) -> None:
        """Add the records of a text."""
        records, findings = parse_records(text, where)
        self.findings += findings
        if not (records or findings):
            self.findings.append(Finding(where, "contains no record of a rollout", "The first rollout writes one"))
        for record in records:
            wrong = [
                *check_name(f"{where}: namespace of a record", record.namespace),
                *check_name(f"{where}: name of a record", record.name),
            ]
            self.findings += wrong
            if not wrong:
                self.rollouts.setdefault(record.workload, []).append(record)


def from_cluster(cluster: Cluster, one: WorkloadName | None, namespace: str = "") -> RolloutRecords:
    """
    Return the records of a workload, or of all of a namespace, or where that is empty of the cluster, that have some.

    Raises:
      ClusterError: They cannot be read.
      Trouble: There are none.

    """
    records = RolloutRecords()
    for config_map in [_config_map(cluster, one)] if one else _config_maps(cluster, namespace):
        namespace, name = config_map["metadata"]["namespace"], config_map["metadata"]["name"]
        where = f"ConfigMap {namespace}/{name}"
        data: Mapping[str, str] = config_map.get("data") or {}
        if HISTORY_KEY in data:
            records.add(data[HISTORY_KEY], where)
        else:
            records.findings.append(
                Finding(where, f"has no key '{HISTORY_KEY}'", "Delete it: the next rollout recreates it")
            )
    return records


def _config_maps(cluster: Cluster, namespace: str) -> Iterable[Object]:
    labelled = cluster.list("configmaps", namespace, _LABELS)
    labels = {kind: kind.label for kind in KINDS.values()}
    config_maps = [
        one
        for one in labelled
        for kind, label in labels.items()
        if one["metadata"]["name"] == history_name(one["metadata"]["labels"].get(label, ""), kind)
    ]
    if not config_maps:
        within = f"namespace {namespace}: " if namespace else ""
        raise Trouble(
            f"{cluster.server}: {within}has no history: there is no ConfigMap '{history_name('NAME')}' with the label "
            f"'{DAEMON_SET.label}: NAME', nor one of another kind. The first rollout of this library writes one."
        )
    return config_maps


def _config_map(cluster: Cluster, of: WorkloadName) -> Object:
    called = history_name(of.name, of.kind)
    one = cluster.get("configmaps", called, of.namespace)
    if one is None:
        raise Trouble(
            f"{of}: has no history: there is no ConfigMap '{called}' on {cluster.server}. "
            "Correct the name, or wait for its first rollout."
        )
    return one


def from_file(path: str) -> RolloutRecords:
    """
    Return the records in a file of JSON lines, `-` for standard input.

    Raises:
      Trouble: It cannot be read, or holds none.

    """
    place, fix = f"--from: {path}", "Pass a file of JSON lines, or '-'"
    text = read_limited(path, MAX_BYTES, place, fix, "Remove its oldest lines")
    if not text.strip():
        raise Trouble(f"{place}: contains no record of a rollout. Pass a file of JSON lines.")
    records = RolloutRecords()
    records.add(text.decode(errors="replace"), path)
    return records
