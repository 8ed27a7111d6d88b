"""A chart in the shape of Alertmanager's: a StatefulSet that restarts for its routes alone."""

from pathlib import Path

from config_rollout import ConfiguredChart

ConfiguredChart(
    "alertmanager",
    {
        "chart": str(Path(__file__).parent / "chart"),
        "namespace": "default",
        "values": {"config": {"route": {"receiver": "team", "group_wait": "30s"}}},
        "leave_out": ["helm.sh/chart", "app.kubernetes.io/version"],
    },
)
