"""Rules on ConfigMaps with a KubeProxyConfiguration, and on secrets in ConfigMaps. What is refused is formats/'s."""

import re
from collections.abc import Iterator
from functools import lru_cache

from ..finding import Finding
from ..formats.kube_proxy import NO_SUCH_FIELD, Reading, read_kube_proxy
from ..formats.kube_proxy_text import parse_text
from ..formats.meaning import NotUnderstood
from .objects import UNKNOWN, WORKLOADS, KubernetesObject, Objects
from .rule import Level, NotChecked, Parameters, Rule, Said, Severity

_DOCUMENT = "https://kubernetes.io/docs/reference/config-api/kube-proxy-config.v1alpha1/"
_IS_MEANT = re.compile(r"(?m)^\s*\"?kind\"?:\s*\"?KubeProxyConfiguration")
_IMAGE = re.compile(r"kube-proxy[^:]*:v?1\.([0-9]+)")
_IPVS_DEPRECATED = 35
_HEALTH_PORT = "10256"

_PRIVATE_KEY = re.compile(r"-----BEGIN ([A-Z]+ )?PRIVATE KEY-----")
_KUBECONFIG = re.compile(r"(?m)^\s*\"?kind\"?:\s*\"?Config\b")
_CREDENTIAL = re.compile(r"(?m)^[\s-]*\"?(token|password|client-key-data)\"?:[ \t]*[\"']?(?![\"'${<#\s])\S")


@lru_cache(maxsize=64)  # several rules read the same text
def _read(text: str) -> Reading | None:
    return read_kube_proxy(text.encode(errors="replace"))


def _readings(config_map: KubernetesObject) -> Iterator[tuple[str, Reading]]:
    """Yield where each KubeProxyConfiguration of a ConfigMap stands, and what it configures."""
    for key, text in config_map.texts("data").items():
        if isinstance(text, str) and _IS_MEANT.search(text) and (reading := _read(text)):
            yield f"data['{key}']", reading


def _at(where: str, finding: Finding) -> Finding:
    return Finding(f"{where}: {finding.where}", finding.what, finding.fix)


def _refuses(config_map: KubernetesObject, _: Parameters) -> Iterator[Said]:
    for where, reading in _readings(config_map):
        yield from (_at(where, finding) for finding in reading.findings if finding.what != NO_SUCH_FIELD)
    unknown = config_map.get("data") is UNKNOWN or UNKNOWN in config_map.texts("data").values()
    if unknown and config_map.name == "kube-proxy":
        yield NotChecked("data")
    for key, text in config_map.texts("data").items():
        where = f"data['{key}']"
        if isinstance(text, str) and _IS_MEANT.search(text) and not _read(text):
            yield NotChecked(where, _why_not_read(text))


def _why_not_read(text: str) -> str:
    try:
        parse_text(text.encode(errors="replace"))
    except NotUnderstood as why:
        return str(why)
    return "it is of another version than v1alpha1"


def _ignores(config_map: KubernetesObject, _: Parameters) -> Iterator[Said]:
    for where, reading in _readings(config_map):
        dropped = [finding for finding in reading.findings if finding.what == NO_SUCH_FIELD]
        without_effect = [finding for finding in reading.warnings if finding.where != "mode"]
        yield from (_at(where, finding) for finding in (*dropped, *without_effect))


def _mode(config_map: KubernetesObject, _: Parameters) -> Iterator[Said]:
    for where, reading in _readings(config_map):
        yield from (_at(where, finding) for finding in reading.warnings if finding.where == "mode")


def _health_port(config_map: KubernetesObject, _: Parameters) -> Iterator[Said]:
    for where, reading in _readings(config_map):
        address = reading.effective.get("healthzBindAddress")
        if isinstance(address, str) and address.rpartition(":")[2] != _HEALTH_PORT:
            yield Finding(
                f"{where}: healthzBindAddress",
                f"is {address}, and load balancers and probes ask port {_HEALTH_PORT} whether the node is well",
                f"Keep port {_HEALTH_PORT}, or skip this with what asks the other one as the reason",
            )


def _ipvs(objects: Objects, _: Parameters) -> Iterator[tuple[KubernetesObject, Said]]:
    found = [
        (config_map, where)
        for config_map in objects.kind("ConfigMap")
        for where, reading in _readings(config_map)
        if reading.effective.get("mode") == "ipvs"
    ]
    if not found:
        return
    releases: dict[tuple[object, object], list[int]] = {}
    for workload in objects.kind(*WORKLOADS):
        images = [_IMAGE.search(str(image)) for _path, image in workload.in_pods("containers", "*", "image")]
        for _reference, o in objects.read_by(workload):
            releases.setdefault((o.namespace, o.name), []).extend(int(image[1]) for image in images if image)
    for config_map, where in found:
        minors = releases.get((config_map.namespace, config_map.name), [])
        if not minors or max(minors) >= _IPVS_DEPRECATED:
            yield (
                config_map,
                Finding(
                    f"{where}: mode",
                    f"is ipvs, which is deprecated since Kubernetes 1.{_IPVS_DEPRECATED} and will be removed",
                    "Plan the move to nftables, wave by wave: rules are made anew by another mechanism",
                ),
            )


