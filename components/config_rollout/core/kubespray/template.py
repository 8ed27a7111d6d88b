"""
kubespray's variables -> the KubeProxyConfiguration that its kubeadm template makes of them.

Source: kubernetes-sigs/kubespray 46dbdd3, `roles/kubernetes/control-plane/templates/kubeadm-config.v1beta4.yaml.j2`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..arguments.finding import Finding
from ..formats.kube_proxy.fields import BY_PATH, Kind
from ..formats.kube_proxy.read import API_VERSION, KIND, read_kube_proxy
from ..formats.kube_proxy.text import parse_text
from ..formats.kube_proxy.values import Number, resolve
from ..formats.meaning import NotUnderstood
from ..kube_proxy.files import check_release
from .values import NotKnown, Values, shown, spelled
from .variables import (
    LEGACY_NODE_PORTS,
    OF_PATH,
    PREFIX,
    VARIABLES,
    Variable,
    is_without_name_on_aws,
    outdated,
    unknown,
)


@dataclass(frozen=True)
class Conversion:
    """
    The configuration as YAML, and what is to be said about it. With findings the text is not to be used.

    `used` is the variables that decided about it.
    """

    text: str
    findings: list[Finding]
    warnings: list[Finding]
    used: frozenset[str]


_PLAIN = re.compile(r"[A-Za-z./][-\w./]*|\d+(\.\d+){3}([:/]\d+)?|(\d+[hms])+")


def convert(inventory: Mapping[str, object]) -> Conversion:
    """
    Return the configuration that kubespray renders from these variables and its defaults.

    Args:
      inventory: Variable -> value as Ansible reads it from YAML, templates unevaluated; `Literal` for a text that is
        none, `Unreadable` for what cannot be read. Others than kubespray's are only looked at where a value refers to
        them.

    """
    variables = _Variables(inventory)
    values = dict(variables.fields())
    warnings = [*outdated(inventory), *variables.warnings]
    text = _render(values)
    reading = read_kube_proxy(text.encode())
    findings = [*unknown(inventory), *variables.findings]
    if reading is not None:
        refused, _ = check_release(text.encode(), variables.release())
        findings += [variables.blamed(finding) for finding in (*reading.findings, *refused)]
        warnings += [variables.blamed(warning) for warning in reading.warnings]
    return Conversion(text, list(dict.fromkeys(findings)), list(dict.fromkeys(warnings)), frozenset(variables.used))


class _Variables:
    """Makes fields of variables, and collects what is wrong with them."""

    def __init__(self, inventory: Mapping[str, object]) -> None:
        self._given = inventory
        self._values = Values(inventory)
        self.findings: list[Finding] = []
        self.warnings: list[Finding] = []
        self._from = dict(OF_PATH)

    @property
    def used(self) -> set[str]:
        """The variables that were looked up."""
        return self._values.used

    def blamed(self, finding: Finding) -> Finding:
        """Return what is said of a field as said of the variable that it comes from."""
        path = re.sub(r"\[.*", "", finding.where)
        section, _, gate = path.partition(".")
        if section == "featureGates" and gate:
            return Finding(f"{self._from[section]}: {gate}", finding.what, finding.fix)
        return Finding(self._from.get(path, finding.where), finding.what, finding.fix)

    def release(self) -> str:
        """Return the release of Kubernetes that the inventory names, if it does."""
        try:
            return str(self._values.value("kube_version")) if self._values.is_given("kube_version") else ""
        except NotKnown:
            return ""

    def fields(self) -> Iterator[tuple[str, object]]:
        """Yield path -> value of each field that the template writes."""
        computed = {
            "kube_pods_subnet": self._pod_subnets,
            "kube_override_hostname": self._host_name,
            PREFIX + "nodeport_addresses": self._node_port_addresses,
            PREFIX + "feature_gates": self._feature_gates,
        }
        for variable in VARIABLES:
            try:
                value = computed[variable.name]() if variable.name in computed else self._values.value(variable.name)
                if value is not None or variable.name not in computed:
                    field = _written(variable, value)
                    yield from ((path, field) for path in variable.paths)
            except NotKnown as why:
                self.findings.append(why.finding)
        self._look_at_the_addon()
        for name, other in sorted(self._values.assumed):
            what = f"is evaluated as if '{other}' were not set"
            self.warnings.append(Finding(name, what, "Set it here if a host variable or --extra-vars sets it"))

    def _pod_subnets(self) -> object:
        if self._values.value("kube_network_plugin") == "kube-ovn":
            return None
        families = (self._values.flag("ipv4_stack"), self._values.flag("ipv6_stack"))
        names = {
            (True, False): ["kube_pods_subnet"],
            (True, True): ["kube_pods_subnet", "kube_pods_subnet_ipv6"],
        }.get(families, ["kube_pods_subnet_ipv6"])
        self._from["clusterCIDR"] = " and ".join(names)
        return ",".join(spelled(name, self._values.value(name)) for name in names)

    def _host_name(self) -> object:
        name = "kube_override_hostname"
        if is_without_name_on_aws(self._given.get(name)) and self._values.value("cloud_provider") == "aws":
            return ""
        value = self._values.value(name)
        if value is None:
            self.warnings.append(
                Finding(
                    name,
                    "is not set: kubespray uses the inventory name of the first control plane host, but kube-proxy "
                    "uses its own node's, from kubeadm's flag --hostname-override",
                    "Leave it, or set it to that name to get exactly the same text",
                )
            )
        return value

    def _node_port_addresses(self) -> object:
        name = PREFIX + "nodeport_addresses"
        if LEGACY_NODE_PORTS in self._given:
            if self._values.is_given(name):
                self.warnings.append(Finding(LEGACY_NODE_PORTS, f"is not read, because {name} is set", "Remove it"))
            else:
                self._from["nodePortAddresses"] = LEGACY_NODE_PORTS
        value = self._values.value(name)
        return [] if value is None else value

    def _feature_gates(self) -> object:
        """Return gate -> value from the first of the two lists that is not empty; `None` if both are."""
        for name in (PREFIX + "feature_gates", "kube_feature_gates"):
            if value := self._values.value(name):
                self._from["featureGates"] = name
                return _gates(name, value)
        return None

    def _look_at_the_addon(self) -> None:
        """Warn where kubespray makes no kube-proxy of what it renders."""
        plugin = self._known("kube_network_plugin")
        replaced_by = {
            "kube-router": "kube_router_run_service_proxy",
            "cilium": "cilium_kube_proxy_replacement",
            "calico": "calico_bpf_enabled",
        }.get(str(plugin), "")
        reasons = [name for name in (PREFIX + "remove", replaced_by) if name and _is_on(self._known(name))]
        if "addon/kube-proxy" in str(self._given.get("kubeadm_init_phases_skip", "")):
            reasons.append("kubeadm_init_phases_skip")
        if reasons:
            fix = "Use this for a kube-proxy of your own, or drop it if something else replaces kube-proxy"
            self.warnings.append(Finding(reasons[0], "keeps kubespray from deploying a kube-proxy", fix))

    def _known(self, name: str) -> object:
        """Return the value of a variable that sets no field, or warn that it is not known."""
        try:
            return self._values.value(name)
        except NotKnown as why:
            self.warnings.append(why.finding)
            return None


def _gates(name: str, value: object) -> dict[str, bool]:
    gates = {}
    for item in value if isinstance(value, list) else [None]:
        match = re.fullmatch(r"([A-Za-z]\w*)=(true|false)", item, re.IGNORECASE) if isinstance(item, str) else None
        if not match:
            raise NotKnown(
                Finding(name, f"must list GATE=true or GATE=false (got {shown(item or value)})", "Write '- Gate=true'")
            )
        gates[match[1]] = match[2].lower() == "true"
    return gates


def _written(variable: Variable, value: object) -> object:
    """
    Return the value as kube-proxy reads it back from the rendered template: `"5"` is the number 5 unless it is quoted.

    kubespray's template quotes some.
    """
    if isinstance(value, dict) and variable.name == PREFIX + "feature_gates":
        return value
    text = spelled(variable.name, value)
    try:
        read = parse_text((f'v: "{text}"' if variable.quoted else f"v: {text}").encode())
    except NotUnderstood as why:
        read = why
    if not isinstance(read, dict) or list(read) != ["v"] or not _is_plain(read["v"]):
        what = f"breaks the YAML that kubespray renders (got {shown(value)})"
        raise NotKnown(Finding(variable.name, what, "Use a plain value"))
    return read["v"]


def _is_plain(value: object) -> bool:
    """Tell whether a value can be written again as one that every reader of YAML takes for the same."""
    if isinstance(value, list):
        return all(_is_plain(item) and not isinstance(item, list) for item in value)
    return not isinstance(value, dict) and (not isinstance(value, str) or value.isprintable())


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
    return text if plain else json.dumps(text, ensure_ascii=False)
