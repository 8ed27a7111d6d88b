"""
Gates: what else must be healthy before the next wave begins, as a program passes it, and the words for each.

Not here: whether an answer is good (gate_answers.py), and asking (driver/gates.py).
"""

import urllib.parse
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...args.gates import HttpGateArgs, KubeProxyGateArgs, NewServiceGateArgs, PrometheusGateArgs, RestartsGateArgs
from ..arguments.fields import as_written, check_name, check_seconds, named, wrong_value
from ..arguments.finding import Finding
from .places import BESIDE_A_KIND, FROM_GATE
from .windows import Window, parse_window

TIMEOUT_SECONDS = 60
"""How long a gate is retried before its last answer counts, in seconds, by default."""

BEFORE = "before"
"""The wave's name that commands and functions get before anything restarts."""

PAUSE = "registry.k8s.io/pause:3.10"
"""
What a probe pod runs by default: it does nothing, and containerd 2 has it for its sandboxes anyway.

Source: containerd 2 internal/cri/config/config.go `DefaultSandboxImage`.
"""

MOST_PROBES = 10
"""From how many nodes a new Service is probed at the same time, and at most from how many before anything restarts."""

_SHOWN = 60


@dataclass(frozen=True)
class HttpGate:
    """A path that every pod of a wave must answer with a 2xx, asked through the API server's pod proxy."""

    port: int
    path: str
    timeout_seconds: int = TIMEOUT_SECONDS
    strict: bool = False

    def __str__(self) -> str:
        return f":{self.port}{self.path}"


@dataclass(frozen=True)
class KubeProxyGate:
    """
    Every kube-proxy of a wave serves all address families of its node since it started.

    Where its metrics can be reached it has also synced them, and runs the configuration that it should. The ports are
    those of the configuration where they are `None`.
    """

    port: int | None = None
    metrics_port: int | None = None
    timeout_seconds: int = TIMEOUT_SECONDS
    strict: bool = False

    def __str__(self) -> str:
        return "kube-proxy"


@dataclass(frozen=True)
class RestartsGate:
    """No container of a wave has restarted since its pod became ready."""

    def __str__(self) -> str:
        return "restarts"


@dataclass(frozen=True)
class NewServiceGate:
    """
    Each node of a wave reaches a Service that did not exist before, which a pod on it probes.

    `image` is what these pods run, `namespace` where all of it is made; empty is the DaemonSet's.
    """

    image: str = PAUSE
    namespace: str = ""
    timeout_seconds: int = TIMEOUT_SECONDS
    strict: bool = False

    def __str__(self) -> str:
        return "new Service"


@dataclass(frozen=True)
class UrlGate:
    """An address that must answer a GET with a 2xx, asked from where `up` runs."""

    url: str
    timeout_seconds: int = TIMEOUT_SECONDS
    strict: bool = False

    def __str__(self) -> str:
        return self.url.partition("?")[0]  # a query may hold a token


@dataclass(frozen=True)
class PrometheusGate:
    """An instant query of which every series is within the bounds."""

    url: str
    query: str
    at_least: float | None = None
    at_most: float | None = None
    timeout_seconds: int = TIMEOUT_SECONDS
    strict: bool = False

    def __str__(self) -> str:
        query = " ".join(self.query.split())
        return f"prometheus {query if len(query) <= _SHOWN else query[: _SHOWN - 1] + '…'} {self.bounds}"

    @property
    def bounds(self) -> str:
        """The bounds, in words."""
        bounds = (("at least", self.at_least), ("at most", self.at_most))
        return " and ".join(f"{words} {value:g}" for words, value in bounds if value is not None)


@dataclass(frozen=True)
class CommandGate:
    """A program that exits with 0, run where `up` runs."""

    argv: tuple[str, ...]
    timeout_seconds: int = TIMEOUT_SECONDS
    strict: bool = False

    def __str__(self) -> str:
        return self.argv[0].rpartition("/")[2]


@dataclass(frozen=True)
class FunctionGate:
    """A function of the wave's name and its nodes: false, a text or an exception is a failure."""

    function: Callable[..., object]
    timeout_seconds: int = TIMEOUT_SECONDS
    strict: bool = False

    def __hash__(self) -> int:
        return id(self.function)  # what can be called need not have a hash

    def __str__(self) -> str:
        return str(getattr(self.function, "__name__", type(self.function).__name__))


PodGate = HttpGate | KubeProxyGate | RestartsGate
"""Asked of each pod; the answers are reported by node."""

AskedGate = PodGate | NewServiceGate | UrlGate | PrometheusGate | CommandGate | FunctionGate
"""Asked after a wave, and once before anything restarts."""

Gate = AskedGate | Window


