"""Reads the audit records of rollouts: from the cluster, where each DaemonSet has its own, or from JSON lines."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ...cluster.client import Cluster, Object
from ...core.arguments.fields import check_name
from ...core.arguments.finding import Finding
from ...core.audit.record import AuditRecord, parse_records
from ...core.kubernetes.annotations import DAEMON_SET_LABEL, OURS
from ...core.revisions.naming import HISTORY_KEY, history_name
from ..errors import Trouble
from .files import read_limited

_LABELS = ",".join([*(f"{key}={value}" for key, value in OURS.items()), DAEMON_SET_LABEL])
"""Of the ConfigMaps that hold records; those that hold a configuration may have them too."""

MAX_BYTES = 256 * 1024 * 1024
"""The largest file of records that is read."""


@dataclass
class RolloutRecords:
    """
    What was read.

    `rollouts` is NAMESPACE/NAME -> the records of that DaemonSet, the oldest first; `findings` is what is wrong with
    the records that are left out.
    """

    rollouts: dict[str, list[AuditRecord]] = field(default_factory=dict)
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
                self.rollouts.setdefault(f"{record.namespace}/{record.name}", []).append(record)


def from_cluster(cluster: Cluster, daemon_set: tuple[str, str] | None) -> RolloutRecords:
    """
    Return the records of a DaemonSet (namespace and name), or of all that have some.

    Raises:
      ClusterError: They cannot be read.
      Trouble: There are none.

    """
    records = RolloutRecords()
    for config_map in _config_maps(cluster, daemon_set):
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


def _config_maps(cluster: Cluster, daemon_set: tuple[str, str] | None) -> Iterable[Object]:
    if daemon_set is None:
        labelled = cluster.list("configmaps", labels=_LABELS)
        config_maps = [one for one in labelled if one["metadata"]["name"] == history_name(_daemon_set(one))]
        if not config_maps:
            raise Trouble(
                f"{cluster.server}: has no history: there is no ConfigMap '{history_name('NAME')}' with the label "
                f"'{DAEMON_SET_LABEL}: NAME'. The first rollout of this library writes one."
            )
        return config_maps
    namespace, name = daemon_set
    one = cluster.get("configmaps", history_name(name), namespace)
    if one is None:
        raise Trouble(
            f"{namespace}/{name}: has no history: there is no ConfigMap '{history_name(name)}' on {cluster.server}. "
            "Correct the name, or wait for its first rollout."
        )
    return [one]


def _daemon_set(config_map: Object) -> str:
    return str(config_map["metadata"]["labels"][DAEMON_SET_LABEL])


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
