"""Whether an answer to a gate is good: each rule returns why not, or an empty text. Not here: asking (hooks/)."""

import functools
import json
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..configuration.content import Content
from ..configuration.diff import diff_values
from ..formats.kube_proxy.read import API_VERSION, KIND, UNSET_MODE, UNSET_ON_WINDOWS, read_kube_proxy
from ..kubernetes.pods import ProbedPod
from ..ports import HEALTHZ_PORT, METRICS_PORT
from ..words.shown import escaped
from .gates import Gate, NewServiceGate, PrometheusGate
from .http_answers import judge_http
from .new_service import is_excused

_NOT_UNDERSTOOD = "gives an answer that cannot be parsed: check the address"
_MOST = 3
_LAST_SYNC = re.compile(
    r"^kubeproxy_sync_proxy_rules_last_timestamp_seconds(?:{[^}]*ip_family=\"(?P<family>\w+)\"[^}]*})? (?P<at>\S+)",
    re.M,
)
_LOOPBACK = ("127.", "[::1]", "localhost")


@dataclass(frozen=True)
class WantedProxy:
    """The configuration that every kube-proxy is to run, and where it answers."""

    effective: Mapping[str, object]
    platform: str = "linux"

    @property
    def port(self) -> int:
        """Where `/livez` is."""
        return _port_of(self.effective.get("healthzBindAddress"), HEALTHZ_PORT)

    @property
    def metrics_port(self) -> int | None:
        """Where `/metrics` and `/configz` are; `None` if only the node reaches them, which is kube-proxy's default."""
        address = str(self.effective.get("metricsBindAddress") or "127.0.0.1")
        return None if address.startswith(_LOOPBACK) else _port_of(address, METRICS_PORT)


def wanted_proxy(content: Content) -> WantedProxy | None:
    """Return the KubeProxyConfiguration among what a ConfigMap holds, if there is one."""
    for key, text in content.data.items():
        platform = "windows" if content.formats.get(key) == "kube-proxy-windows" else "linux"
        if reading := read_kube_proxy(text, platform):
            return WantedProxy(reading.effective, platform)
    return None


def _understood(judge: Callable[..., str]) -> Callable[..., str]:
    """Make an answer that the rule cannot parse a failure, never an exception."""

    @functools.wraps(judge)
    def judged(*arguments: Any) -> str:
        try:
            return judge(*arguments)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError):
            return _NOT_UNDERSTOOD

    return judged


@_understood
def judge_livez(status: int, body: bytes, families: Collection[str], started: str) -> str:
    """
    Every address family is served by the process that started then, and none has a change that waits for too long.

    That is not yet a sync: `lastUpdated` of a family is first the time when its loop began, and the one at the top is
    the time of the answer. Source: kubernetes 1.34 to 1.37 pkg/proxy/healthcheck/proxy_health.go `Health`,
    `livezHandler`; pkg/proxy/nftables/proxier.go `SyncLoop`.
    """
    health = _mapping(body)
    if "healthy" not in health:
        return judge_http(status, body) or (
            "does not report its address families (kube-proxy does since 1.34): use the gate `http` with path /livez"
        )
    served = health.get("status") or {}
    late = [family for family, of in served.items() if not of.get("healthy")]
    if late or not 200 <= status < 300:
        return f"{status} changes have waited too long to be synced ({', '.join(late) or 'no family'})"
    for family in families:
        if family not in served:
            return f"does not serve {family} yet"
        if started and _time(served[family].get("lastUpdated")) < _time(started):
            return f"has not served {family} since it started"
    return ""


@_understood
def judge_metrics(status: int, body: bytes, families: Collection[str]) -> str:
    """
    Every address family has been synced by the running process, at least once.

    Source: kubernetes 1.34 to 1.37 pkg/proxy/metrics/metrics.go `SyncProxyRulesLastTimestamp`, set after each success.
    """
    if wrong := judge_http(status, body):
        return wrong
    synced = {of["family"] or "" for of in _LAST_SYNC.finditer(body.decode(errors="replace")) if float(of["at"]) > 0}
    missing = [family for family in families if not {family, ""} & synced]
    return f"has not synced {' and '.join(missing)} yet" if missing else ""


