"""What the core costs, against what any program that reads the same text has to pay: `python -m benchmarks.core`."""

import hashlib
import json
import os
import random
import statistics
import subprocess
import sys
import tracemalloc
from collections.abc import Callable

import yaml

from benchmarks.timing import against, timed
from config_rollout.core.configuration.content import Content
from config_rollout.core.configuration.digest import config_hash
from config_rollout.core.replay import other_tools as peers
from config_rollout.core.workload.configuration import Configuration

MIB = 2**20

PEERS = {
    "kustomize's suffix": peers.kustomize_suffix,
    "Reloader's SHA-1": peers.reloader_sha1,
    "wave's hash": lambda data, binary_data: peers.wave_hash("agent", data, binary_data),
}
"""Hashes of bytes, as the tests hold them against what their projects publish."""

HASH = ("-m", "config_rollout", "hash", "Pulumi.yaml")
PULUMI, OURS = (
    "import pulumi, pulumi_kubernetes.core.v1, pulumi_kubernetes.apps.v1",
    "from config_rollout import ConfiguredDaemonSet",
)
"""What a program imports that has a ConfigMap and a DaemonSet, and what one with the component imports beside it."""

Row = tuple[str, str, str]


def configuration(size: int, write: Callable[[object], str]) -> bytes:
    """Return a configuration of services, as long as `size` or a little longer, always the same."""
    maker, services, text = random.Random(1), list[object](), ""
    while len(text) < size:
        for number in range(len(services), len(services) + max(1, len(services) // 4)):
            service = {
                "name": f"service-{number}",
                "enabled": number % 3 == 0,
                "timeout": f"{number % 60}s",
                "ratio": maker.randint(1, 99) / 100,
                "labels": {"app.kubernetes.io/name": f"service-{number}", "zone": maker.choice("abc")},
                "ports": [8000 + number % 100, 9000],
                "env": [{"name": f"VARIABLE_{i}", "value": maker.choice(["a b", "info", "/etc/x"])} for i in range(3)],
                "note": None,
            }
            services.append(service)
        text = write({"services": services})
    return text.encode()


def as_yaml(value: object) -> str:
    """Return block YAML."""
    return yaml.dump(value, Dumper=yaml.CSafeDumper, sort_keys=False)


def as_json(value: object) -> str:
    """Return indented JSON."""
    return json.dumps(value, indent=2)


def hashed(key: str, text: bytes) -> Callable[[], str]:
    """Return what reads the text anew and hashes what it means."""
    return lambda: config_hash(Content({key: text}))


def several(text: bytes, number: int) -> Callable[[], str]:
    """Return what hashes so many ConfigMaps that hold this text."""
    return lambda: Configuration.of({f"source-{n}": Content({"a.yaml": text}) for n in range(number)}).hash


def by(peer: Callable[..., str], text: bytes) -> Callable[[], str]:
    """Return what another tool does for the same text."""
    return lambda: peer({"a.yaml": text}, {})


def processors(one: Callable[[], object], other: Callable[[], object], repeat: int = 1) -> float:
    """Return how much of the processors one takes against another."""
    return against(one, other, repeat).processors


def rows() -> list[Row]:
    """Measure."""
    as_text = b"key: value # comment\n" * (MIB // 21)
    in_yaml, in_json = configuration(MIB, as_yaml), configuration(MIB, as_json)
    small = configuration(1024, as_yaml)
    ratios = [
        ("1 MiB of text / `hashlib.sha256` of it", "at most 1.1",
         processors(hashed("a", as_text), lambda: hashlib.sha256(as_text).hexdigest(), 50)),
        ("1 MiB of YAML / libyaml's compose of it", "at most 1.5",
         processors(hashed("a.yaml", in_yaml), lambda: yaml.compose(in_yaml, Loader=yaml.CSafeLoader))),
        ("1 MiB of JSON / `json.loads` of it", "at most 1.5",
         processors(hashed("a.json", in_json), lambda: json.loads(in_json), 10)),
        ("1 MiB of JSON / `json.dumps(json.loads(it), sort_keys=True)`", "at most 1.5",
         processors(hashed("a.json", in_json), lambda: json.dumps(json.loads(in_json), sort_keys=True), 10)),
        ("a byte of 1 MiB of YAML / a byte of 1 KiB", "1: linear",
         processors(hashed("a.yaml", in_yaml), hashed("a.yaml", small)) * len(small) / len(in_yaml)),
        ("20 ConfigMaps of 50 KiB of YAML / one of 1 MiB", "at most 1.1",
         processors(several(configuration(50 * 1024, as_yaml), 20), hashed("a.yaml", in_yaml))),
        *((f"1 MiB of YAML, its meaning / its bytes by {name}", "",
           processors(hashed("a.yaml", in_yaml), by(peer, in_yaml)))
          for name, peer in PEERS.items()),
        ("imports of a program with the component / with the two resources by hand", "at most 1.35",
         processors(started("-c", f"{PULUMI}; {OURS}"), started("-c", PULUMI))),
        ("start of the command / `python -c 'import yaml'`", "at most 2",
         processors(started(*HASH), started("-c", "import yaml"))),
    ]  # fmt: skip
    found = [(f"hash of {name}" if "byte" in name or "iB" in name else name, f"{ratio:.2f}", goal)
             for name, goal, ratio in ratios]  # fmt: skip
    found += [(f"peak of memory / input, 1 MiB of {key[2:].upper()}", f"{peak(key, text):.0f}", "at most 25")
              for key, text in (("a.yaml", in_yaml), ("a.json", in_json))]  # fmt: skip
    seconds = statistics.median(timed(started(*HASH), 1) for _ in range(9))
    return [*found, ("start of the command", f"{seconds * 1000:.0f} ms", "150 ms")]


def started(*arguments: str) -> Callable[[], object]:
    """Return what runs a Python to its end, with modules that were compiled before, as they are once installed."""
    compiled = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return lambda: subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, env=compiled)


def peak(key: str, text: bytes) -> float:
    """Return the most memory that Python holds while it hashes, against the text."""
    tracemalloc.start()
    hashed(key, text)()
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most / len(text)


if __name__ == "__main__":
    for row in rows():
        print("| " + " | ".join(row) + " |")
