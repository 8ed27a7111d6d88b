"""A Helm chart as one component."""

import pulumi

from .args.configured_chart import ConfiguredChartArgs
from .configured_objects import ConfiguredObjects, refuse
from .driver.ending import heed
from .prepare import compatibility
from .prepare.charts import read_chart
from .prepare.manifest_arguments import CommonArguments

_TYPE = "config-rollout:index:ConfiguredChart"


class ConfiguredChart(ConfiguredObjects):
    """
    A Helm chart whose pods restart when, and only when, what they read has changed in meaning.

    The Kubernetes provider renders it, in preview too, without the helm program. What becomes of its objects is what
    `ConfiguredManifests` makes of them. There is no release, and hooks do not run. docs/charts.md has what that means.

    Raises:
      BadArguments: The arguments have faults, or the chart cannot be rendered; nothing was registered.

    """

    _earlier = ("kubernetes:helm.sh/v4:Chart", "kubernetes:helm.sh/v3:Chart")

    def __init__(self, name: str, args: ConfiguredChartArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        who = f"ConfiguredChart '{name}'"
        compatibility.check(who)
        heed()
        common = CommonArguments(who, args, ConfiguredChartArgs, opts)
        read, recorded = read_chart(name, common.plain, common.namespace, opts) if not common.findings else (None, {})
        planned = common.plan(read)
        takes = common.takes_over(planned)
        refuse(who, common.findings)
        recorded["namespace"] = common.namespace
        self._register_all(who, (_TYPE, name), planned, recorded, opts, common.needs, takes)
