"""A chart in the shape of the OpenTelemetry collector's: a new version of the chart alone restarts nothing."""

from pathlib import Path

from config_rollout import ConfiguredChart

ConfiguredChart(
    "collector",
    {
        "chart": str(Path(__file__).parent / "chart"),
        "namespace": "default",
        "values": {"level": "info"},
        "leave_out": ["helm.sh/chart"],
    },
)
