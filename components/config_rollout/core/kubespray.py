"""
kubespray's variables -> the KubeProxyConfiguration that its kubeadm template makes of them. No Jinja is run.

Source: kubernetes-sigs/kubespray 46dbdd3, `roles/kubernetes/control-plane/templates/kubeadm-config.v1beta4.yaml.j2`,
the defaults in `roles/kubernetes/control-plane/defaults/main/kube-proxy.yml` and `roles/kubespray_defaults`.
"""

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .finding import Finding
from .formats.kube_proxy import API_VERSION, KIND, read_kube_proxy
from .formats.kube_proxy_fields import BY_PATH, Kind
from .formats.kube_proxy_text import parse_text, resolve
from .formats.kube_proxy_values import Number
from .formats.meaning import NotUnderstood


@dataclass(frozen=True)
class Variable:
    """A variable of kubespray, its default, the fields it goes to, and whether the template quotes it there."""

    name: str
    default: object
    paths: tuple[str, ...]
    quoted: bool = False


@dataclass(frozen=True)
class Unreadable:
    """The value of a variable that cannot be read: `why` ends the sentence "it ..."."""

    why: str


@dataclass(frozen=True)
class Conversion:
    """The configuration as YAML, and what is to be said about it. With findings the text is not to be used."""

    text: str
    findings: list[Finding]
    warnings: list[Finding]


_P = "kube_proxy_"

VARIABLES = (
    Variable(_P + "bind_address", "0.0.0.0", ("bindAddress",), quoted=True),
    Variable(_P + "client_accept_content_types", "", ("clientConnection.acceptContentTypes",)),
    Variable(_P + "client_burst", 10, ("clientConnection.burst",)),
    Variable(_P + "client_content_type", "application/vnd.kubernetes.protobuf", ("clientConnection.contentType",)),
    Variable(_P + "client_kubeconfig", "", ("clientConnection.kubeconfig",)),
    Variable(_P + "client_qps", 5, ("clientConnection.qps",)),
    Variable("kube_pods_subnet", "10.233.64.0/18", ("clusterCIDR",), quoted=True),
    Variable(_P + "config_sync_period", "15m0s", ("configSyncPeriod",)),
    Variable(_P + "conntrack_max_per_core", 32768, ("conntrack.maxPerCore",)),
    Variable(_P + "conntrack_min", 131072, ("conntrack.min",)),
    Variable(_P + "conntrack_tcp_close_wait_timeout", "1h0m0s", ("conntrack.tcpCloseWaitTimeout",)),
    Variable(_P + "conntrack_tcp_established_timeout", "24h0m0s", ("conntrack.tcpEstablishedTimeout",)),
    Variable(_P + "enable_profiling", False, ("enableProfiling",)),
    Variable(_P + "healthz_bind_address", "0.0.0.0:10256", ("healthzBindAddress",), quoted=True),
    Variable("kube_override_hostname", None, ("hostnameOverride",), quoted=True),
    Variable(_P + "masquerade_all", False, ("iptables.masqueradeAll",)),
    Variable(_P + "masquerade_bit", 14, ("iptables.masqueradeBit",)),
    Variable(_P + "min_sync_period", "0s", ("iptables.minSyncPeriod", "ipvs.minSyncPeriod")),
    Variable(_P + "sync_period", "30s", ("iptables.syncPeriod", "ipvs.syncPeriod")),
    Variable(_P + "exclude_cidrs", (), ("ipvs.excludeCIDRs",)),
    Variable(_P + "scheduler", "rr", ("ipvs.scheduler",)),
    Variable(_P + "strict_arp", False, ("ipvs.strictARP",)),
    Variable(_P + "tcp_timeout", "0s", ("ipvs.tcpTimeout",)),
    Variable(_P + "tcp_fin_timeout", "0s", ("ipvs.tcpFinTimeout",)),
    Variable(_P + "udp_timeout", "0s", ("ipvs.udpTimeout",)),
    Variable(_P + "metrics_bind_address", "127.0.0.1:10249", ("metricsBindAddress",), quoted=True),
    Variable(_P + "mode", "ipvs", ("mode",)),
    Variable(_P + "nodeport_addresses", (), ("nodePortAddresses",)),
    Variable(_P + "oom_score_adj", -999, ("oomScoreAdj",)),
    Variable(_P + "port_range", "", ("portRange",)),
    Variable(_P + "feature_gates", (), ("featureGates",)),
)
"""The variables that the template writes down, in its order."""

