"""The two files that kube-proxy reads, made from what a program says: its configuration and its kubeconfig."""

import re
import urllib.parse
from collections.abc import Iterable, Mapping
from typing import Any

from ..arguments.finding import Finding
from ..configuration.content import Content
from ..configuration.diff import FieldChange, KeyChange, diff_contents
from ..formats.kube_proxy.gates import check_gates, check_hidden_metrics, is_known, release_of
from ..formats.kube_proxy.meaning import SAME_RULES
from ..formats.kube_proxy.read import API_VERSION, KIND, MODE_NOT_SET, UNSET_MODE, read_kube_proxy, read_or_refuse
from ..formats.kube_proxy.yaml import NotRead
from ..kubernetes import pod_spec as pods
from ..ports import HEALTHZ_PORT
from .layout import Layout

_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"


def config_file(config: object, layout: Layout, mode_required: bool) -> tuple[str, list[Finding]]:
    """
    Return the text of a KubeProxyConfiguration and what is wrong with it as a whole.

    Parsing the content finds what is wrong with its fields. A mapping gets `apiVersion`, `kind` and the
    path of the kubeconfig if it does not name them; a text is taken as it is.
    """
    findings: list[Finding] = []
    if isinstance(config, str):
        text = config
    elif isinstance(config, Mapping):
        text, findings = _dumped(_completed(config, layout))
    else:
        wrong = f"must be a mapping or the text of a {KIND} (got {type(config).__name__})"
        return "", [Finding("config", wrong, "Pass a dict or the text of the file")]
    if findings:
        return text, findings
    try:
        reading = read_or_refuse(text.encode(errors="replace"))
    except NotRead as why:
        return text, [Finding(f"config: {one.where}", one.what, one.fix) for one in why.findings]
    if mode_required and reading.effective.get("mode") == UNSET_MODE:
        return text, [Finding("config: mode", MODE_NOT_SET.what, MODE_NOT_SET.fix)]
    return text, []


def kubeconfig_file(server: str) -> str:
    """
    Return the text of the kubeconfig that kubeadm gives kube-proxy, for an API server's address.

    Source: kubernetes 1.36 cmd/kubeadm/app/phases/addons/proxy/manifests.go.
    """
    cluster = {"certificate-authority": f"{_ACCOUNT}/ca.crt", "server": server}
    return _yaml(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"cluster": cluster, "name": "default"}],
            "contexts": [
                {"context": {"cluster": "default", "namespace": "default", "user": "default"}, "name": "default"}
            ],
            "current-context": "default",
            "users": [{"name": "default", "user": {"tokenFile": f"{_ACCOUNT}/token"}}],
        }
    )


def check_server(server: object) -> list[Finding]:
    """Find why `api_server` is not the address of an API server that works without kube-proxy."""
    fix = "Write https://HOST:PORT, an address that works without kube-proxy"
    if not isinstance(server, str):
        return [Finding("api_server", f"must be plain text (got {type(server).__name__})", fix)]
    try:
        parts = urllib.parse.urlsplit(server)
        sound = parts.scheme in ("https", "http") and parts.path in ("", "/") and not parts.query and not parts.fragment
        host, _ = parts.hostname, parts.port
    except ValueError:
        sound, host = False, None
    if not sound or not host or re.search(r"\s", server):
        return [Finding("api_server", f"is not the URL of a server (got {server!r})", fix)]
    if re.fullmatch(r"kubernetes(\.default(\.svc(\..+)?)?)?", host):
        return [Finding("api_server", f"is the address of a Service, which needs kube-proxy (got {server!r})", fix)]
    return []


def check_release(config: bytes, version: str) -> tuple[list[Finding], list[Finding]]:
    """
    Return what a release of kube-proxy refuses in a configuration, and what it warns about.

    `version` is `v1.36.3`, or what else names a release; nothing is refused by one that is unknown, or empty.
    """
    reading, release = read_kube_proxy(config), release_of(version)
    if reading is None:
        return [], []
    findings: list[Finding] = []
    gates, hidden = reading.effective.get("featureGates"), reading.effective.get("showHiddenMetricsForVersion")
    if is_known(release):
        findings += check_gates(gates if isinstance(gates, Mapping) else {}, release)
        findings += check_hidden_metrics(str(hidden or ""), release)
    old = release and int(release.partition(".")[2]) < 35
    if reading.effective.get("mode") != "ipvs" or old:
        return findings, []
    # Source: KEP-5495, and the announcement of Kubernetes 1.35.
    what = "ipvs is deprecated since Kubernetes 1.35 (December 2025), and will be removed in a later release"
    return findings, [Finding("mode", what, "Move to nftables")]


_IMAGE = re.compile(r"kube-proxy[^:]*:(v?1\.[0-9]+)")


