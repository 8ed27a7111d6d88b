"""A workload and its configuration as one Pulumi component: it restarts when the configuration's content changed."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .args.configured_chart import ConfiguredChartArgs
    from .args.configured_daemon_set import ConfiguredDaemonSetArgs
    from .args.configured_deployment import ConfiguredDeploymentArgs
    from .args.configured_kustomization import ConfiguredKustomizationArgs
    from .args.configured_manifests import ConfiguredManifestsArgs
    from .args.configured_stateful_set import ConfiguredStatefulSetArgs
    from .args.kube_proxy import KubeProxyArgs
    from .configured_chart import ConfiguredChart
    from .configured_daemon_set import ConfiguredDaemonSet
    from .configured_deployment import ConfiguredDeployment
    from .configured_kustomization import ConfiguredKustomization
    from .configured_manifests import ConfiguredManifests
    from .configured_stateful_set import ConfiguredStatefulSet
    from .kube_proxy import KubeProxy

_MODULES = {
    "ConfiguredChart": "configured_chart",
    "ConfiguredDaemonSet": "configured_daemon_set",
    "ConfiguredDeployment": "configured_deployment",
    "ConfiguredKustomization": "configured_kustomization",
    "ConfiguredManifests": "configured_manifests",
    "ConfiguredStatefulSet": "configured_stateful_set",
    "KubeProxy": "kube_proxy",
}

__all__ = [
    "ConfiguredChart",
    "ConfiguredChartArgs",
    "ConfiguredDaemonSet",
    "ConfiguredDaemonSetArgs",
    "ConfiguredDeployment",
    "ConfiguredDeploymentArgs",
    "ConfiguredKustomization",
    "ConfiguredKustomizationArgs",
    "ConfiguredManifests",
    "ConfiguredManifestsArgs",
    "ConfiguredStatefulSet",
    "ConfiguredStatefulSetArgs",
    "KubeProxy",
    "KubeProxyArgs",
]


def __getattr__(name: str) -> Any:
    """Import a component when it is first asked for: Pulumi's SDK takes a second that the core does not need."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .prepare import compatibility

    compatibility.check_packages(__name__)
    return getattr(import_module(f".{_MODULES[name.removesuffix('Args')]}", __name__), name)
