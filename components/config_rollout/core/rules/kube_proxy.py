"""
Rules on ConfigMaps with a KubeProxyConfiguration. What kube-proxy refuses is defined in formats/.

The reader of such a configuration is imported only if there is one: the policy pack starts with every preview, and
most programs have none.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ..arguments.finding import Finding
from ..kinds import KUBE_PROXY
from ..kubernetes import pod_spec as pods
from ..markers import UNKNOWN
from ..ports import HEALTHZ_PORT
from .objects import WITH_PODS, KubernetesObject, Objects
from .placeholders import filled_later, placeholder_in
from .rule import Answer, Level, NotChecked, Parameters, Rule, Severity

if TYPE_CHECKING:
    from ..formats.kube_proxy.read import Reading
    from ..formats.kube_proxy.yaml import NotRead

_DOCUMENT = "https://kubernetes.io/docs/reference/config-api/kube-proxy-config.v1alpha1/"
_IPVS_DEPRECATED = 35
_HEALTH_PORT = str(HEALTHZ_PORT)


def _read(text: str, in_place: bool, platform: str = "") -> "Reading | NotRead | None":
    """Return what a text configures, or why kube-proxy cannot read it; `None` if it is not meant for kube-proxy."""
    if in_place or "kubeproxy.config.k8s.io" in text or KUBE_PROXY in text:
        return _read_once(text, in_place, platform)
    return None


@lru_cache(maxsize=1024)  # each rule goes through all texts, so a smaller cache would be useless
def _read_once(text: str, in_place: bool, platform: str) -> "Reading | NotRead | None":
    from ..formats.kube_proxy.read import reading_of, says_so, seems_so
    from ..formats.kube_proxy.text import read_text
    from ..formats.kube_proxy.yaml import NotRead

    raw = text.encode(errors="replace")
    try:
        decoded = read_text(raw)
    except NotRead as why:
        return why if in_place or seems_so(raw) else None
    try:
        return reading_of(decoded, platform) if in_place or says_so(decoded) else None
    except NotRead as why:
        return why


def _texts(config_map: KubernetesObject) -> Iterator[tuple[str, str, bool]]:
    """Yield path and text of each key of a ConfigMap, and whether a known layout has its configuration there."""
    for key, text in config_map.texts("data").items():
        if config_map.kind == KUBE_PROXY:  # a file of its own
            yield "", str(text), True
        elif isinstance(text, str):
            yield f"data['{key}']", text, _is_in_place(config_map, key)


def _is_in_place(config_map: KubernetesObject, key: str) -> bool:
    if "kube-proxy" not in str(config_map.name):  # as in all layouts
        return False
    from ..kube_proxy.layout import LAYOUTS

    here = (config_map.namespace, config_map.name, key)
    return any(here == (one.namespace, one.config_map, one.key) for one in LAYOUTS.values())


def _readings(config_map: KubernetesObject) -> "Iterator[tuple[str, Reading]]":
    """Yield the path of each KubeProxyConfiguration of a ConfigMap, and what it configures."""
    for where, text, in_place in _texts(config_map):
        if reading := _understood(text, in_place):
            yield where, reading


def _understood(text: str, in_place: bool, platform: str = "") -> "Reading | None":
    reading = _read(text, in_place, platform)
    return None if isinstance(reading, Exception) else reading


def _at(where: str, finding: Finding) -> Answer:
    """Return the finding about a field of the text at `where`, or "not checked" for a placeholder."""
    at = f"{where}: {finding.where}" if where else finding.where
    if text := placeholder_in(finding.where) or placeholder_in(finding.what):
        return NotChecked(at, filled_later(text))
    return Finding(at, finding.what, finding.fix)


def _refused(where: str, text: str, in_place: bool) -> Iterator[Answer]:
    """Yield what kube-proxy refuses in a text, whatever its release and platform."""
    reading = _read(text, in_place)
    if isinstance(reading, Exception) and (placeholder := placeholder_in(text)):
        yield NotChecked(where or "the file", f"contains a placeholder (got {placeholder!r})")
    elif reading is not None:
        yield from (_at(where, finding) for finding in reading.findings)


def _refuses(config_map: KubernetesObject, _: Parameters) -> Iterator[Answer]:
    for where, text, in_place in _texts(config_map):
        yield from _refused(where, text, in_place)
    unknown = config_map.get("data") is UNKNOWN or UNKNOWN in config_map.texts("data").values()
    if unknown and config_map.name == "kube-proxy":
        yield NotChecked("data")


def _refuses_there(objects: Objects, _: Parameters) -> Iterator[tuple[KubernetesObject, Answer]]:
    """Find what only the releases and platforms of the pods that read a configuration refuse."""
    reported = set()
    for workload in objects.kind(*WITH_PODS):
        platform = pods.platform(workload.pod_spec)
        for _reference, config_map in objects.read_by(workload):
            for where, text, in_place in _texts(config_map) if config_map.kind == "ConfigMap" else ():
                anywhere, there = _understood(text, in_place), _understood(text, in_place, platform)
                if not anywhere or not there:
                    continue
                from ..kube_proxy.files import check_release, releases_in

                findings = [finding for finding in there.findings if finding not in anywhere.findings]
                releases = releases_in(workload.pod_spec)
                findings += [finding for one in releases for finding in check_release(text.encode(), one)[0]]
                for finding in findings:
                    if (config_map.title, where, finding) not in reported:
                        reported.add((config_map.title, where, finding))
                        yield config_map, _at(where, finding)


def _ignores(config_map: KubernetesObject, _: Parameters) -> Iterator[Answer]:
    for where, reading in _readings(config_map):
        from ..formats.kube_proxy.read import MODE_NOT_SET, NO_SUCH_FIELD

        dropped = [finding for finding in reading.warnings if finding.what == NO_SUCH_FIELD]
        others = [finding for finding in reading.warnings if finding not in dropped and finding != MODE_NOT_SET]
        yield from (_at(where, finding) for finding in (*dropped, *others))


def _mode(objects: Objects, _: Parameters) -> Iterator[tuple[KubernetesObject, Answer]]:
    platforms: dict[str, set[str]] = {}
    for workload in objects.kind(*WITH_PODS):
        for _reference, o in objects.read_by(workload):
            platforms.setdefault(o.title, set()).add(pods.platform(workload.pod_spec))
    for config_map in objects.kind("ConfigMap", KUBE_PROXY):
        if platforms.get(config_map.title) != {"windows"}:  # there kernelspace is the only mode
            for where, reading in _readings(config_map):
                from ..formats.kube_proxy.read import MODE_NOT_SET

                yield from ((config_map, _at(where, one)) for one in reading.warnings if one == MODE_NOT_SET)


def _health_port(objects: Objects, _: Parameters) -> Iterator[tuple[KubernetesObject, Answer]]:
    readings = [
        (config_map, *one) for config_map in objects.kind("ConfigMap", KUBE_PROXY) for one in _readings(config_map)
    ]
    asking = _asking_the_node(objects) if readings else {}
    for config_map, where, reading in readings:
        address = reading.effective.get("healthzBindAddress")
        if isinstance(address, str) and address:
            for finding in _unhealthy(address, asking.get((str(config_map.namespace), config_map.name))):
                yield config_map, _at(where, finding)


def _unhealthy(address: str, probe: str | None) -> Iterator[Finding]:
    host, _, port = address.rpartition(":")
    if port != _HEALTH_PORT:
        yield Finding(
            "healthzBindAddress",
            f"is {address}, but load balancers and probes ask port {_HEALTH_PORT} whether the node is healthy",
            f"Keep port {_HEALTH_PORT}, or skip this rule and give what asks the other port as the reason",
        )
    elif probe and (host == "localhost" or host.strip("[]") == "::1" or host.startswith("127.")):
        yield Finding(
            "healthzBindAddress",
            f"is {address}, which answers only the node itself, but {probe} asks the pod's address",
            f"Use 0.0.0.0:{_HEALTH_PORT} or the node's own address, or set `host: 127.0.0.1` in the probe",
        )


def _asking_the_node(objects: Objects) -> dict[tuple[str, object], str]:
    """Return (namespace, name) of a ConfigMap -> the probe of its readers that asks the pod's address."""
    asking: dict[tuple[str, object], str] = {}
    for workload in objects.kind(*WITH_PODS):
        for path, container in workload.in_pods("containers", "*"):
            for probe in _probes_of_health(container) if isinstance(container, Mapping) else ():
                for _reference, o in objects.read_by(workload):
                    asking.setdefault((str(o.namespace), o.name), f"{path}.{probe} of {workload.title}")
    return asking


