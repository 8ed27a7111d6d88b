"""
Every field of a KubeProxyConfiguration: its type, its default, who reads it, and what a change of it means to an
operator.

One table for the reading, the documentation and the tests. The field set is that of Kubernetes 1.31 to 1.37. Not how
a value is read (types.py) or checked (validation.py).
Source: k8s.io/kube-proxy config/v1alpha1/types.go; k8s.io/kubernetes pkg/proxy/apis/config/v1alpha1/defaults.go.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from ...ports import HEALTHZ_PORT, METRICS_PORT

LINUX = ("iptables", "ipvs", "nftables")
"""The modes of kube-proxy on Linux."""

WINDOWS = ("kernelspace",)
"""The modes of kube-proxy on Windows."""

MODES = (*LINUX, *WINDOWS)
"""All modes; kube-proxy refuses `kernelspace` on Linux and the others on Windows."""

PLATFORMS = {"linux": LINUX, "windows": WINDOWS, "": MODES}
"""Platform -> the modes that kube-proxy accepts on it; empty where nobody says which it is."""

LOCAL_MODES = ("ClusterCIDR", "NodeCIDR", "BridgeInterface", "InterfaceNamePrefix")
"""The values of detectLocalMode."""

LOG_FORMATS = ("text", "json")
"""The values of logging.format."""


class Effect(Enum):
    """What a change of a field that the active mode reads does, beyond what a restart always does."""

    RESTART = "restart"
    DATA_PLANE = "restart, switches the data plane"
    RESIDUE = "restart, leaves residue in the kernel"
    DANGEROUS = "restart, dangerous"
    NOTHING = "nothing"


class Kind(Enum):
    """The type of a field, as the documentation names it."""

    STRING = "text"
    BOOL = "true or false"
    INT32 = "32-bit whole number"
    UINT31 = "whole number from 0 to 2147483647"
    FLOAT32 = "32-bit float"
    DURATION = "duration (`1h2m3s`)"
    DURATION_OR_NS = "duration, or nanoseconds"
    QUANTITY = "quantity (`64Ki`)"
    STRINGS = "list of text"
    GATES = "mapping of text to true or false"
    VMODULE = "list of {filePattern, verbosity}"


@dataclass(frozen=True)
class Field:
    """
    One field.

    `default` is what kube-proxy prints for an absent field, durations in Go's spelling. `pointer` says that only
    null and absence mean the default; without it the zero value means it too. `modes`, `local_mode` and
    `log_format` say which configurations read the field, and `unless_zero` names one that keeps it from being read
    where it is 0. `says` is one sentence without its full stop.
    """

    path: str
    kind: Kind
    default: object
    effect: Effect
    says: str
    source: str
    modes: tuple[str, ...] = MODES
    local_mode: str = ""
    log_format: str = ""
    pointer: bool = False
    unless_zero: str = ""

    @property
    def null_is_default(self) -> bool:
        """Tell whether `null` is read like absence; only a duration refuses it, unless it is a pointer."""
        return self.pointer or self.kind is not Kind.DURATION

    def is_read(self, mode: str, values: Mapping[str, object]) -> bool:
        """Tell whether kube-proxy reads the field in a mode, with these values of the other fields (path -> value)."""
        return (
            mode in self.modes
            and self.local_mode in ("", values.get("detectLocalMode"))
            and self.log_format in ("", values.get("logging.format"))
            and not (self.unless_zero and values.get(self.unless_zero) == 0)
        )


_SERVER = "cmd/kube-proxy/app/server.go"
_LINUX = "cmd/kube-proxy/app/server_linux.go"
_OPTIONS = "cmd/kube-proxy/app/options.go"
_SYSCTLS = "pkg/proxy/conntrack/sysctls.go"
_CONVERSION = "pkg/proxy/apis/config/v1alpha1/conversion.go"
_DEFAULTS = "pkg/proxy/apis/config/v1alpha1/defaults.go"
_IPVS = "pkg/proxy/ipvs/proxier.go"
_TYPES = "k8s.io/kube-proxy config/v1alpha1/types.go"
_LOGS = "k8s.io/component-base logs/api/v1/options.go"
_WINDOWS_ONLY = "cmd/kube-proxy/app/server_windows.go"

_R, _D, _K = Effect.RESTART, Effect.DANGEROUS, Effect.RESIDUE
_STAYS = "going back to 0 leaves the value in the kernel"


def _sync(section: str, modes: tuple[str, ...], least: str) -> tuple[Field, Field]:
    """Return the two periods of a mode's section; the conversion takes the pair of the active mode only."""
    return (
        Field(f"{section}.syncPeriod", Kind.DURATION, "30s", _R,
              "The health check reports a node as unhealthy after twice this", _SERVER + " newProxyServer", modes),
        Field(f"{section}.minSyncPeriod", Kind.DURATION, least, _R,
              "Longer is less work for the node and later updates of its rules", _CONVERSION, modes),
    )  # fmt: skip


