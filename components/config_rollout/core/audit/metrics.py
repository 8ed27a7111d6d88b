"""What the records of rollouts say as metrics: names, helps, labels and values, in Prometheus' conventions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..kubernetes.workload_kinds import WorkloadName
from .record import RESULTS, AuditRecord, moment


@dataclass(frozen=True)
class Metric:
    """
    A gauge, and its samples: labels and value.

    All are gauges: a text of gauges without timestamps means the same in OpenMetrics and in Prometheus' older text
    format, which is what node-exporter reads. Source: node_exporter 1.9 collector/textfile.go `processFile`.
    """

    name: str
    help: str
    samples: tuple[tuple[Mapping[str, str], float], ...]


def labels_of(workload: WorkloadName) -> dict[str, str]:
    """Return the labels of a workload's metrics: `namespace`, and its name under the kind, as `deployment`."""
    return {"namespace": workload.namespace, workload.kind.key: workload.name}


def metrics(rollouts: Mapping[WorkloadName, Sequence[AuditRecord]], hashes: Mapping[WorkloadName, str]) -> list[Metric]:
    """
    Return the metrics of the last rollout of each workload.

    Args:
      rollouts: Workload -> its records, the oldest first.
      hashes: Workload -> the config hash that its pod template has now, as far as that was read from the cluster; else
        it is what the last rollout left.

    """
    last = {name: records[-1] for name, records in rollouts.items() if records}
    labels = {name: labels_of(name) for name in last}

    def each(values: Mapping[WorkloadName, float]) -> tuple[tuple[Mapping[str, str], float], ...]:
        return tuple((labels[name], float(value)) for name, value in values.items())

    return [
        Metric(
            "config_rollout_last_rollout_timestamp_seconds",
            "When the last rollout of the workload ended, as Unix time.",
            each({name: moment(one.ended).timestamp() for name, one in last.items()}),
        ),
        Metric(
            "config_rollout_last_rollout_duration_seconds",
            "How long the last rollout took.",
            each({name: one.seconds for name, one in last.items()}),
        ),
        Metric(
            "config_rollout_last_rollout_restarts",
            "How many pods the last rollout restarted, those that it took back included.",
            each({name: one.restarts for name, one in last.items()}),
        ),
        Metric(
            "config_rollout_last_rollout_result",
            "How the last rollout ended: 1 for its result, 0 for the others.",
            tuple(
                ({**labels[name], "result": result}, float(one.result == result))
                for name, one in last.items()
                for result in RESULTS
            ),
        ),
        Metric(
            "config_rollout_config_info",
            "The config hash in the pod template of the workload; the value is always 1.",
            tuple(({**labels[name], "config_hash": hashes.get(name) or left(one)}, 1.0) for name, one in last.items()),
        ),
    ]


def left(record: AuditRecord) -> str:
    """Return the config hash of the pod template that a rollout left: the previous one, if it was taken back."""
    return record.old_hash if record.result == "restored" else record.new_hash