@_understood
def judge_configz(status: int, body: bytes, wanted: WantedProxy) -> str:
    """
    Check that the running process has the wanted configuration, defaults included.

    Left out is what flags of the command line set beside a file: `hostnameOverride` and `logging`. kube-proxy before
    1.36 writes its own fields and not those of the file; of them only the mode is looked at.
    Source: kubernetes 1.34 to 1.37 cmd/kube-proxy/app/server.go `newProxyServer`, `serveMetrics`.
    """
    if wrong := judge_http(status, body):
        return wrong
    config = _mapping(body).get(API_VERSION.partition("/")[0])
    should = _comparable(wanted.effective)
    if config and "Mode" in config:
        changes = diff_values({"mode": should.get("mode")}, {"mode": config["Mode"]})
    else:
        text = json.dumps({"apiVersion": API_VERSION, "kind": KIND, **config}) if config else ""
        reading = read_kube_proxy(text.encode(), wanted.platform)
        if reading is None:
            return "/configz has no KubeProxyConfiguration"
        changes = diff_values(should, _comparable(reading.effective))
    differences = [f"{change.path} is {change.new!r}, not {change.old!r}" for change in changes]
    return f"runs a different configuration: {_few(differences)}" if differences else ""


def judge_restarts(pod: ProbedPod) -> str:
    """No container has restarted since its pod became ready."""
    times = "once" if pod.restarts == 1 else f"{pod.restarts} times"
    return f"pod {pod.name} restarted {times} after it became ready" if pod.restarts else ""


@_understood
def judge_series(status: int, body: bytes, gate: PrometheusGate) -> str:
    """
    Every series of an instant query is within the bounds; no series at all is a failure.

    Source: Prometheus HTTP API, "Instant queries" and "Expression query result formats".
    """
    answer = _mapping(body)
    if answer.get("status") != "success":
        error = f"{answer.get('errorType')}: {answer['error']}" if "error" in answer else judge_http(status, body)
        return error or _NOT_UNDERSTOOD
    kind, result = answer["data"]["resultType"], answer["data"]["result"]
    if kind not in ("vector", "scalar"):
        return f"the query returns a {kind}: it must return an instant vector"
    series = [({}, result)] if kind == "scalar" else [(item.get("metric", {}), item.get("value")) for item in result]
    if not series:
        return "the query returns no series"
    if not all(value for _, value in series):
        return "the query returns native histograms: it must return numbers"
    beyond = [f"{_labels(metric)}is {value[1]}" for metric, value in series if not _within(float(value[1]), gate)]
    return f"{_few(beyond)}: should be {gate.bounds}" if beyond else ""


def told_apart(gate: Gate, answers: Mapping[str, str], before: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """
    Return, as lines, what counts against a wave, and what already failed before the rollout.

    Answers are node -> why not, with the node empty where a gate asks about everything at once.
    """
    strict = isinstance(gate, NewServiceGate)
    old = {node for node, why in answers.items() if node in before and (not strict or is_excused(before[node], why))}
    against = [
        f"{f'{node}: ' if node else ''}{gate}{' ' if node else ': '}{why}"
        for node, why in answers.items()
        if node not in old
    ]
    return against, already_failed(gate, {node: why for node, why in answers.items() if node in old})


def already_failed(gate: Gate, answers: Mapping[str, str]) -> list[str]:
    """Return lines about what failed before the rollout, and so does not stop it."""
    what = f"gate `{gate}` already failed before this rollout, so it does not stop it"
    return [f"{f'{node}: ' if node else ''}{what}: {escaped(why)}" for node, why in answers.items()]


def _comparable(effective: Mapping[str, object]) -> dict[str, object]:
    fields = {key: value for key, value in effective.items() if key not in ("hostnameOverride", "logging")}
    unset = {UNSET_MODE: "iptables", UNSET_ON_WINDOWS: "kernelspace"}
    mode = fields.get("mode")
    return {**fields, "mode": unset[mode]} if isinstance(mode, str) and mode in unset else fields


def _within(value: float, gate: PrometheusGate) -> bool:
    """Return whether a value is within the bounds; NaN never is."""
    least = -float("inf") if gate.at_least is None else gate.at_least
    most = float("inf") if gate.at_most is None else gate.at_most
    return least <= value <= most


def _labels(metric: Mapping[str, str]) -> str:
    pairs = ", ".join(f'{key}="{value}"' for key, value in sorted(metric.items()))
    return f"{{{pairs}}} " if pairs else ""


def _few(lines: Sequence[str]) -> str:
    more = f" and {len(lines) - _MOST:,} more" if len(lines) > _MOST else ""
    return "; ".join(lines[:_MOST]) + more


def _port_of(address: object, default: int) -> int:
    port = str(address or "").rpartition(":")[2]
    return int(port) if port.isdigit() else default


def _mapping(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _time(text: object) -> datetime:
    return datetime.fromisoformat(str(text))
