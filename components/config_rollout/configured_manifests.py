"""Manifests that others wrote as one component."""

import pulumi

from .args.configured_manifests import ConfiguredManifestsArgs
from .configured_objects import ConfiguredObjects, refuse
from .driver.ending import heed
from .prepare import compatibility
from .prepare.manifest_arguments import CommonArguments
from .prepare.manifests import read_manifests

_TYPE = "config-rollout:index:ConfiguredManifests"


class ConfiguredManifests(ConfiguredObjects):
    """
    Manifests whose pods restart when, and only when, what they read has changed in meaning.

    Each DaemonSet, Deployment and StatefulSet is what the component of its kind is. Everything else is registered as it
    is, one child for each object. docs/charts.md says what that promises.

    Raises:
      BadArguments: The arguments have faults; all of them are in the message, and nothing was registered.

    """

    _earlier = (
        "kubernetes:yaml/v2:ConfigGroup",
        "kubernetes:yaml/v2:ConfigFile",
        "kubernetes:yaml:ConfigFile",
        "kubernetes:yaml:ConfigGroup",
        "kubernetes:yaml:ConfigGroup$kubernetes:yaml:ConfigFile",
    )

    def __init__(self, name: str, args: ConfiguredManifestsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        who = f"ConfiguredManifests '{name}'"
        compatibility.check(who)
        heed()
        common = CommonArguments(who, args, ConfiguredManifestsArgs, opts)
        read = read_manifests(common.plain["manifests"]) if "manifests" in common.plain else None
        planned = common.plan(read)
        takes = common.takes_over(planned)
        refuse(who, common.findings)
        self._register_all(who, (_TYPE, name), planned, {"namespace": common.namespace}, opts, common.needs, takes)