def _log_options(name: str) -> tuple[Field, Field]:
    where = f"logging.options.{name}"
    return (
        Field(f"{where}.splitStream", Kind.BOOL, False, _R,
              "kube-proxy resets it to false when it merges its flags; counted in case a release uses it",
              _OPTIONS + " copyLogsFromFlags", log_format=name),
        Field(f"{where}.infoBufferSize", Kind.QUANTITY, 0, _R, "Log messages of a crash may be lost in the buffer",
              _LOGS, log_format=name),
    )  # fmt: skip


FIELDS: tuple[Field, ...] = (
    Field("featureGates", Kind.GATES, {}, _R, "Which gates exist depends on the release of kube-proxy",
          _OPTIONS + " Complete"),
    Field("clientConnection.kubeconfig", Kind.STRING, "", _D, "A wrong path cuts kube-proxy off from the API server",
          _SERVER + " createClient"),
    Field("clientConnection.acceptContentTypes", Kind.STRING, "", _R, "The formats in which the API server may answer",
          _SERVER + " createClient"),
    Field("clientConnection.contentType", Kind.STRING, "application/vnd.kubernetes.protobuf", _R,
          "JSON costs the API server more", _SERVER + " createClient"),
    Field("clientConnection.qps", Kind.FLOAT32, 5, _R, "Requests per second from every node", _SERVER +
            " createClient"),
    Field("clientConnection.burst", Kind.INT32, 10, _R, "Burst of requests from every node", _SERVER + " createClient"),
    Field("logging.format", Kind.STRING, "text", _R, "Log collectors parse one format", _LOGS),
    Field("logging.flushFrequency", Kind.DURATION_OR_NS, "5s", _R, "How long a log message may wait", _LOGS),
    Field("logging.verbosity", Kind.UINT31, 0, _R, "High levels log every change of a Service", _LOGS),
    Field("logging.vmodule", Kind.VMODULE, (), _R, "Verbosity of individual source files", _LOGS, log_format="text"),
    *_log_options("text"),
    *_log_options("json"),
    Field("hostnameOverride", Kind.STRING, "", _D,
          "A name without a Node leaves the node without rules; kubeadm's flag --hostname-override wins",
          _OPTIONS + " processHostnameOverrideFlag"),
    Field("bindAddress", Kind.STRING, "0.0.0.0", _D,
          "The node IP that rules use, and the family of the two addresses below", _SERVER + " detectNodeIPs"),
    Field("healthzBindAddress", Kind.STRING, f"0.0.0.0:{HEALTHZ_PORT}", _D,
          "Load balancers and probes ask this port whether the node serves traffic", _DEFAULTS),
    Field("metricsBindAddress", Kind.STRING, f"127.0.0.1:{METRICS_PORT}", _D,
          "Monitoring scrapes this port, which has no authentication", _DEFAULTS),
    Field("bindAddressHardFail", Kind.BOOL, False, _D, "If a port is taken, kube-proxy exits instead of retrying",
          _SERVER + " Run"),
    Field("enableProfiling", Kind.BOOL, False, _R, "Opens pprof on the metrics port", _SERVER + " serveMetrics"),
    Field("showHiddenMetricsForVersion", Kind.STRING, "", _R,
          "Only the minor release before kube-proxy's own is accepted, so an upgrade makes it invalid",
          "k8s.io/component-base metrics/api/v1/config.go"),
    Field("mode", Kind.STRING, "iptables", Effect.DATA_PLANE,
          "All rules are recreated by a different mechanism, and iptables and ipvs leave each other's rules behind",
          _LINUX + " platformCleanup"),
    Field("iptables.masqueradeBit", Kind.INT32, 14, _D,
          "Must not be another program's packet mark; kubelet and network plugins use marks too",
          _LINUX + " createProxier", ("iptables", "ipvs"), pointer=True),
    Field("iptables.masqueradeAll", Kind.BOOL, False, _D, "Pods see a node's address instead of the client's",
          _CONVERSION, ("iptables", "ipvs")),
    Field("iptables.localhostNodePorts", Kind.BOOL, True, _K,
          "true sets the sysctl route_localnet, which false does not reset", "pkg/proxy/iptables/proxier.go",
          ("iptables",), pointer=True),
    *_sync("iptables", ("iptables", "kernelspace"), "1s"),
    *_sync("ipvs", ("ipvs",), "0s"),
    Field("ipvs.scheduler", Kind.STRING, "", _R, "Empty is rr; kube-proxy fails if the scheduler's kernel module is "
                                                 "missing",
          _IPVS + " CanUseIPVSProxier", ("ipvs",)),
    Field("ipvs.excludeCIDRs", Kind.STRINGS, (), _R, "kube-proxy leaves IPVS rules in these alone when it cleans up",
          _IPVS, ("ipvs",)),
    Field("ipvs.strictARP", Kind.BOOL, False, _K, "true sets two ARP sysctls, which false does not reset",
          _IPVS, ("ipvs",)),
    Field("ipvs.tcpTimeout", Kind.DURATION, "0s", _K, _STAYS.capitalize(), _IPVS, ("ipvs",)),
    Field("ipvs.tcpFinTimeout", Kind.DURATION, "0s", _K, _STAYS.capitalize(), _IPVS, ("ipvs",)),
    Field("ipvs.udpTimeout", Kind.DURATION, "0s", _K, _STAYS.capitalize(), _IPVS, ("ipvs",)),
    Field("nftables.masqueradeBit", Kind.INT32, 14, _D,
          "Must not be another program's packet mark; kubelet and network plugins use marks too",
          _LINUX + " createProxier", ("nftables",), pointer=True),
    Field("nftables.masqueradeAll", Kind.BOOL, False, _D, "Pods see a node's address instead of the client's",
          _CONVERSION, ("nftables",)),
    *_sync("nftables", ("nftables",), "1s"),
    Field("winkernel.networkName", Kind.STRING, "", _R, "Windows only", _WINDOWS_ONLY, WINDOWS),
    Field("winkernel.sourceVip", Kind.STRING, "", _R, "Windows only", _WINDOWS_ONLY, WINDOWS),
    Field("winkernel.enableDSR", Kind.BOOL, False, _R, "Windows only", _WINDOWS_ONLY, WINDOWS),
    Field("winkernel.rootHnsEndpointName", Kind.STRING, "", _R, "Windows only; empty is cbr0",
          _WINDOWS_ONLY + " platformApplyDefaults", WINDOWS),
    Field("winkernel.forwardHealthCheckVip", Kind.BOOL, False, _R, "Windows only", _WINDOWS_ONLY, WINDOWS),
    Field("detectLocalMode", Kind.STRING, "ClusterCIDR", _D, "What counts as local decides what is masqueraded",
          _LINUX + " getLocalDetectors", LINUX),
    Field("detectLocal.bridgeInterface", Kind.STRING, "", _D, "What counts as local decides what is masqueraded",
          _LINUX + " getLocalDetectors", LINUX, "BridgeInterface"),
    Field("detectLocal.interfaceNamePrefix", Kind.STRING, "", _D, "What counts as local decides what is masqueraded",
          _LINUX + " getLocalDetectors", LINUX, "InterfaceNamePrefix"),
    Field("clusterCIDR", Kind.STRING, "", _D, "What counts as local decides what is masqueraded",
          _LINUX + " getLocalDetectors", LINUX, "ClusterCIDR"),
    Field("nodePortAddresses", Kind.STRINGS, (), _D,
          "Where NodePorts answer; empty is everywhere, and the node's primary address in mode nftables",
          _LINUX + " platformApplyDefaults", LINUX),
    Field("oomScoreAdj", Kind.INT32, -999, _R, "How early the kernel kills kube-proxy when memory is short",
          _SERVER + " Run", LINUX, pointer=True),
    Field("conntrack.maxPerCore", Kind.INT32, 32768, _K, _STAYS.capitalize(), _SYSCTLS, LINUX, pointer=True),
    Field("conntrack.min", Kind.INT32, 131072, _K, "The hash table that a larger one grows never shrinks",
          _SYSCTLS + " getConntrackMax", LINUX, pointer=True, unless_zero="conntrack.maxPerCore"),
    Field("conntrack.tcpEstablishedTimeout", Kind.DURATION, "24h0m0s", _K, _STAYS.capitalize(), _SYSCTLS, LINUX,
          pointer=True),
    Field("conntrack.tcpCloseWaitTimeout", Kind.DURATION, "1h0m0s", _K, _STAYS.capitalize(), _SYSCTLS, LINUX,
          pointer=True),
    Field("conntrack.tcpBeLiberal", Kind.BOOL, False, _K, "true sets a sysctl, which false does not reset", _SYSCTLS,
          LINUX),
    Field("conntrack.udpTimeout", Kind.DURATION, "0s", _K, _STAYS.capitalize(), _SYSCTLS, LINUX),
    Field("conntrack.udpStreamTimeout", Kind.DURATION, "0s", _K, _STAYS.capitalize(), _SYSCTLS, LINUX),
    Field("configSyncPeriod", Kind.DURATION, "15m0s", _R, "How often everything is read again from the API server",
          _SERVER + " Run"),
    Field("portRange", Kind.STRING, "", Effect.NOTHING, "Only the userspace mode read it", _TYPES, ()),
    Field("windowsRunAsService", Kind.BOOL, False, _R, "Windows only", _WINDOWS_ONLY, WINDOWS),
)  # fmt: skip
"""The fields, in the order of the Go types."""