def is_strict(gate: Gate) -> bool:
    """Return whether a gate that fails before anything restarts stops the rollout, without an excuse."""
    return getattr(gate, "strict", False)


def parse_gates(where: str, value: object) -> tuple[tuple[Gate, ...], list[Finding]]:
    """Return the gates of a list, and everything wrong with it."""
    if not isinstance(value, list | tuple):
        return (), [Finding(where, f"must be a list (got {type(value).__name__})", "Pass a list")]
    gates: list[Gate] = []
    findings: list[Finding] = []
    for number, item in enumerate(value):
        gate, wrong = _parse_gate(f"{where}[{number}]", {"function": item} if callable(item) else item)
        gates += [gate] if gate and not wrong else []
        findings += wrong
    return tuple(gates), findings


def _parse_gate(where: str, stated: object) -> tuple[Gate | None, list[Finding]]:
    if not isinstance(stated, Mapping):
        fix = "Pass a function, or a mapping like {'http': {'port': 10256, 'path': '/livez'}}"
        return None, [Finding(where, f"is not a gate (got {as_written(stated)})", fix)]
    of, findings = named(where, stated, (*_PARSERS, *BESIDE_A_KIND), "gate", FROM_GATE)
    kinds = [kind for kind in of if kind in _PARSERS]
    if len(kinds) != 1:
        if kinds or not findings:
            there = ", ".join(kinds) or "none"
            findings.append(
                Finding(where, f"must be exactly one gate (got {there})", f"Use one of {', '.join(_PARSERS)}")
            )
        return None, findings
    (kind,) = kinds
    arguments, wrong = _PARSERS[kind](f"{where}.{kind}", of[kind])
    findings += wrong
    findings += _check_beside(where, kind, of)
    arguments |= {key: of[key] for key in BESIDE_A_KIND if key in of}
    if findings:
        return None, findings
    if kind == "window":
        return arguments["window"], []
    whole = {key: int(value) if key in _WHOLE else value for key, value in arguments.items()}
    return _TYPES[kind](**whole), []


def _check_beside(where: str, kind: str, of: Mapping[str, Any]) -> Iterator[Finding]:
    why = {"timeout_seconds": "is not waited for", "strict": "is not asked before anything restarts"}
    if kind in ("restarts", "window"):
        for key in of.keys() & {*BESIDE_A_KIND}:
            yield Finding(f"{where}.{key}", f"cannot be combined with `{kind}`, which {why[key]}", "Leave it out")
    if "timeout_seconds" in of:
        yield from check_seconds(f"{where}.timeout_seconds", of["timeout_seconds"], least=1)
    if not isinstance(of.get("strict", False), bool):
        yield wrong_value(f"{where}.strict", "must be true or false", of["strict"], "Write it without quotes")


def _http(where: str, value: object) -> "_Parsed":
    of, findings = _mapping(where, value, HttpGateArgs)
    if not findings:
        findings += check_port(f"{where}.port", of.get("port"))
        path = of.get("path")
        if not isinstance(path, str) or path[:1] != "/":
            findings.append(wrong_value(f"{where}.path", "must begin with '/'", path, "Pass one like '/livez'"))
    return of, findings


def _kube_proxy(where: str, stated: object) -> "_Parsed":
    of, findings = _mapping(where, stated, KubeProxyGateArgs)
    for name, value in of.items():
        findings += check_port(f"{where}.{name}", value)
    return of, findings


def _restarts(where: str, value: object) -> "_Parsed":
    return _mapping(where, value, RestartsGateArgs)


def _new_service(where: str, value: object) -> "_Parsed":
    of, findings = _mapping(where, value, NewServiceGateArgs)
    if "namespace" in of:
        findings += check_name(f"{where}.namespace", of["namespace"])
    image = of.get("image", PAUSE)
    if not isinstance(image, str) or not image or image.split() != [image]:
        findings.append(wrong_value(f"{where}.image", "is not an image", image, f"Pass one like '{PAUSE}'"))
    return of, findings


def _url(where: str, value: object) -> "_Parsed":
    return {"url": value}, list(_check_url(where, value))


def _prometheus(where: str, stated: object) -> "_Parsed":
    of, findings = _mapping(where, stated, PrometheusGateArgs)
    if findings:
        return of, findings
    findings += _check_url(f"{where}.url", of.get("url"))
    query = of.get("query")
    if not isinstance(query, str) or not query.strip():
        findings.append(wrong_value(f"{where}.query", "must be PromQL", query, "Pass an instant query"))
    bounds = {name: of[name] for name in ("at_least", "at_most") if name in of}
    wrong = [name for name, value in bounds.items() if not _is_number(value)]
    for name in wrong:
        findings.append(wrong_value(f"{where}.{name}", "must be a number", bounds[name], "Pass a float"))
    if not bounds:
        findings.append(Finding(where, "has no bound", "Pass at_most, at_least, or both"))
    if len(bounds) == 2 and not wrong and bounds["at_least"] > bounds["at_most"]:
        what = f"no value is at least {as_written(bounds['at_least'])} and at most {as_written(bounds['at_most'])}"
        findings.append(Finding(where, what, "Correct one of them"))
    return of, findings


