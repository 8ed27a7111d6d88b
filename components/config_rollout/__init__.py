"""A workload and its configuration as one Pulumi component: it restarts when the configuration's content changed."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .args.configured_daemon_set import ConfiguredDaemonSetArgs
    from .args.configured_deployment import ConfiguredDeploymentArgs
    from .args.kube_proxy import KubeProxyArgs
    from .configured_daemon_set import ConfiguredDaemonSet
    from .configured_deployment import ConfiguredDeployment
    from .kube_proxy import KubeProxy

_MODULES = {
    "ConfiguredDaemonSet": "configured_daemon_set",
    "ConfiguredDeployment": "configured_deployment",
    "KubeProxy": "kube_proxy",
}

__all__ = [
    "ConfiguredDaemonSet",
    "ConfiguredDaemonSetArgs",
    "ConfiguredDeployment",
    "ConfiguredDeploymentArgs",
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
