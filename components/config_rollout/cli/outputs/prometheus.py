"""Hands metrics on, as a text or to a Pushgateway. Needs Prometheus' client, the extra `metrics`."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from urllib.error import HTTPError, URLError

from prometheus_client import CollectorRegistry, pushadd_to_gateway
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.registry import Collector

from ...core.audit.metrics import Metric
from ..errors import Trouble

JOB = "config-rollout"
_SECONDS = 10


class _Given(Collector):
    """What a registry asks for its metrics."""

    def __init__(self, metrics: Sequence[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the metrics as the client library has them."""
        for metric in self._metrics:
            family = GaugeMetricFamily(metric.name, metric.help)
            for labels, value in metric.samples:
                family.add_sample(metric.name, dict(labels), value)  # those of two kinds have other names
            yield family


def text(metrics: Sequence[Metric]) -> str:
    """Return the metrics as OpenMetrics."""
    written: bytes = generate_latest(_registry(metrics))  # type: ignore[no-untyped-call]
    return written.decode()


def write(metrics: Sequence[Metric], file: Path) -> None:
    """
    Write the metrics to a file, which is the old one or the new one at every moment.

    Source: node_exporter README, textfile collector: write to another name, and rename.
    """
    beside = file.with_name(f"{file.name}.{os.getpid()}")  # ends otherwise, so that the collector passes it by
    try:
        beside.write_text(text(metrics), encoding="utf-8")
        beside.replace(file)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise Trouble(f"--output: {file}: {(error.strerror or str(error)).lower()}. Pass another file.") from None


def push(metrics: Sequence[Metric], url: str, group: Mapping[str, str]) -> None:
    """Add the metrics of a workload to its group in a Pushgateway, in place of those of the same names."""
    shown = re.sub("//[^/]*@", "//", url)
    try:
        pushadd_to_gateway(url, JOB, _registry(metrics), dict(group), timeout=_SECONDS)
    except HTTPError as error:
        raise Trouble(
            f"--push: {shown}: answered {error.code} {error.reason}. Pass the address of a Pushgateway."
        ) from None
    except (URLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise Trouble(f"--push: {shown}: does not answer ({reason}). Pass the address of a Pushgateway.") from None


def _registry(metrics: Sequence[Metric]) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(_Given(metrics))
    return registry
