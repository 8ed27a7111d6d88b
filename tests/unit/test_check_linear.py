"""How much `check` does for twice as many objects, counted in lines of Python, and how much memory it takes."""

import sys
import tracemalloc
from types import FrameType
from typing import Any

import pytest

from tools.command_line import run

FEW = 15


def config_map(name: str, data: str = "{agent.yaml: 'level: info'}") -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {data}\n"


def daemon_set(name: str, labels: str, *reads: str) -> str:
    volumes = ", ".join(f"{{name: v{i}, configMap: {{name: {one}}}}}" for i, one in enumerate(reads))
    mounts = ", ".join(f"{{name: v{i}, mountPath: /etc/v{i}}}" for i, _ in enumerate(reads))
    return (
        f"apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {{name: {name}}}\n"
        f"spec:\n  selector: {{matchLabels: {labels}}}\n"
        f"  template:\n    metadata: {{labels: {labels}, annotations: {{checksum/x: {name}}}}}\n"
        f"    spec: {{containers: [{{name: a, image: a, volumeMounts: [{mounts}]}}], volumes: [{volumes}]}}\n"
    )


def budget(name: str, selector: str) -> str:
    head = f"apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: {name}}}\n"
    return f"{head}spec: {{selector: {{{selector}}}}}\n"


def kube_proxy(name: str, network: int) -> str:
    head = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\n    kind: KubeProxyConfiguration\n"
    return config_map(name, f"\n  config.conf: |\n    {head}    clusterCIDR: 10.{network}.0.0/16")


SHAPES = {
    "budgets, each for a DaemonSet": lambda i: (
        budget(f"b{i}", f"matchLabels: {{tier: node, app: a{i}}}"),
        daemon_set(f"a{i}", f"{{tier: node, app: a{i}}}"),
    ),
    "budgets with expressions": lambda i: (
        budget(f"b{i}", f"matchExpressions: [{{key: app, operator: In, values: [a{i}]}}]"),
        daemon_set(f"a{i}", f"{{tier: node, app: a{i}}}"),
    ),
    "budgets that select every DaemonSet": lambda i: (
        budget(f"b{i}", "matchLabels: {tier: node}"),
        daemon_set(f"a{i}", "{tier: node}"),
    ),
    "DaemonSets, each with a ConfigMap": lambda i: (config_map(f"c{i}"), daemon_set(f"a{i}", "{app: a}", f"c{i}")),
    "DaemonSets with one ConfigMap": lambda i: (config_map("c"), daemon_set(f"a{i}", "{app: a}", "c")),
    "kube-proxies": lambda i: (kube_proxy(f"c{i}", i), daemon_set(f"a{i}", "{app: a}", f"c{i}")),
}
"""What stands in a manifest -> the objects of one number."""


def lines_of(text: str) -> int:
    """Return how many lines of Python it takes to check a manifest."""
    count = 0

    def trace(_frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        done = run("check", "-", "--fail-on", "never", stdin=text)
    finally:
        sys.settrace(before)
    assert done.returncode == 0, done.stderr
    return count


RANGES = (range(FEW), range(FEW, 2 * FEW), range(2 * FEW, 4 * FEW))
"""To warm up, once and twice: never the same objects, since what was read may be remembered."""


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
def test_twice_as_many_objects_take_twice_as_much(shape):
    texts = ["---\n".join(one for number in numbers for one in SHAPES[shape](number)) for numbers in RANGES]
    _warm, once, twice = map(lines_of, texts)

    assert twice <= 2.1 * once


def test_twice_as_many_volumes_of_one_pod_take_twice_as_much():
    texts = []
    for numbers in RANGES:
        names = [f"c{number}" for number in numbers]
        texts.append("---\n".join([*map(config_map, names), daemon_set("a", "{app: a}", *names)]))
    _warm, once, twice = map(lines_of, texts)

    assert twice <= 2.1 * once


@pytest.mark.slow
def test_memory_is_that_of_the_largest_folder(tmp_path):
    text = "---\n".join(config_map(f"c{number}") for number in range(200))
    peaks = []
    for folders in (2, 2, 8):  # the first run warms up
        top = tmp_path / f"{len(peaks)}"
        for number in range(folders):
            (top / str(number)).mkdir(parents=True)
            (top / str(number) / "maps.yaml").write_text(text)
        tracemalloc.start()
        done = run("check", top)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert f"in {folders * 200:,} objects" in done.stdout.decode()
    _, few, many = peaks

    assert many <= 1.2 * few
