"""
The variables of kubespray that determine kube-proxy's configuration.

Source: kubernetes-sigs/kubespray 46dbdd3, `roles/kubernetes/control-plane/templates/kubeadm-config.v1beta4.yaml.j2`,
the defaults in `roles/kubernetes/control-plane/defaults/main/kube-proxy.yml` and `roles/kubespray_defaults`; for names
of older releases its tags v2.0.1 to v2.28.0.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..arguments.finding import Finding
from ..arguments.nearest import nearest
from ..ports import HEALTHZ_PORT, METRICS_PORT


@dataclass(frozen=True)
class Variable:
    """A variable of kubespray, its default, the fields it goes to, and whether the template quotes it there."""

    name: str
    default: object
    paths: tuple[str, ...]
    quoted: bool = False


PREFIX = "kube_proxy_"
_P = PREFIX

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
    Variable(_P + "healthz_bind_address", f"0.0.0.0:{HEALTHZ_PORT}", ("healthzBindAddress",), quoted=True),
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
    Variable(_P + "metrics_bind_address", f"127.0.0.1:{METRICS_PORT}", ("metricsBindAddress",), quoted=True),
    Variable(_P + "mode", "ipvs", ("mode",)),
    Variable(_P + "nodeport_addresses", (), ("nodePortAddresses",)),
    Variable(_P + "oom_score_adj", -999, ("oomScoreAdj",)),
    Variable(_P + "port_range", "", ("portRange",)),
    Variable(_P + "feature_gates", (), ("featureGates",)),
)
"""The variables that the template writes down, in its order."""

OF_PATH = {path: variable.name for variable in VARIABLES for path in variable.paths}

_DECIDING: dict[str, object] = {
    **{variable.name: variable.default for variable in VARIABLES if variable.default is not None},
    "kube_pods_subnet_ipv6": "fd85:ee78:d8a6:8607::1:0000/112",
    "ipv4_stack": True,
    "enable_dual_stack_networks": False,
    "kube_network_plugin": "calico",
    "kube_feature_gates": (),
}

DEFAULTS: dict[str, object] = {
    **_DECIDING,
    "kube_apiserver_port": 6443,
    "kube_service_addresses": "10.233.0.0/18",
    "kube_service_addresses_ipv6": "fd85:ee78:d8a6:8607::1000/116",
    "kube_network_node_prefix": 24,
    _P + "remove": False,
}
"""The defaults that a value may refer to."""

LEGACY_NODE_PORTS = _P + "nodeport_addresses_cidr"

UNSET = {LEGACY_NODE_PORTS, "cloud_provider"}
"""Variables that kubespray asks for and has no default of."""

_ELSEWHERE = re.compile(
    r"(ansible|kube|kubelet|kubeadm|etcd|calico|cilium|flannel|coredns|nodelocaldns|loadbalancer|container|docker)_\w+"
    r"|(main_)?(access_)?ip6?|inventory_\w+|group_names|groups|hostvars|play_hosts|omit|playbook_dir|role_\w+|environment"
)
"""Names that facts, Ansible, host variables or other roles of kubespray are likely to give a value."""

_OTHERS = {
    _P + name
    for name in ("remove", "nodeport_addresses_cidr", "ipvs_modules", "image_repo", "image_tag", "nodeselector")
}
"""What else is called `kube_proxy_...` and says nothing of a field by itself."""

_FIELDS_REMOVED = {_P + name for name in ("conntrack_max", "udp_idle_timeout", "resource_container")}

_NO_FIELDS = {
    _P + name
    for name in (
        "cert",
        "cert_list",
        "cert_serial",
        "certs_needed",
        "cleanup_command",
        "cpu_limit",
        "cpu_requests",
        "memory_limit",
        "memory_requests",
        "upload_config",
    )
}
"""What older releases set beside kube-proxy's configuration: certificates, limits of its pod."""

WORKED_OUT = {
    "kube_pods_subnets": "Set kube_pods_subnet, kube_pods_subnet_ipv6, ipv4_stack and ipv6_stack",
    _P + "deployed": "Set kube_proxy_remove or kubeadm_init_phases_skip",
}
"""Variables of a role, which take precedence over an inventory's -> what to set instead."""

_ON_AWS = {
    "{%ifcloud_providerisdefinedandcloud_providerin['aws']%}{%else%}{{" + name + "}}{%endif%}"
    for name in ("inventory_hostname", "ansible_hostname")
}
_OWN_EXPRESSIONS = {
    _P + "nodeport_addresses": {
        "{%ifkube_proxy_nodeport_addresses_cidrisdefined%}[{{kube_proxy_nodeport_addresses_cidr}}]{%else%}[]{%endif%}"
    },
    "kube_override_hostname": {"{{inventory_hostname}}", "{{ansible_hostname}}", *_ON_AWS},
    "ipv6_stack": {"{{enable_dual_stack_networks|default(false)}}"},
}
"""Variable -> the expressions that kubespray had for it, which inventories repeat, without spaces and hyphens."""


def counts(name: str) -> bool:
    """Tell whether a variable decides about kube-proxy's configuration, or looks as if it should."""
    return name.startswith(_P) or name in {*OF_PATH.values(), *_DECIDING, *WORKED_OUT, "ipv6_stack"}


def is_set_elsewhere(name: str) -> bool:
    """Tell whether a variable that an inventory does not give has a value all the same, which is not known here."""
    return name not in UNSET and _ELSEWHERE.fullmatch(name) is not None


def is_own_expression(name: str, value: object) -> bool:
    """Tell whether a value is the expression that kubespray itself has for the variable."""
    return isinstance(value, str) and re.sub(r"[\s-]", "", value) in _OWN_EXPRESSIONS.get(name, ())


def is_without_name_on_aws(value: object) -> bool:
    """Tell whether an expression of `kube_override_hostname` gives no name where `cloud_provider` is `aws`."""
    return isinstance(value, str) and re.sub(r"[\s-]", "", value) in _ON_AWS


def unknown(inventory: Mapping[str, object]) -> Iterator[Finding]:
    """Find variables that kubespray does not have, and those that it works out itself."""
    known = {*OF_PATH.values(), *_OTHERS}
    templates = [text for value in inventory.values() for text in _texts(value) if "{" in text]
    for name in inventory:
        if name in WORKED_OUT:
            yield Finding(name, "is set by a role of kubespray, which overrides the inventory", WORKED_OUT[name])
        elif name.startswith(_P) and name not in known | _FIELDS_REMOVED | _NO_FIELDS:
            if any(re.search(rf"\b{name}\b", text) for text in templates):
                continue  # a helper of the inventory's own
            near = nearest(name[len(_P) :], [one[len(_P) :] for one in known if one.startswith(_P)])
            fix = f"Write '{_P}{near}', if that was meant" if near else "Remove it"
            yield Finding(name, "kubespray does not know this variable", fix)


def outdated(inventory: Mapping[str, object]) -> Iterator[Finding]:
    """Find variables of older releases that reach no field of a supported kube-proxy."""
    for name in sorted(inventory.keys() & (_FIELDS_REMOVED | _NO_FIELDS)):
        what = "no supported kube-proxy has the field that it set"
        if name in _NO_FIELDS:
            what = "it set no field of kube-proxy's configuration, and kubespray no longer reads it"
        yield Finding(name, f"is a variable of older releases: {what}", "Remove it")


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        yield from (item for item in value if isinstance(item, str))
