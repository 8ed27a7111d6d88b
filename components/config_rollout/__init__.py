"""A DaemonSet and its configuration as one Pulumi component: it restarts when the configuration's content changed."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .args.configured_daemon_set import ConfiguredDaemonSetArgs
    from .args.kube_proxy import KubeProxyArgs
    from .configured_daemon_set import ConfiguredDaemonSet
    from .kube_proxy import KubeProxy

__all__ = ["ConfiguredDaemonSet", "ConfiguredDaemonSetArgs", "KubeProxy", "KubeProxyArgs"]


def __getattr__(name: str) -> Any:
    """Import a component when it is first asked for: Pulumi's SDK takes a second that the core does not need."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .prepare import compatibility

    compatibility.check_packages(__name__)
    if name.startswith("KubeProxy"):
        from . import kube_proxy

        return getattr(kube_proxy, name)
    from . import configured_daemon_set

    return getattr(configured_daemon_set, name)