_OF_PATH = {path: variable.name for variable in VARIABLES for path in variable.paths}

_DEFAULTS: dict[str, object] = {
    **{variable.name: variable.default for variable in VARIABLES if variable.default is not None},
    "kube_pods_subnet_ipv6": "fd85:ee78:d8a6:8607::1:0000/112",
    "ipv4_stack": True,
    "enable_dual_stack_networks": False,
    "kube_network_plugin": "calico",
    "kube_feature_gates": (),
    "kube_apiserver_port": 6443,
}
"""The defaults that a value may refer to."""

_OTHERS = {
    _P + name
    for name in ("remove", "nodeport_addresses_cidr", "ipvs_modules", "image_repo", "image_tag", "nodeselector")
}
"""What else is called `kube_proxy_...` and says nothing of a field by itself."""

_REMOVED = {_P + name for name in ("conntrack_max", "udp_idle_timeout", "resource_container")}

_WORKED_OUT = {
    "kube_pods_subnets": "Set kube_pods_subnet, kube_pods_subnet_ipv6, ipv4_stack and ipv6_stack",
    _P + "deployed": "Set kube_proxy_remove or kubeadm_init_phases_skip",
}
"""Variables of a role, which go before those of an inventory -> what to set instead."""

_OWN_DEFAULTS = {
    _P + "nodeport_addresses": "{%ifkube_proxy_nodeport_addresses_cidrisdefined%}"
    "[{{kube_proxy_nodeport_addresses_cidr}}]{%else%}[]{%endif%}",
    "kube_override_hostname": "{{inventory_hostname}}",
    "ipv6_stack": "{{enable_dual_stack_networks|default(false)}}",
}
"""Variable -> the expression that kubespray has for it, which inventories repeat, without spaces and hyphens."""

_REFERENCE = re.compile(r"\{\{\s*([A-Za-z_]\w*)\s*\}\}")
_JINJA = re.compile(r"\{\{|\{%|\{#")
_DEEPEST = 10
_PLAIN = re.compile(r"[A-Za-z./][-\w./]*|\d+(\.\d+){3}([:/]\d+)?|(\d+[hms])+")


def convert(given: Mapping[str, object]) -> Conversion:
    """
    Return the configuration that kubespray renders from these variables and its defaults.

    Args:
      given: Variable -> plain value as YAML has it, Jinja unevaluated, or `Unreadable`. Others than kubespray's are
        only looked at where a value refers to them.

    """
    variables = _Variables(given)
    values = dict(variables.fields())
    warnings = [*_told(given), *variables.warnings]
    text = _render(values)
    reading = read_kube_proxy(text.encode())
    findings = [*_unknown(given), *variables.findings]
    if reading is not None:
        findings += [variables.blamed(finding) for finding in reading.findings]
        warnings += [variables.blamed(warning) for warning in reading.warnings]
    return Conversion(text, list(dict.fromkeys(findings)), list(dict.fromkeys(warnings)))


def counts(name: str) -> bool:
    """Tell whether a variable decides about kube-proxy's configuration, or looks as if it should."""
    return name.startswith(_P) or name in {*_OF_PATH.values(), *_DEFAULTS, *_WORKED_OUT, "ipv6_stack"}


class _NotKnown(Exception):
    """A value cannot be known here; the argument is the finding."""


