"""Families of KubeProxyConfigurations from the field table: a base and mutants of it, biased to edges. Seeded."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from config_rollout.core.formats.kube_proxy.fields import BY_PATH, FIELDS, Kind
from tests.judge.shapes import WAYS

HEAD = {"apiVersion": "kubeproxy.config.k8s.io/v1alpha1", "kind": "KubeProxyConfiguration"}

_WRONG = ["12", "on", "[]", "{}", "''", "null", "[a]", "{a: b}", "1.5", "2020-01-01", "'12'", "-1", "true", ".nan"]
_DURATIONS = [
    "30s", "0m30s", "'30s'", "30000ms", "0.5m", "1m", "60s", "1s", "1000ms", "1.0s", "0s", "0ms", "'0'", "15m", "15m0s",
    "0.25h", "24h", "24h0m0s", "1h", "60m", "3600s", "+1h", "-1s", "1ns", "1us", "1µs", "1.5h", "1h30m", ".5h", "5.s",
    "2562047h47m16.854775807s", "2562047h47m16.854775808s", "1.0000000001s", "0.3333333333333333333h", "31s", "10s",
    "'30'", "30", "0", "''", "null", "~", "1d", "30 s", "30S", "1m30", "-0s", "1e3s", "250ms", "5s", "5000ms",
]  # fmt: skip
_INTS = [
    "0", "-0", "1", "14", "31", "32", "-1", "-999", "1000", "1001", "-1000", "-1001", "32768", "131072", "0x1F", "017",
    "0o17", "0b101", "1_000", "+5", "10", "10.0", "1e1", "1e3", "08", "2147483647", "2147483648", "-2147483648",
    "'14'", "null", "~", "", "1.5", "true", "1:30", "1e30",
]  # fmt: skip
_FLOATS = [*_INTS, "5", "5.0", "5.00000000001", "0.1", ".5", "1e-50", "1e-7", "16777217", "16777216", "3.4028235e38",
           "3.5e38", "-2.5", "0.30000001192092896", "0.3", "1e22", "123456789.123"]  # fmt: skip
_ADDRESSES = ["0.0.0.0", "'::'", "'::1'", "10.0.0.1", "010.0.0.1", "''", "null", "1.2.3", "256.0.0.1", "localhost",
              "'::ffff:1.2.3.4'", "'fe80::1%eth0'", "fd00::1", "1"]  # fmt: skip
_HOST_PORTS = [
    "0.0.0.0:10256", "0.0.0.0", "127.0.0.1:10249", "127.0.0.1", "'[::]:10256'", "'::'", "'::1'", "'[::1]:10249'", "''",
    "null", "':10256'", "10.0.0.1:0", "10.0.0.1:65535", "10.0.0.1:65536", "10.0.0.1:+80", "10.0.0.1:080", "host:80",
    "10.0.0.1:http", "'[10.0.0.1]:80'", "'::1:80'", "'[::1]'", "10.0.0.1:", "10.0.0.1:80:90", "0.0.0.0:10257",
]  # fmt: skip
_CIDRS = ["10.0.0.0/8", "10.244.0.0/16", "fd00::/8", "'::/0'", "0.0.0.0/0", "10.0.0.1/32", "10.0.0.0/33", "10.0.0.0",
          "x", "10.0.0.0/08", "010.0.0.0/8", "'::ffff:10.0.0.0/104'", "fd00::/129", "null", "12", "''"]  # fmt: skip
_GATES = ["AllAlpha", "AllBeta", "LoggingAlphaOptions", "LoggingBetaOptions", "ContextualLogging", "IPv6DualStack",
          "SupportIPVSProxyMode", "NFTablesProxyMode", "TopologyAwareHints", "WatchList"]  # fmt: skip
_OF_KIND: dict[Kind, list[str]] = {
    Kind.STRING: ["''", "null", "abc", '"abc"', "'abc'", "Abc", "a b", "é", "~", "'~'", "'on'", "off", "10.0.0.0/8"],
    Kind.BOOL: ["true", "false", "yes", "no", "on", "Off", "y", "N", "True", "FALSE", "null", "", "'true'", "1", "0"],
    Kind.INT32: _INTS,
    Kind.UINT31: _INTS,
    Kind.FLOAT32: _FLOATS,
    Kind.DURATION: _DURATIONS,
    Kind.DURATION_OR_NS: [*_DURATIONS, "5000000000", "5e9", "1", "-5", "9223372036854775808"],
    Kind.QUANTITY: ["0", "'0'", "1024", "1Ki", "'1Ki'", "1k", "1000", "1e3", "1.5", "1500m", "2", "0.1", "-1", "1x",
                    "null", "''", "true", "[]", "'1024'", "1M", "64Ki", "0x10", "1E", "007", "+1"],
    Kind.VMODULE: ["[]", "null", "[{filePattern: a, verbosity: 1}]", "[{verbosity: 1, filePattern: 'a'}]",
                   "[{filePattern: a}]", "[{filePattern: a, verbosity: 0}]", "[{filePattern: 'a=b', verbosity: 1}]",
                   "[{verbosity: 1}]", "[null]", "[a]", "[{filePattern: a, verbosity: -1}]", "{}",
                   "[{filePattern: a, verbosity: 1}, {filePattern: b, verbosity: 2}]",
                   "[{filePattern: b, verbosity: 2}, {filePattern: a, verbosity: 1}]",
                   "[{filePattern: a, Verbosity: 1}]", "[{filePattern: a, verbosity: 0x2}]"],
}  # fmt: skip
_OF_PATH = {
    "mode": ["iptables", "ipvs", "nftables", "'nftables'", '"ipvs"', "''", "null", "IPVS", "kernelspace", "userspace"],
    "detectLocalMode": ["ClusterCIDR", "NodeCIDR", "BridgeInterface", "InterfaceNamePrefix", "''", "null",
                        "clusterCIDR", "'NodeCIDR'"],
    "bindAddress": _ADDRESSES,
    "healthzBindAddress": _HOST_PORTS,
    "metricsBindAddress": _HOST_PORTS,
    "logging.format": ["text", "json", "''", "null", "'text'", "JSON", "yaml"],
    "showHiddenMetricsForVersion": ["''", "null", "'1.35'", "'1.34'", "'1.36'", "1.35", "'1.35.0'", "'x'"],
    "clientConnection.contentType": ["''", "null", "application/json", "application/vnd.kubernetes.protobuf"],
    "clusterCIDR": [*_CIDRS, "'10.0.0.0/8,fd00::/8'", "'fd00::/8,10.0.0.0/8'", "'10.0.0.0/8,11.0.0.0/8'", "','",
                    "'10.0.0.0/8, fd00::/8'", "'10.0.0.0/8,fd00::/8,fe00::/8'", "'10.0.0.0/8,'"],
    "detectLocal.bridgeInterface": ["cni0", "'cni0'", "''", "null", "docker0"],
    "detectLocal.interfaceNamePrefix": ["veth", "''", "null", "cali"],
    "logging.verbosity": ["0", "2", "4", "null", "2147483647", "2147483648", "4294967296", "-1", "'2'", "2.0"],
}  # fmt: skip
_MODES = ["iptables", "ipvs", "nftables", "nftables", "ipvs", "''"]
_UNKNOWN = ["ipvs.strictARP: true", "conntrack.min: 0",
            "syncPeriod: 30s", "Mode: ipvs", "bindaddress: 1.2.3.4", "metadata: {name: x}", "udpIdleTimeout: 250ms",
            "resourceContainer: /kube-proxy", "extra: [1, {a: null}]", "scheduler: rr"]  # fmt: skip
_ODD = ["oomScoreAdj: &a -999", "hostnameOverride: !!str n1", "<<: {oomScoreAdj: 1}", "portRange: ''\n---\n",
        "oomScoreAdj: 1\noomScoreAdj: 2"]  # fmt: skip
_SECTIONS = ["null", "''", "[]", "{}", "12"]


@dataclass(frozen=True)
class Config:
    """A configuration to be: path -> the YAML of its value, lines besides, and how it is written down."""

    tokens: dict[str, str] = field(default_factory=dict)
    lines: tuple[str, ...] = ()
    order: int = 0
    as_json: bool = False

    def text(self) -> str:
        """Return the text; one that is to be JSON and has values that JSON has not stays YAML."""
        keys = [*HEAD, *self.tokens]
        random.Random(self.order).shuffle(keys)
        tree: dict[str, object] = {}
        for key in keys:
            *parents, leaf = key.split(".")
            place = tree
            for parent in parents:
                inner = place.setdefault(parent, {})
                place = inner if isinstance(inner, dict) else {}  # a section that is none hides its fields
            place.setdefault(leaf, HEAD.get(key) or self.tokens[key])
        if self.as_json and not self.lines:
            try:
                return _json(tree)
            except ValueError:
                pass
        return "\n".join([*_yaml(tree, ""), *self.lines, ""])


def examples() -> list[str]:
    """Return a family in which every deliberate exception of the test occurs."""
    lines = ["", "nope: 1", "logging: {options: {text: {splitStream: true}}}"]
    return [Config(lines=(line,)).text() for line in lines]


def families(seed: int, count: int, mutants: int) -> Iterator[list[str]]:
    """Yield lists of texts: a base, then mutants of it, each one step away from the base or from another."""
    rng = random.Random(seed)
    for _ in range(count):
        members = [_base(rng)]
        for _ in range(mutants):
            members.append(_mutant(rng, rng.choice(members[:2])))
        shaped = random.Random(rng.random())  # of its own, so that the families stay what they were
        yield [_shaped(shaped, member.text()) for member in members]


def _shaped(rng: random.Random, text: str) -> str:
    return rng.choice(WAYS)(rng, text) if rng.random() < 0.15 else text


def _base(rng: random.Random) -> Config:
    tokens = {"mode": rng.choice(_MODES)} if rng.random() < 0.8 else {}
    if rng.random() < 0.35:
        mode = rng.choice(_OF_PATH["detectLocalMode"][:4])
        tokens |= {"detectLocalMode": mode}
        tokens |= {"detectLocal.bridgeInterface": "cni0"} if mode == "BridgeInterface" else {}
        tokens |= {"detectLocal.interfaceNamePrefix": "veth"} if mode == "InterfaceNamePrefix" else {}
    if rng.random() < 0.2:
        tokens["featureGates"] = "{LoggingAlphaOptions: true}"
    for one in rng.sample(FIELDS, rng.randint(0, 6)):
        tokens.setdefault(one.path, _sane(rng, one.path, one.kind))
    return Config(tokens, (), rng.randrange(1000), rng.random() < 0.1)


def _mutant(rng: random.Random, config: Config) -> Config:
    """Return the configuration changed in one place, or written in another way."""
    tokens = dict(config.tokens)
    step = rng.random()
    if step < 0.5:
        one = rng.choice(FIELDS)
        tokens[one.path] = _token(rng, one.path, one.kind)
    elif step < 0.65 and tokens.keys() & BY_PATH.keys():
        one = BY_PATH[rng.choice([path for path in tokens if path in BY_PATH])]
        tokens[one.path] = _token(rng, one.path, one.kind)
    elif step < 0.75:
        one = rng.choice(FIELDS)
        tokens[one.path] = _default(one.default)
    elif step < 0.8 and tokens:
        tokens.pop(rng.choice(list(tokens)))
    elif step < 0.84:
        return replace(config, lines=(rng.choice(_UNKNOWN),))
    elif step < 0.86:
        return replace(config, lines=(rng.choice(_ODD),))
    elif step < 0.89:
        section = rng.choice(["iptables", "ipvs", "nftables", "conntrack", "logging", "logging.options", "winkernel"])
        tokens = {path: token for path, token in tokens.items() if not path.startswith(section + ".")}
        tokens[section] = rng.choice(_SECTIONS)
        return replace(config, tokens=tokens)
    elif step < 0.92:
        one = rng.choice(FIELDS)
        tokens[rng.choice([one.path.lower(), one.path.upper(), one.path + "s"])] = "abc"
    elif step < 0.95:
        return replace(config, as_json=not config.as_json)
    return replace(config, tokens=tokens, order=rng.randrange(1000))


def _token(rng: random.Random, path: str, kind: Kind) -> str:
    if rng.random() < 0.08:
        return rng.choice(_WRONG)
    if kind is Kind.GATES:
        gates = rng.sample(_GATES, rng.randint(0, 3)) + (["NoSuchGate"] if rng.random() < 0.08 else [])
        values = ", ".join(f"{gate}: {rng.choice(['true', 'false', 'true', 'false', 'null', 'yes'])}" for gate in gates)
        return "{" + values + "}"
    if kind is Kind.STRINGS:
        items = rng.choices(_CIDRS[:6], k=rng.randint(0, 2)) + rng.choices([*_CIDRS, "primary", "localhost"], k=1)
        return rng.choice(["[]", "null", "[primary]", "[" + ", ".join(items) + "]", "[" + ", ".join(items) + "]"])
    return rng.choice(_OF_PATH.get(path) or _OF_KIND[kind])


def _sane(rng: random.Random, path: str, kind: Kind) -> str:
    """Return one of the first few values, which are mostly accepted, so that pairs have something to differ in."""
    if kind in (Kind.GATES, Kind.STRINGS):
        return _token(rng, path, kind)
    return rng.choice((_OF_PATH.get(path) or _OF_KIND[kind])[:6])


def _default(value: object) -> str:
    return json.dumps(list(value) if isinstance(value, tuple) else value)


def _yaml(tree: dict[str, object], indent: str) -> Iterator[str]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield f"{indent}{key}:"
            yield from _yaml(value, indent + "  ")
        else:
            yield f"{indent}{key}: {value}"


def _json(tree: dict[str, object]) -> str:
    """Return the tree as JSON with each value as it is spelled, if JSON has that spelling."""
    parts = []
    for key, value in tree.items():
        if isinstance(value, dict):
            parts.append(f'"{key}": {_json(value)}')
        elif key in HEAD:
            parts.append(f'"{key}": "{value}"')
        else:
            text = str(value)
            text = f'"{text[1:-1]}"' if text[:1] == "'" else text
            text = f'"{text}"' if text[:1].isalpha() and text not in ("true", "false", "null") else text
            json.loads(text)
            parts.append(f'"{key}": {text}')
    return "{" + ", ".join(parts) + "}"
