"""What the records of rollouts say as metrics: names, helps, labels and values, in Prometheus' conventions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..kubernetes.workload_kinds import WorkloadName
from .record import RELOAD_RESULTS, RESULTS, AuditRecord, moment
from .record import reloads as only_reloads
from .record import rollouts as only_rollouts
from .reloads import asked, not_read


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
    Return the metrics of the last rollout of each workload, and of its last reload.

    Args:
      rollouts: Workload -> its records, the oldest first.
      hashes: Workload -> the config hash that its pod template has now, as far as that was read from the cluster; else
        it is what the last rollout left.

    """
    last = {name: of[-1] for name, records in rollouts.items() if (of := only_rollouts(records))}
    reloaded = {name: of[-1] for name, records in rollouts.items() if (of := only_reloads(records))}
    every = {**reloaded, **last}
    labels = {name: labels_of(name) for name in every}

    def each(values: Mapping[WorkloadName, float]) -> tuple[tuple[Mapping[str, str], float], ...]:
        return tuple((labels[name], float(value)) for name, value in values.items())

    def results(
        of: Mapping[WorkloadName, AuditRecord], known: Sequence[str]
    ) -> tuple[tuple[Mapping[str, str], float], ...]:
        return tuple(
            ({**labels[name], "result": result}, float(one.result == result))
            for name, one in of.items()
            for result in known
        )

    of_all = [
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
            results(last, RESULTS),
        ),
        Metric(
            "config_rollout_last_reload_timestamp_seconds",
            "When the last reload of the workload ended, as Unix time.",
            each({name: moment(one.ended).timestamp() for name, one in reloaded.items()}),
        ),
        Metric(
            "config_rollout_last_reload_duration_seconds",
            "How long after the new text was written the last pod had read it; missing where one did not.",
            each(
                {
                    name: one.reload.seconds
                    for name, one in reloaded.items()
                    if one.reload and one.reload.seconds is not None
                }
            ),
        ),
        Metric(
            "config_rollout_last_reload_pods",
            "How many pods had to read the new text in the last reload.",
            each({name: asked(one) for name, one in reloaded.items()}),
        ),
        Metric(
            "config_rollout_last_reload_unread_pods",
            "How many of them did not read it.",
            each({name: not_read(one) for name, one in reloaded.items()}),
        ),
        Metric(
            "config_rollout_last_reload_result",
            "How the last reload ended: 1 for its result, 0 for the others.",
            results(reloaded, RELOAD_RESULTS),
        ),
        Metric(
            "config_rollout_config_info",
            "The config hash in the pod template of the workload; the value is always 1.",
            tuple(({**labels[name], "config_hash": hashes.get(name) or left(one)}, 1.0) for name, one in every.items()),
        ),
    ]
    return [metric for metric in of_all if metric.samples]


def left(record: AuditRecord) -> str:
    """Return the config hash of the pod template that a rollout left: the previous one, if it was taken back."""
    return record.old_hash if record.result == "restored" else record.new_hash