def _probes_of_health(container: Mapping[str, Any]) -> Iterator[str]:
    """Yield the probes of a container that the kubelet sends to the health port at the pod's own address."""
    ports = container.get("ports")
    by_name = (
        {port.get("name"): port.get("containerPort") for port in ports if isinstance(port, Mapping)} if ports else {}
    )
    for kind in ("readinessProbe", "livenessProbe", "startupProbe"):
        for way in ("httpGet", "tcpSocket"):
            probe = container.get(kind)
            request = probe.get(way) if isinstance(probe, Mapping) else None
            port = request.get("port") if isinstance(request, Mapping) else None
            if (
                isinstance(request, Mapping)
                and str(by_name.get(port, port)) == _HEALTH_PORT
                and not request.get("host")
            ):
                yield f"{kind}.{way}"


def _ipvs(objects: Objects, _: Parameters) -> Iterator[tuple[KubernetesObject, Answer]]:
    ipvs = [
        (config_map, where)
        for config_map in objects.kind("ConfigMap", KUBE_PROXY)
        for where, reading in _readings(config_map)
        if reading.effective.get("mode") == "ipvs"
    ]
    if not ipvs:
        return
    from ..kube_proxy.files import releases_in

    releases: dict[tuple[object, object], list[int]] = {}
    for workload in objects.kind(*WITH_PODS):
        minors = [int(release.partition(".")[2]) for release in releases_in(workload.pod_spec)]
        for _reference, o in objects.read_by(workload):
            releases.setdefault((o.namespace, o.name), []).extend(minors)
    for config_map, where in ipvs:
        minors = releases.get((config_map.namespace, config_map.name), [])
        if not minors or max(minors) >= _IPVS_DEPRECATED:
            yield (
                config_map,
                Finding(
                    f"{where}: mode" if where else "mode",
                    f"is ipvs, which is deprecated since Kubernetes 1.{_IPVS_DEPRECATED} and will be removed",
                    "Plan the move to nftables, wave by wave: a different mechanism recreates all rules",
                ),
            )