def releases_in(pod_spec: object) -> list[str]:
    """Return the releases of kube-proxy that the images of a pod spec name, in order."""
    images = [image for _, image in pods.values(pod_spec, "containers", "*", "image") if isinstance(image, str)]
    return sorted({match[1] for match in map(_IMAGE.search, images) if match})


def check_images(content: Content, pod_spec: object) -> list[Finding]:
    """Find what the kube-proxies of a pod spec refuse in a content because of their release."""
    return [
        Finding(f"data[{key!r}]: {one.where}", one.what, one.fix)
        for key, meaning in content.meanings.items()
        if meaning.format == "kube-proxy"
        for release in releases_in(pod_spec)
        for one in check_release(content.data[key], release)[0]
    ]


DEFAULT_PROBE: dict[str, Any] = {"httpGet": {"path": "/livez", "port": HEALTHZ_PORT}, "periodSeconds": 5}
"""The readiness probe that fits a configuration without `healthzBindAddress`."""


def probe(config: bytes) -> dict[str, Any] | None:
    """
    Return the readiness probe that fits a configuration; `None` where its port cannot be known.

    `/livez` tells whether the rules are synced, and not, as `/healthz`, whether the node is about to be removed.
    Source: kubernetes 1.36 pkg/proxy/healthcheck/proxy_health.go.
    """
    reading = read_kube_proxy(config)
    if reading is None or any(finding.where == "healthzBindAddress" for finding in reading.findings):
        return None
    host, _, port = str(reading.effective["healthzBindAddress"]).rpartition(":")
    host = host.strip("[]")
    get: dict[str, Any] = {"path": "/livez", "port": int(port)}
    if host not in ("", "0.0.0.0", "::"):
        get["host"] = host  # else the kubelet asks the node's address, where nothing listens
    return {"httpGet": get, "periodSeconds": 5}


def kept_by_pods(
    data: Mapping[str, str], mounted: Mapping[str, str], formats: Mapping[str, str], version: str
) -> dict[str, str]:
    """
    Return what the pods are to read: what they already read, if their release treats the new text the same.

    That is so where `mode: iptables` is written out, or no longer, and nothing else differs: on Linux it is the default
    of every release that is known. Another release, or another change, brings the pods what is said.
    """
    if not is_known(release_of(version)):
        return dict(data)
    changes = diff_contents(*(_content(side, formats) for side in (mounted, data)))
    return dict(mounted if runs_the_same(changes) else data)


def runs_the_same(changes: Iterable[KeyChange]) -> bool:
    """Tell whether changes restart, by their hash, and are none to the releases that are known."""
    restarting = [one for change in changes if change.restarts for one in _restarting(change)]
    return bool(restarting) and all(one is not None and one.effect.kind == SAME_RULES for one in restarting)


def _restarting(change: KeyChange) -> list[FieldChange | None]:
    """Return the fields of a key whose change restarts; `None` stands for the key as a whole."""
    fields: list[FieldChange] = change.fields or []
    return [one for one in fields if one.effect.effect == "restart"] or [None]


def _content(files: Mapping[str, str], formats: Mapping[str, str]) -> Content:
    texts = {key: text.encode(errors="replace") for key, text in files.items()}
    return Content(texts, {}, {key: name for key, name in formats.items() if key in files})


def same_bytes(live: Mapping[str, str], wanted: Mapping[str, str], formats: Mapping[str, str]) -> dict[str, str]:
    """Return what is wanted, in the live bytes where those mean the same: nothing is written for a comment."""
    here, there = (_content(side, formats).meanings for side in (live, wanted))
    same = {key for key in wanted if key in live and here[key].hashed == there[key].hashed}
    return {key: live[key] if key in same else text for key, text in wanted.items()}


def _completed(config: Mapping[str, Any], layout: Layout) -> dict[str, Any]:
    """Return the configuration with what every KubeProxyConfiguration needs."""
    connection = config.get("clientConnection")
    whole = {"apiVersion": API_VERSION, "kind": KIND, **config}
    if connection is None or (isinstance(connection, Mapping) and not connection.get("kubeconfig")):
        whole["clientConnection"] = {**(connection or {}), "kubeconfig": layout.kubeconfig_path}
    return whole


def _dumped(config: dict[str, Any]) -> tuple[str, list[Finding]]:
    import yaml

    try:
        return _yaml(config), []
    except yaml.YAMLError as error:
        what = f"contains a value that YAML cannot represent ({str(error).splitlines()[0]})"
        return "", [Finding("config", what, "Use plain dicts, lists, text and numbers, not Outputs")]


def _yaml(value: object) -> str:
    import yaml

    text: str = yaml.safe_dump(value, sort_keys=False, allow_unicode=True)
    return text