class _Variables:
    """Looks values up, the given before the defaults, and collects what is wrong with them."""

    def __init__(self, given: Mapping[str, object]) -> None:
        self._given = given
        self.findings: list[Finding] = []
        self.warnings: list[Finding] = []
        self._from = dict(_OF_PATH)

    def blamed(self, finding: Finding) -> Finding:
        """Return what is said of a field as said of the variable that it comes from."""
        path = re.sub(r"\[.*", "", finding.where)
        return Finding(self._from.get(path, finding.where), finding.what, finding.fix)

    def fields(self) -> Iterator[tuple[str, object]]:
        """Yield path -> value of each field that the template writes."""
        computed = {
            "kube_pods_subnet": self._pod_subnets,
            "kube_override_hostname": self._host_name,
            _P + "nodeport_addresses": self._node_port_addresses,
            _P + "feature_gates": self._feature_gates,
        }
        for variable in VARIABLES:
            try:
                value = computed[variable.name]() if variable.name in computed else self._value(variable.name)
                if value is not None or variable.name not in computed:
                    shown = _written(variable, value)
                    yield from ((path, shown) for path in variable.paths)
            except _NotKnown as why:
                self.findings.append(why.args[0])
        self._look_at_the_addon()

    def _value(self, name: str, depth: int = 0) -> object:
        """Return a value, references to other variables followed. Raise `_NotKnown` for what only Ansible can tell."""
        if name not in self._given or self._is_own_default(name):
            return _DEFAULTS.get(name)
        value = self._given[name]
        if isinstance(value, Unreadable):
            raise _NotKnown(Finding(name, value.why, "Write the value itself"))
        return self._followed(name, value, depth)

    def _followed(self, name: str, value: object, depth: int) -> object:
        if isinstance(value, list):
            return [self._followed(name, item, depth) for item in value]
        if not isinstance(value, str) or not _JINJA.search(value):
            return value
        names = _REFERENCE.findall(value)
        rest = _REFERENCE.sub("", value)
        known = all(other in self._given or other in _DEFAULTS for other in names)
        if not known or _JINJA.search(rest) or depth >= _DEEPEST:
            raise _NotKnown(
                Finding(
                    name,
                    f"is a Jinja expression that only Ansible can work out (got {value.strip()!r})",
                    f"Write the value that `ansible HOST -m debug -a var={name}` prints for a control plane host",
                )
            )
        if not rest.strip() and len(names) == 1:
            return self._value(names[0], depth + 1)
        return _REFERENCE.sub(lambda found: _spelled(self._value(found[1], depth + 1)), value)

    def _is_own_default(self, name: str) -> bool:
        value = self._given.get(name)
        return isinstance(value, str) and re.sub(r"[\s-]", "", value) == _OWN_DEFAULTS.get(name)

    def _flag(self, name: str) -> bool:
        value = self._value(name)
        if not isinstance(value, bool):
            wrong = f"must be true or false (got {_shown(value)})"
            raise _NotKnown(Finding(name, wrong, "Write it without quotes"))
        return value

    def _pod_subnets(self) -> object:
        if self._value("kube_network_plugin") == "kube-ovn":
            return None
        six = "ipv6_stack" if "ipv6_stack" in self._given and not self._is_own_default("ipv6_stack") else None
        families = (self._flag("ipv4_stack"), self._flag(six or "enable_dual_stack_networks"))
        names = {
            (True, False): ["kube_pods_subnet"],
            (True, True): ["kube_pods_subnet", "kube_pods_subnet_ipv6"],
        }.get(families, ["kube_pods_subnet_ipv6"])
        self._from["clusterCIDR"] = " and ".join(names)
        return ",".join(_spelled(self._value(name)) for name in names)

    def _host_name(self) -> object:
        value = self._value("kube_override_hostname")
        if value is None:
            self.warnings.append(
                Finding(
                    "kube_override_hostname",
                    "is not given: kubespray takes the inventory name of the first control plane host, and kube-proxy "
                    "its own node's, which kubeadm's flag --hostname-override names",
                    "Leave it, or set it to that name to get the very same text",
                )
            )
        return value

    def _node_port_addresses(self) -> object:
        name, legacy = _P + "nodeport_addresses", _P + "nodeport_addresses_cidr"
        own = name not in self._given or self._is_own_default(name)
        if own and legacy in self._given:
            self._from["nodePortAddresses"] = legacy
            return f"[{_spelled(self._value(legacy))}]"
        if legacy in self._given:
            self.warnings.append(Finding(legacy, f"is not read, since {name} is given", "Remove it"))
        value = self._value(name)
        return [] if value is None else value

    def _feature_gates(self) -> object:
        """Return gate -> value from the first of the two lists that is not empty; `None` if both are."""
        for name in (_P + "feature_gates", "kube_feature_gates"):
            if value := self._value(name):
                self._from["featureGates"] = name
                return _gates(name, value)
        return None

    def _look_at_the_addon(self) -> None:
        """Warn where kubespray makes no kube-proxy of what it renders."""
        plugin = self._given.get("kube_network_plugin", _DEFAULTS["kube_network_plugin"])
        replaced_by = {
            "kube-router": "kube_router_run_service_proxy",
            "cilium": "cilium_kube_proxy_replacement",
            "calico": "calico_bpf_enabled",
        }.get(str(plugin), "")
        reasons = [name for name in (_P + "remove", replaced_by) if _is_on(self._given.get(name))]
        if "addon/kube-proxy" in str(self._given.get("kubeadm_init_phases_skip", "")):
            reasons.append("kubeadm_init_phases_skip")
        if reasons:
            fix = "Use this for a kube-proxy of your own, or drop it if something else does its work"
            self.warnings.append(Finding(reasons[0], "keeps kubespray from deploying a kube-proxy", fix))