def _configuration(text: str) -> str:
    """Return a manifest of kube-proxy's ConfigMap, for the examples."""
    lines = "\n".join(f"    {line}" for line in text.splitlines())
    head = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\n    kind: KubeProxyConfiguration\n"
    return (
        f"\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: kube-proxy, namespace: kube-system}}\n"
        f"data:\n  config.conf: |\n    {head}{lines}\n"
    )


_PODS = """---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: kube-proxy, namespace: kube-system}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      nodeSelector: {kubernetes.io/os: linux}
      containers: [{name: kube-proxy, image: "registry.k8s.io/kube-proxy:v1.36.3"}]
      volumes: [{name: kube-proxy, configMap: {name: kube-proxy}}]
"""

REFUSES = Rule(
    id="kube-proxy-refuses",
    level=Level.MANDATORY,
    severity=Severity.CRITICAL,
    topic="kube-proxy",
    prevents="a configuration with which kube-proxy does not start, on one node after another",
    fix="what the finding says; these rules are tested against the real kube-proxy",
    link=_DOCUMENT,
    kinds=("ConfigMap", KUBE_PROXY),
    check_one=_refuses,
    bad=_configuration("mode: iptables\noomScoreAdj: -2000"),
    good=_configuration("mode: iptables\noomScoreAdj: -999"),
)

REFUSES_THERE = Rule(
    id="kube-proxy-release",
    level=Level.MANDATORY,
    severity=Severity.CRITICAL,
    topic="kube-proxy",
    prevents="a feature gate or mode that the kube-proxy of these pods does not have, so it exits on every node",
    fix="what the finding says; checked if the image tag or the pods' node selector tells release or platform",
    link=_DOCUMENT,
    check_all=_refuses_there,
    bad=_configuration("mode: iptables\nfeatureGates: {IPv6DualStack: true}") + _PODS,
    good=_configuration("mode: iptables\nfeatureGates: {AllAlpha: false}") + _PODS,
)

IGNORES = Rule(
    id="kube-proxy-ignores",
    level=Level.ADVISORY,
    severity=Severity.MEDIUM,
    topic="kube-proxy",
    prevents="a misspelt or outdated field that kube-proxy silently drops, or a value that it reads unexpectedly",
    fix="the correct field name, or removal of the field",
    link=_DOCUMENT,
    kinds=("ConfigMap", KUBE_PROXY),
    check_one=_ignores,
    bad=_configuration("mode: iptables\nconntrack: {maxPerCor: 0}"),
    good=_configuration("mode: iptables\nconntrack: {maxPerCore: 0}"),
)

MODE = Rule(
    id="kube-proxy-mode",
    level=Level.ADVISORY,
    severity=Severity.MEDIUM,
    topic="kube-proxy",
    prevents="an upgrade that changes the default mode, and with it every node's data plane",
    fix="an explicit mode",
    link="https://github.com/kubernetes/enhancements/tree/master/keps/sig-network/5343-kube-proxy-default-nftables",
    check_all=_mode,
    bad=_configuration("clusterCIDR: 10.244.0.0/16"),
    good=_configuration("clusterCIDR: 10.244.0.0/16\nmode: iptables"),
)

IPVS = Rule(
    id="kube-proxy-ipvs",
    level=Level.ADVISORY,
    severity=Severity.MEDIUM,
    topic="kube-proxy",
    prevents="an upgrade to a release without mode ipvs; not reported for images older than 1.35",
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
    prevents=f"load balancers that drop every node, because nothing answers on port {HEALTHZ_PORT}",
    fix=f"healthzBindAddress with port {HEALTHZ_PORT}, at an address that load balancers and probes can reach",
    link=_DOCUMENT,
    check_all=_health_port,
    bad=_configuration("mode: iptables\nhealthzBindAddress: 0.0.0.0:10257"),
    good=_configuration(f"mode: iptables\nhealthzBindAddress: 0.0.0.0:{HEALTHZ_PORT}"),
)
