"""
What the real kube-proxy refuses although every value is of its type: modes, bounds, addresses.

Not the types (types.py) and the feature gates (gates.py), and not what only shows when kube-proxy
starts: kernel modules.
Source: k8s.io/kubernetes pkg/proxy/apis/config/validation/validation.go; component-base logs/api/v1 `Validate`.
"""

import re
from collections.abc import Iterator, Mapping

from ...arguments.finding import Finding
from ...ports import HEALTHZ_PORT
from .fields import LINUX, LOCAL_MODES, LOG_FORMATS, MODES
from .values import MAX_INT32, address, cidr_family, duration, split_host_port

Values = Mapping[str, object]
"""Path -> effective value, of the fields whose value is of its type."""

_BOUNDS = {
    "iptables.masqueradeBit": (0, 31),
    "nftables.masqueradeBit": (0, 31),
    "oomScoreAdj": (-1000, 1000),
    "conntrack.maxPerCore": (0, MAX_INT32),
    "conntrack.min": (0, MAX_INT32),
    "clientConnection.burst": (0, MAX_INT32),
}
_NOT_BELOW_ZERO = {
    "conntrack.tcpEstablishedTimeout": MODES,
    "conntrack.tcpCloseWaitTimeout": MODES,
    "conntrack.udpTimeout": MODES,
    "conntrack.udpStreamTimeout": MODES,
    "ipvs.tcpTimeout": ("ipvs",),
    "ipvs.tcpFinTimeout": ("ipvs",),
    "ipvs.udpTimeout": ("ipvs",),
}


def validate(values: Values, mode: str) -> list[Finding]:
    """Return everything that kube-proxy in this mode refuses, in the order of the fields' subjects."""
    return [
        *_bounds(values, mode),
        *_periods(values, mode),
        *_addresses(values),
        *_lists(values, mode),
        *_local(values),
        *_logging(values),
    ]


def _bounds(values: Values, mode: str) -> Iterator[Finding]:
    for path, (least, most) in _BOUNDS.items():
        value = values.get(path)
        checked = path != "nftables.masqueradeBit" or mode == "nftables"
        if checked and isinstance(value, int) and not least <= value <= most:
            yield Finding(path, f"must be from {least} to {most} (got {value})", "Use a number in that range")
    for path, modes in _NOT_BELOW_ZERO.items():
        nanoseconds = _nanoseconds(values, path)
        if nanoseconds is not None and nanoseconds < 0 and mode in modes:
            yield Finding(path, f"must not be negative (got '{values[path]}')", "Use 0s to keep the kernel's value")
    version = values.get("showHiddenMetricsForVersion")
    if version and not re.fullmatch(r"[0-9]+\.[0-9]+", str(version)):
        yield Finding(
            "showHiddenMetricsForVersion",
            f"must be a minor release (got {version!r})",
            "Write the release before kube-proxy's own, such as '1.35', in quotes",
        )


def _periods(values: Values, mode: str) -> Iterator[Finding]:
    section = mode if mode in LINUX else "iptables"
    for path in ("configSyncPeriod", f"{section}.syncPeriod", "logging.flushFrequency"):
        nanoseconds = _nanoseconds(values, path)
        if nanoseconds is not None and nanoseconds <= 0:
            yield Finding(path, f"must be longer than 0 (got '{values[path]}')", "Use a duration such as '30s'")
    path = f"{section}.minSyncPeriod"
    least, most = _nanoseconds(values, path), _nanoseconds(values, f"{section}.syncPeriod")
    if least is not None and least < 0:
        yield Finding(path, f"must not be negative (got '{values[path]}')", "Use a duration such as '1s'")
    elif least is not None and most is not None and least > most > 0:
        longest = values[f"{section}.syncPeriod"]
        yield Finding(path, f"is longer than syncPeriod (got '{values[path]}')", f"Use at most '{longest}'")


def _nanoseconds(values: Values, path: str) -> int | None:
    value = values.get(path)
    return duration(value) if isinstance(value, str) else None


