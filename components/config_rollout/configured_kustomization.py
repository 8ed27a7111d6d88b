"""A kustomization as one component."""

import pulumi

from .args.configured_kustomization import ConfiguredKustomizationArgs
from .configured_objects import ConfiguredObjects, refuse
from .driver.ending import heed
from .prepare import compatibility
from .prepare.charts import read_kustomization
from .prepare.manifest_arguments import CommonArguments

_TYPE = "config-rollout:index:ConfiguredKustomization"


class ConfiguredKustomization(ConfiguredObjects):
    """
    A kustomization whose pods restart when, and only when, what they read has changed in meaning.

    The Kubernetes provider builds it, in preview too, without the kustomize program. What becomes of its objects is
    what `ConfiguredManifests` makes of them; the suffixes of `configMapGenerator` do not count.

    Raises:
      BadArguments: The arguments have faults, or it cannot be built; nothing was registered.

    """

    _earlier = ("kubernetes:kustomize/v2:Directory", "kubernetes:kustomize:Directory")

    def __init__(
        self, name: str, args: ConfiguredKustomizationArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        who = f"ConfiguredKustomization '{name}'"
        compatibility.check(who)
        heed()
        common = CommonArguments(who, args, ConfiguredKustomizationArgs, opts)
        read = read_kustomization(common.plain, opts) if not common.findings else None
        planned = common.plan(read)
        takes = common.takes_over(planned)
        refuse(who, common.findings)
        self._register_all(who, (_TYPE, name), planned, {"namespace": common.namespace}, opts, common.needs, takes)
