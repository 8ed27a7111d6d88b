"""The arguments of `KubeProxy`, parsed: what each may be, and what is wrong with it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..arguments.fields import as_written, check_whole_number
from ..arguments.finding import Finding
from ..audit.sinks import Sink, parse_audit
from ..kubernetes.update_strategy import check_update_strategy
from ..kubernetes.workload_kinds import DAEMON_SET
from ..waves.order import Waves, check_beside_waves, parse_waves
from .files import check_server, config_file, kubeconfig_file
from .layout import Layout, parse_layout

WAYS = ("own", "adopt")

MAX_UNAVAILABLE = "10%"
"""How many kube-proxies may be unavailable at once, by default: a restart of 1,000 nodes takes minutes, not hours."""

MIN_READY_SECONDS = 10
"""How long a new kube-proxy must be ready to count as available, in seconds by default: a crash shows by then."""


@dataclass(frozen=True)
class Settings:
    """
    What a program says about its kube-proxy; empty text stands for what it leaves out.

    `config` is the text of the KubeProxyConfiguration and `server` the API server's address; with `adopt` what is live
    stays where they are empty. `update_strategy` has camelCase keys; `waves` is `None` where there are none.
    """

    manage: str = "adopt"
    layout: Layout = field(default_factory=Layout)
    config: str = ""
    server: str = ""
    image: str = ""
    update_strategy: Mapping[str, Any] = field(default_factory=dict)
    min_ready_seconds: int = MIN_READY_SECONDS
    waves: Waves | None = None
    text_version: str | None = None
    audit: Sequence[Sink] = ()
    allow_refused: bool = False
    """Whether the live configuration is rolled out although kube-proxy would refuse it."""
    platform: str = ""
    """`linux` or `windows`, where the pods say so."""

    @property
    def has_waves(self) -> bool:
        """Whether the pods are restarted wave by wave, and not by Kubernetes."""
        return self.waves is not None

    def formats(self) -> dict[str, str]:
        """Return key -> format of the two files."""
        beside = {self.layout.kubeconfig_key: "yaml"} if self.layout.kubeconfig_key else {}
        return {self.layout.key: f"kube-proxy-{self.platform}" if self.platform else "kube-proxy", **beside}

    def own_data(self) -> dict[str, str]:
        """Return the files that the program passes whole: key -> text."""
        files = {self.layout.key: self.config} if self.config else {}
        if self.server and self.manage == "own":
            files[self.layout.kubeconfig_key] = kubeconfig_file(self.server)
        return files

    def taken_over(self) -> list[str]:
        """Return the keys that the program does not pass, and that are taken from the live ConfigMap."""
        keys = [] if self.config else [self.layout.key]
        return keys if self.server or not self.layout.kubeconfig_key else [*keys, self.layout.kubeconfig_key]


def parse(plain: Mapping[str, Any]) -> tuple[Settings, list[Finding]]:
    """Return the settings, and everything that is wrong with the arguments but for the fields of `config`."""
    findings = list(_check_manage(plain))
    manage = str(plain.get("manage", "adopt"))
    layout, wrong = parse_layout(plain.get("layout", "kubeadm"))
    findings += wrong
    text = ""
    if "config" in plain:
        text, wrong = config_file(plain["config"], layout, mode_required=manage == "own")
        findings += wrong
    if "api_server" in plain:
        findings += check_server(plain["api_server"])
        if not layout.kubeconfig_key:
            what = "cannot be used with this layout, which keeps the kubeconfig elsewhere and leaves it alone"
            findings.append(Finding("api_server", what, "Leave it out"))
    strategy, waves, wrong = _strategy(plain)
    sinks, wrong_audit = parse_audit(plain.get("audit", []))
    findings += [*wrong, *wrong_audit]
    for number, least in (("min_ready_seconds", 0), ("rollout_timeout_seconds", 1)):
        if number in plain:
            findings += check_whole_number(number, plain[number], least)
    for name in ("image", "version", "kubeconfig", "context", "text_version"):
        if name in plain and (not isinstance(plain[name], str) or not plain[name]):
            findings.append(Finding(name, f"must be plain text (got {as_written(plain[name])})", "Pass a str"))
    allow = plain.get("allow_refused_config", False)
    if not isinstance(allow, bool):
        shown = as_written(allow)
        findings.append(Finding("allow_refused_config", f"must be True or False (got {shown})", "Pass a bool"))
    elif allow and (manage == "own" or "config" in plain):
        what = "is for a live configuration, but the program passes its own"
        findings.append(Finding("allow_refused_config", what, "Leave it out"))
    settings = Settings(
        manage=manage,
        layout=layout,
        config=text,
        server=str(plain.get("api_server", "")),
        image=str(plain.get("image") or _image(plain.get("version"))),
        update_strategy=strategy,
        min_ready_seconds=plain.get("min_ready_seconds", MIN_READY_SECONDS),
        waves=waves,
        text_version=plain.get("text_version"),
        audit=sinks,
        allow_refused=allow is True,
        platform="linux" if manage == "own" else "",
    )
    return settings, findings


def _strategy(plain: Mapping[str, Any]) -> tuple[dict[str, Any], Waves | None, list[Finding]]:
    """Return the update strategy, the waves that take its place, and what is wrong with either."""
    if "waves" in plain:
        beside = {"min_ready_seconds": MIN_READY_SECONDS, **plain}
        waves, findings = parse_waves(plain["waves"])
        return dict(DAEMON_SET.frozen), waves, [*findings, *check_beside_waves(beside, [])]
    budget = plain.get("max_unavailable", MAX_UNAVAILABLE)
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": budget}}
    wrong = check_update_strategy(strategy, {"hostNetwork": True})
    return strategy, None, [Finding("max_unavailable", finding.what, finding.fix) for finding in wrong]


def _check_manage(plain: Mapping[str, Any]) -> Iterator[Finding]:
    manage = plain.get("manage")
    if manage is not None and manage not in WAYS:
        fix = "Use 'adopt' for an existing kube-proxy, for example kubeadm's, or 'own' for a cluster without one"
        yield Finding("manage", f"must be 'own' or 'adopt' (got {as_written(manage)})", fix)
    if manage == "own":
        for name, why in (("config", "the KubeProxyConfiguration"), ("api_server", "https://HOST:PORT")):
            if name not in plain:
                yield Finding(name, "is required with manage='own'", f"Pass {why}")
        if ("image" in plain) == ("version" in plain):
            what = "cannot both be passed" if "image" in plain else "one of them is required with manage='own'"
            yield Finding("version, image", what, "Pass version='v1.36.3', the cluster's release, or a whole image")
        layout, _ = parse_layout(plain.get("layout", "kubeadm"))
        if not layout.kubeconfig_key:
            yield Finding("layout", "has no kubeconfig_key for the kubeconfig", "Use 'kubeadm', or add the key")
    elif manage == "adopt":
        for name in ("image", "version"):
            if name in plain:
                yield Finding(name, "cannot be set with manage='adopt'", "Leave it out: `kubeadm upgrade` sets it")


def _image(version: object) -> str:
    return f"registry.k8s.io/kube-proxy:v{str(version).removeprefix('v')}" if version else ""