def _addresses(values: Values) -> Iterator[Finding]:
    ip = values.get("bindAddress")
    if isinstance(ip, str) and address(ip) is None:
        yield Finding("bindAddress", f"is not a valid IP address (got {ip!r})", "Use an IPv4 or IPv6 address")
    for path in ("healthzBindAddress", "metricsBindAddress"):
        value = values.get(path)
        if isinstance(value, str) and not _is_ip_and_port(value):
            yield Finding(
                path,
                f"must be IP:port, the port from 1 to 65535 (got {value!r})",
                f"Write it like '0.0.0.0:{HEALTHZ_PORT}' or '[::]:{HEALTHZ_PORT}'",
            )


def _is_ip_and_port(text: str) -> bool:
    parts = split_host_port(text)
    if not parts or address(parts[0]) is None:
        return False
    return re.fullmatch(r"\+?[0-9]{1,18}", parts[1]) is not None and 1 <= int(parts[1]) <= 65535


def _lists(values: Values, mode: str) -> Iterator[Finding]:
    ports, excluded = values.get("nodePortAddresses"), values.get("ipvs.excludeCIDRs")
    for i, item in enumerate(ports if isinstance(ports, list) else []):
        if item == "primary":
            if len(ports if isinstance(ports, list) else []) > 1:
                yield Finding(
                    f"nodePortAddresses[{i}]",
                    "'primary' cannot be combined with CIDRs",
                    "Use either 'primary' or CIDRs",
                )
            break
        yield from _cidr(f"nodePortAddresses[{i}]", item)
    for i, item in enumerate(excluded if isinstance(excluded, list) and mode == "ipvs" else []):
        yield from _cidr(f"ipvs.excludeCIDRs[{i}]", item)


def _cidr(where: str, text: str) -> Iterator[Finding]:
    if cidr_family(text) is None:
        yield Finding(where, f"is not a valid CIDR (got {text!r})", "Write it like '10.0.0.0/8'")


def _local(values: Values) -> Iterator[Finding]:
    mode = values.get("detectLocalMode")
    if isinstance(mode, str) and mode not in LOCAL_MODES:
        yield Finding("detectLocalMode", f"is not valid (got {mode!r})", f"Use one of {', '.join(LOCAL_MODES)}")
    for needed, path in (
        ("BridgeInterface", "detectLocal.bridgeInterface"),
        ("InterfaceNamePrefix", "detectLocal.interfaceNamePrefix"),
    ):
        if mode == needed and values.get(path) == "":
            yield Finding(path, f"is required with detectLocalMode {needed}", "Set it, or use another mode")
    cidrs = values.get("clusterCIDR")
    if mode == "ClusterCIDR" and isinstance(cidrs, str) and cidrs:
        families = [cidr_family(cidr) for cidr in cidrs.split(",")]
        if None in families or len(families) > 2 or len(set(families)) < len(families):
            yield Finding(
                "clusterCIDR",
                f"must be one CIDR, or one of IPv4 and one of IPv6 (got {cidrs!r})",
                "Write it like '10.244.0.0/16' or '10.244.0.0/16,fd00:10:244::/56', without spaces",
            )


def _logging(values: Values) -> Iterator[Finding]:
    form = values.get("logging.format")
    if isinstance(form, str) and form not in LOG_FORMATS:
        yield Finding("logging.format", f"is not valid (got {form!r})", "Use 'text' or 'json'")
    if form == "json" and not _gate(values, "LoggingBetaOptions", "AllBeta", True):
        yield Finding("logging.format", "json requires the feature gate LoggingBetaOptions", "Enable that gate")
    modules = values.get("logging.vmodule")
    modules = modules if isinstance(modules, list) else []
    if modules and form != "text":
        yield Finding("logging.vmodule", f"requires logging.format text (got {form!r})", "Remove it, or log text")
    for i, item in enumerate(modules):
        pattern = item["filePattern"]
        if not pattern or re.search("[=,]", pattern):
            yield Finding(
                f"logging.vmodule[{i}].filePattern", f"must be text without '=' and ',' (got {pattern!r})", "Write one"
            )
    for name in LOG_FORMATS:
        path = f"logging.options.{name}.infoBufferSize"
        if values.get(path) and not _gate(values, "LoggingAlphaOptions", "AllAlpha", False):
            yield Finding(path, "requires the feature gate LoggingAlphaOptions", "Enable that gate, or remove the size")


def _gate(values: Values, name: str, group: str, default: bool) -> bool:
    gates = values.get("featureGates")
    gates = gates if isinstance(gates, Mapping) else {}
    return bool(gates.get(name, gates.get(group, default)))