BY_PATH = {field.path: field for field in FIELDS}
"""Path -> field."""

LEGACY = {
    "udpIdleTimeout": "of the userspace mode, which 1.26 removed",
    "resourceContainer": "removed in 2019",
    "conntrack.max": "replaced by conntrack.maxPerCore and conntrack.min",
}
"""Path of a field that older releases knew and every supported one drops -> why."""


def render_table() -> str:
    """Return the table of all fields as Markdown, one row each."""
    head = "| field | type | default | read by | a change of it |"
    lines = [head, "| --- | --- | --- | --- | --- |"]
    for field in FIELDS:
        cells = (f"`{field.path}`", field.kind.value, _show_default(field), _show_readers(field), _show_effect(field))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _show_default(field: Field) -> str:
    if isinstance(field.default, bool):
        return "`true`" if field.default else "`false`"
    return f"`{field.default}`" if field.default or field.default == 0 else "empty"


def _show_readers(field: Field) -> str:
    modes = {MODES: "all", LINUX: "Linux", WINDOWS: "Windows", (): "nothing"}.get(field.modes, ", ".join(field.modes))
    also = [f"detectLocalMode {field.local_mode}"] if field.local_mode else []
    also += [f"logging.format {field.log_format}"] if field.log_format else []
    also += [f"unless {field.unless_zero} is 0"] if field.unless_zero else []
    return ", ".join([modes, *also]) if modes != "all" or not also else ", ".join(also)


def _show_effect(field: Field) -> str:
    return f"{field.effect.value}. {field.says}. Source: {field.source}"
