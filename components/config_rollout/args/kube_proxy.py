"""The arguments of a `KubeProxy`."""

from collections.abc import Mapping
from typing import Any, Literal, NotRequired, TypedDict

from .amounts import Amount
from .audit import Audit
from .layout import LayoutChoice
from .waves import WavesArgs

Manage = Literal["own", "adopt"]
KubeProxyConfig = str | Mapping[str, Any]


class KubeProxyArgs(TypedDict):
    """
    What a `KubeProxy` takes. Everything is plain: it is read before anything is registered.

    An optional argument that is `None` counts as left out.
    """

    manage: Manage
    """`own`: create it, on a cluster that has none. `adopt`: take over the existing one."""
    config: NotRequired[KubeProxyConfig | None]
    """
    The KubeProxyConfiguration (v1alpha1), as a mapping or as text. With `adopt` it may be left out: then what the live
    ConfigMap holds is rolled out, whoever wrote it. `mode` is required with `own`.
    """
    api_server: NotRequired[str | None]
    """
    The API server that kube-proxy dials, as `https://HOST:PORT`: no Service's address, which needs kube-proxy.

    Required with `own`. With `adopt` it replaces `server:` in the live kubeconfig.
    """
    allow_refused_config: NotRequired[bool | None]
    """
    With `adopt`: roll out the live configuration although kube-proxy would refuse it and not start again; default
    False.

    For a kube-proxy that reads what this library does not. A readiness probe is set only if its port is known.
    """
    layout: NotRequired[LayoutChoice | None]
    """
    The names under which the cluster keeps kube-proxy: `kubeadm` (default; kubespray's too), `eks`, or a mapping of
    those names that differ from kubeadm's: `namespace`, `daemon_set`, `config_map`, `key`, `kubeconfig_key`, `volume`,
    `container`, `kubeconfig_path`.
    """
    max_unavailable: NotRequired[Amount | None]
    """How many kube-proxies may be unavailable at once in a restart, as a number or a percentage; default `10%`."""
    text_version: NotRequired[str | None]
    """Any text, for example a date. A change of it rolls the configuration out although it means the same."""
    audit: NotRequired[Audit | None]
    """
    Where the record of each rollout goes beside the cluster: `{"file": PATH}`, `{"stdout": True}`,
    `{"url": "https://..."}`, or a list of them.
    """
    min_ready_seconds: NotRequired[int | None]
    """How long a new kube-proxy must be ready to count as available, in seconds; default 10."""
    rollout_timeout_seconds: NotRequired[int | None]
    """How long `up` waits for a rolling restart, in seconds; default: what 1,000 nodes need, at least 600."""
    waves: NotRequired[WavesArgs | None]
    """
    In which order the nodes get a change, in place of `max_unavailable`; docs/waves.md has every field.

    As with ConfiguredDaemonSet. `progress_deadline_seconds` takes the place of `rollout_timeout_seconds`.
    """
    version: NotRequired[str | None]
    """The release of kube-proxy with `own`, as `v1.36.3`; or pass `image`."""
    image: NotRequired[str | None]
    """The image of kube-proxy with `own`, in place of `version`."""
    kubeconfig: NotRequired[str | None]
    """
    The kubeconfig of the cluster, as a path or as its content, if the program uses a provider of its own.

    By default the cluster is found as the default provider finds it: `kubernetes:kubeconfig`, KUBECONFIG,
    `~/.kube/config`, or the pod's own account.
    """
    context: NotRequired[str | None]
    """The context of that kubeconfig; by default `kubernetes:context`, or its current one."""