def _secret(config_map: KubernetesObject, _: Parameters) -> Iterator[Said]:
    for key, text in config_map.texts("data").items():
        if not isinstance(text, str):
            continue
        what = "holds a private key" if _PRIVATE_KEY.search(text) else ""
        if _KUBECONFIG.search(text) and (credential := _CREDENTIAL.search(text)):
            what = f"is a kubeconfig with a {credential[1]}"
        if what:
            yield Finding(
                f"data['{key}']",
                f"{what}, and everyone who may read ConfigMaps can read it",
                "Put it into a Secret, or refer to a file as tokenFile does",
            )


def _configuration(text: str, account: str = "") -> str:
    """Return a manifest of kube-proxy's ConfigMap, for the examples."""
    lines = "\n".join(f"    {line}" for line in text.splitlines())
    key = "kubeconfig.conf" if account else "config.conf"
    head = (
        "apiVersion: v1\n    kind: Config\n"
        if account
        else "apiVersion: kubeproxy.config.k8s.io/v1alpha1\n    kind: KubeProxyConfiguration\n"
    )
    return (
        f"\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: kube-proxy, namespace: kube-system}}\n"
        f"data:\n  {key}: |\n    {head}{lines}\n"
    )


REFUSES = Rule(
    id="kube-proxy-refuses",
    level=Level.MANDATORY,
    severity=Severity.CRITICAL,
    topic="kube-proxy",
    prevents="a configuration with which kube-proxy does not start, on node after node",
    fix="what the finding says; the real kube-proxy is the judge of these rules",
    link=_DOCUMENT,
    kinds=("ConfigMap",),
    check_one=_refuses,
    bad=_configuration("mode: iptables\noomScoreAdj: -2000"),
    good=_configuration("mode: iptables\noomScoreAdj: -999"),
)

IGNORES = Rule(
    id="kube-proxy-ignores",
    level=Level.ADVISORY,
    severity=Severity.MEDIUM,
    topic="kube-proxy",
    prevents="a misspelt or outdated field that kube-proxy silently drops",
    fix="the field's name, or its removal",
    link=_DOCUMENT,
    kinds=("ConfigMap",),
    check_one=_ignores,
    bad=_configuration("mode: iptables\nconntrack: {maxPerCor: 0}"),
    good=_configuration("mode: iptables\nconntrack: {maxPerCore: 0}"),
)

MODE = Rule(
    id="kube-proxy-mode",
    level=Level.ADVISORY,
    severity=Severity.MEDIUM,
    topic="kube-proxy",
    prevents="a switch of every node's data plane by an upgrade that changes the default",
    fix="mode written out",
    link="https://github.com/kubernetes/enhancements/tree/master/keps/sig-network/5343-kube-proxy-default-nftables",
    kinds=("ConfigMap",),
    check_one=_mode,
    bad=_configuration("clusterCIDR: 10.244.0.0/16"),
    good=_configuration("clusterCIDR: 10.244.0.0/16\nmode: iptables"),
)

IPVS = Rule(
    id="kube-proxy-ipvs",
    level=Level.ADVISORY,
    severity=Severity.MEDIUM,
    topic="kube-proxy",
    prevents="an upgrade to a release that no longer knows the mode; silent for images older than 1.35",
    fix="a planned move to nftables",
    link="https://github.com/kubernetes/enhancements/tree/master/keps/sig-network/5495-deprecate-ipvs-mode-in-kube-proxy",
    check_all=_ipvs,
    bad=_configuration("mode: ipvs"),
    good=_configuration("mode: nftables"),
)

HEALTH_PORT = Rule(
    id="kube-proxy-health-port",
    level=Level.ADVISORY,
    severity=Severity.HIGH,
    topic="kube-proxy",
    prevents="load balancers that take every node out, since nobody answers on port 10256",
    fix="healthzBindAddress with port 10256",
    link=_DOCUMENT,
    kinds=("ConfigMap",),
    check_one=_health_port,
    bad=_configuration("mode: iptables\nhealthzBindAddress: 0.0.0.0:10257"),
    good=_configuration("mode: iptables\nhealthzBindAddress: 0.0.0.0:10256"),
)

SECRET = Rule(
    id="secret-in-config-map",
    level=Level.ADVISORY,
    severity=Severity.HIGH,
    topic="secrets",
    prevents="a private key, or a kubeconfig's token, that everyone who may read ConfigMaps can read",
    fix="a Secret, or tokenFile",
    link="https://kubernetes.io/docs/concepts/configuration/configmap/",
    kinds=("ConfigMap",),
    check_one=_secret,
    bad=_configuration("users:\n- name: default\n  user: {}\n  token: abcdef", account="token"),
    good=_configuration(
        "users:\n- name: default\n  user:\n    tokenFile: /var/run/secrets/kubernetes.io/serviceaccount/token",
        account="tokenFile",
    ),
)