def _gates(name: str, value: object) -> dict[str, bool]:
    gates = {}
    for item in value if isinstance(value, list) else [None]:
        found = re.fullmatch(r"([A-Za-z]\w*)=(true|false)", item, re.IGNORECASE) if isinstance(item, str) else None
        if not found:
            raise _NotKnown(
                Finding(name, f"must list GATE=true or GATE=false (got {_shown(item or value)})", "Write '- Gate=true'")
            )
        gates[found[1]] = found[2].lower() == "true"
    return gates


def _unknown(given: Mapping[str, object]) -> Iterator[Finding]:
    """Find variables that kubespray does not have, and those that it works out itself."""
    known = {*_OF_PATH.values(), *_OTHERS, *_REMOVED}
    for name in given:
        if name in _WORKED_OUT:
            yield Finding(name, "is worked out by kubespray, whatever an inventory says", _WORKED_OUT[name])
        elif name.startswith(_P) and name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            fix = f"Write '{near[0]}', if that was meant" if near else "Remove it"
            yield Finding(name, "kubespray has no such variable", fix)


def _told(given: Mapping[str, object]) -> Iterator[Finding]:
    for name in sorted(_REMOVED & given.keys()):
        yield Finding(name, "was of older releases: no supported kube-proxy knows its field", "Remove it")


def _written(variable: Variable, value: object) -> object:
    """
    Return the value as kube-proxy reads it back from the rendered template: `"5"` is the number 5 unless it is quoted.

    Source: Ansible renders null as nothing, and a list or a boolean as Python spells it, which YAML reads back.
    """
    if isinstance(value, dict) and variable.name == _P + "feature_gates":
        return value
    text = _spelled(value)
    try:
        read = parse_text((f'v: "{text}"' if variable.quoted else f"v: {text}").encode())
    except NotUnderstood as why:
        read = why
    if not isinstance(read, dict) or list(read) != ["v"] or isinstance(read["v"], dict):
        what = f"breaks the YAML that kubespray makes of it (got {_shown(value)})"
        raise _NotKnown(Finding(variable.name, what, "Write a plain value"))
    return read["v"]


def _spelled(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return json.dumps(list(value))
    return str(value)


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else "nothing" if value is None else repr(value)


def _is_on(value: object) -> bool:
    return value is True or (isinstance(value, str) and value.lower() in ("true", "yes", "strict"))


def _render(values: Mapping[str, object]) -> str:
    """Return the configuration as YAML, sections where the first of their fields stands."""
    lines = [f"apiVersion: {API_VERSION}", f"kind: {KIND}"]
    section = ""
    for path, value in sorted(values.items(), key=lambda item: _place(item[0])):
        head, _, leaf = path.rpartition(".")
        if head and head != section:
            lines.append(f"{head}:")
        section = head
        lines.append(f"{'  ' if head else ''}{leaf}:{_leaf(path, value)}")
    return "\n".join(lines) + "\n"


def _place(path: str) -> tuple[str, int, str]:
    """Return where a field goes: sections and fields by name, gates last in theirs."""
    return path.split(".")[0], path.count("."), path


def _leaf(path: str, value: object) -> str:
    if isinstance(value, dict):
        return "".join(f"\n  {key}: {str(item).lower()}" for key, item in sorted(value.items()))
    if isinstance(value, list):
        return f" [{', '.join(_scalar(item) for item in value)}]"
    if value is None and BY_PATH[path].kind is Kind.STRING:
        return ' ""'
    return f" {_scalar(value)}"


def _scalar(value: object) -> str:
    if isinstance(value, Number):
        return value.literal
    if isinstance(value, bool) or value is None:
        return "null" if value is None else str(value).lower()
    text = str(value)
    plain = _PLAIN.fullmatch(text) and isinstance(resolve(text), str)
    return text if plain else json.dumps(text)