def check_command(where: str, value: object) -> Iterator[Finding]:
    """Find what is no program with its arguments."""
    if not isinstance(value, list | tuple) or not value or not all(isinstance(item, str) for item in value):
        what = "must be a list of a program and its arguments"
        yield wrong_value(where, what, value, "Pass one like ['./smoke-test', '--fast']")
    elif not value[0].strip():
        yield wrong_value(where, "names no program", value, "Put the program first")


def _command(where: str, value: Any) -> "_Parsed":
    findings = list(check_command(where, value))
    return {} if findings else {"argv": tuple(value)}, findings


def _function(where: str, value: object) -> "_Parsed":
    wrong = [] if callable(value) else [wrong_value(where, "is not a function", value, "Pass a Python function")]
    return {"function": value}, wrong


def _window(where: str, value: object) -> "_Parsed":
    window, findings = parse_window(where, value)
    return {"window": window}, findings


_Parsed = tuple[dict[str, Any], list[Finding]]
"""The arguments of a gate's type, and what is wrong with them."""

_PARSERS: Mapping[str, Callable[[str, object], _Parsed]] = {
    "http": _http, "kube_proxy": _kube_proxy, "restarts": _restarts, "new_service": _new_service, "url": _url,
    "prometheus": _prometheus, "command": _command, "function": _function, "window": _window,
}  # fmt: skip

_TYPES: Mapping[str, Callable[..., Gate]] = {
    "http": HttpGate, "kube_proxy": KubeProxyGate, "restarts": RestartsGate,
    "new_service": NewServiceGate, "url": UrlGate, "prometheus": PrometheusGate, "command": CommandGate,
    "function": FunctionGate,
}  # fmt: skip

_WHOLE = ("port", "metrics_port", "timeout_seconds")

KINDS = tuple(_PARSERS)
"""The kinds of gates."""

OF_NODES = ("kube_proxy", "new_service")
"""Those of them that ask about nodes, and are not for a StatefulSet."""

PROXIED = ("http", "kube_proxy")
"""Those of them that ask through the API server's pod proxy, and need the permission for it."""


def proxied(gates: Iterable[Gate]) -> list[str]:
    """Return the kinds among these gates that ask through the API server's pod proxy."""
    every = list(gates)
    types = {"http": HttpGate, "kube_proxy": KubeProxyGate}
    return [kind for kind in PROXIED if any(isinstance(gate, types[kind]) for gate in every)]


def probe_namespaces(gates: Iterable[Gate], namespace: str) -> list[str]:
    """Return where new Services are probed, for a DaemonSet in this namespace."""
    return sorted({gate.namespace or namespace for gate in gates if isinstance(gate, NewServiceGate)})


def asked_before(gate: Gate, nodes: Sequence[str]) -> Sequence[str]:
    """Return those of all nodes, in wave order, about which a gate is asked before anything restarts."""
    return nodes[:MOST_PROBES] if isinstance(gate, NewServiceGate) else nodes


def _mapping(where: str, value: object, args: type) -> _Parsed:
    if not isinstance(value, Mapping):
        return {}, [Finding(where, f"must be a mapping (got {type(value).__name__})", "Pass a dict")]
    kind = where.rpartition(".")[2]
    beside = {} if args is RestartsGateArgs else dict.fromkeys(BESIDE_A_KIND, f"beside `{kind}`")
    return named(where, value, tuple(args.__annotations__), elsewhere=beside)


def check_port(where: str, value: object) -> Iterator[Finding]:
    """Find what is no port."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value not in range(1, 65536):
        yield wrong_value(where, "must be a port from 1 to 65535", value, "Pass an int")


def _check_url(where: str, value: object) -> Iterator[Finding]:
    fix = "Pass one like 'https://prometheus.example.com:9090'"
    try:
        parts = urllib.parse.urlsplit(value) if isinstance(value, str) else None
        known = bool(parts and parts.scheme in ("http", "https") and parts.hostname and parts.port != 0)
    except ValueError:
        parts, known = None, False
    if parts and known and parts.username is not None:
        yield Finding(where, "contains credentials, which would be shown", "Use a command that has its own credentials")
    elif not known:
        yield wrong_value(where, "is not an http or https URL", value, fix)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < float("inf")
