"""
Gates: what else has to be healthy before the next wave begins. docs/waves.md has all of it.

A function is a gate in Python only: there is no way to hand it from another language to the component.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NotRequired, TypedDict

from .windows import WindowArgs


class HttpGateArgs(TypedDict):
    """Every pod of the wave answers a GET with a 2xx, asked through the API server's pod proxy."""

    port: int
    """The port of the pods, from 1 to 65535."""
    path: str
    """The path, as `/livez`."""


class KubeProxyGateArgs(TypedDict, total=False):
    """
    Every kube-proxy of the wave serves all address families of its node, and is not behind.

    Where the API server reaches its metrics, it has also synced each family and runs the configuration of the program.
    """

    port: int
    """The port of `/livez`; default: that of `healthzBindAddress`."""
    metrics_port: int
    """The port of `/metrics` and `/configz`; default: that of `metricsBindAddress`."""


class RestartsGateArgs(TypedDict):
    """No container of the wave has restarted since its pod became ready. It has no fields."""


class NewServiceGateArgs(TypedDict, total=False):
    """Each node of the wave reaches a Service that did not exist before, which a pod on that node probes."""

    image: str
    """What these pods run; default `registry.k8s.io/pause:3.10`."""
    namespace: str
    """Where Service and pods are created and deleted; default: the DaemonSet's namespace."""


class PrometheusGateArgs(TypedDict):
    """Every series of an instant query is within the bounds, of which at least one is required."""

    url: str
    """The http or https address of Prometheus, without a user or a password."""
    query: str
    """The query, in PromQL. A query without a series does not pass."""
    at_least: NotRequired[float]
    """The smallest value that passes."""
    at_most: NotRequired[float]
    """The largest value that passes."""


class GateArgs(TypedDict, total=False):
    """One gate: exactly one kind, and beside it how it is asked."""

    http: HttpGateArgs
    """Every pod of the wave answers a GET with a 2xx."""
    kube_proxy: KubeProxyGateArgs
    """Every kube-proxy of the wave serves, and is not behind. `{}` takes the ports of the configuration."""
    restarts: RestartsGateArgs
    """`{}`: no container of the wave has restarted since its pod became ready."""
    new_service: NewServiceGateArgs
    """Each node of the wave reaches a Service that did not exist before."""
    url: str
    """An http or https address that answers a GET with a 2xx, asked from where `up` runs."""
    prometheus: PrometheusGateArgs
    """Every series of an instant query is within the bounds."""
    command: Sequence[str]
    """A program and its arguments, run where `up` runs; it passes by exiting with 0."""
    window: WindowArgs
    """It is another time than this. Takes neither `timeout_seconds` nor `strict`."""
    timeout_seconds: int
    """How long the gate is asked again until it passes, in seconds, at least 1; default 60."""
    strict: bool
    """`True`: `up` refuses to begin while the gate does not pass, and no failure from before is excused."""


if TYPE_CHECKING:
    GateFunction = Callable[[str, Sequence[str]], object]
    """
    A function of the wave's name and its nodes. `None` and `True` pass; a text is the reason why not.

    An exception is one too. It is called once, and before the first wave with the name `before` and all nodes.
    """

    class PythonGateArgs(GateArgs, total=False):
        """One gate, as a Python program may write it."""

        function: GateFunction
        """A function, where `timeout_seconds` or `strict` stand beside it; otherwise the function alone is enough."""

    Gate = PythonGateArgs | GateFunction
    """A gate, or a function that is one."""
else:
    Gate = GateArgs
