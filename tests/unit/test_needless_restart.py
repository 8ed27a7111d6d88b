"""Pods that a hash restarts at each change of what is read again anyway."""

import pytest

from tests.objects.rule_examples import manifest, said

RULE = "needless-restart"
HASH = "checksum/config: dad9e804111c1992163cb47a4b66398287e28aa42bfcd5d34465eb65c6e03bbe"
COREFILE = '"Corefile": ".:53 {\\n  reload\\n}\\n"'
SIDECAR = "{name: r, image: ghcr.io/jimmidyson/configmap-reload:v0.15, volumeMounts: [{name: v, mountPath: /w}]}"
STARTS = "initContainers: [{name: i, image: busybox, volumeMounts: [{name: v, mountPath: /in}]}]"
OTHER = "{name: o, image: other, volumeMounts: [{name: v, mountPath: /o}]}"


def pods(
    data=COREFILE,
    image="coredns",
    args="",
    mount="{name: v, mountPath: /etc/a}",
    beside="",
    starts="",
    annotations=HASH,
    more="",
    volume="{name: v, configMap: {name: agent}}",
) -> str:
    """Return a ConfigMap and the DaemonSet that reads it; the arguments are flow YAML to be put in."""
    containers = ", ".join(
        filter(None, [f"{{name: agent, image: {image}, args: [{args}], volumeMounts: [{mount}]}}", beside])
    )
    return f"""apiVersion: v1
kind: ConfigMap
metadata: {{name: agent}}
data: {{{data}}}
---
{more}apiVersion: apps/v1
kind: DaemonSet
metadata: {{name: agent}}
spec:
  selector: {{matchLabels: {{app: agent}}}}
  template:
    metadata: {{labels: {{app: agent}}, annotations: {{{annotations}}}}}
    spec:
      volumes: [{volume}]
      containers: [{containers}]
      {starts}
"""


YAML = "a.yaml: x"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param(pods(), "its plugin `reload` reloads it", id="plugin"),
        pytest.param(pods(YAML, "vector", "--watch-config"), "container 'agent' watches its files (--watch-config)",
                     id="option"),
        pytest.param(pods("falco.yaml: x", "falco"), "falco watches its files (watch_config_files)", id="by default"),
        pytest.param(pods(YAML, "prometheus", "--enable-feature=auto-reload-config"),
                     "container 'agent' watches its files (--enable-feature=auto-reload-config)", id="feature"),
        pytest.param(pods(YAML, "prometheus", "--config.auto-reload"),
                     "container 'agent' watches its files (--config.auto-reload)", id="its flag"),
        pytest.param(pods(YAML, "any", beside=SIDECAR),
                     "container 'r' (configmap-reload) watches its volume", id="sidecar"),
    ],
)  # fmt: skip
def test_hash_beside_what_reloads_is_found(text, why):
    (finding,) = said(RULE, manifest(text).objects)

    assert f"restarts the pods at each change of ConfigMap 'agent', which running pods read again: {why}" in str(
        finding
    )


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(pods(annotations=""), id="no hash"),
        pytest.param(
            pods(annotations="checksum/secret: dad9e804111c1992163cb47a4b663982"), id="hash of something else"
        ),
        pytest.param(pods('Corefile: ".:53 {\\n}\\n"'), id="plugin is off"),
        pytest.param(pods(YAML, "vector"), id="option is off"),
        pytest.param(pods("falco.yaml: 'watch_config_files: false'", "falco"), id="turned off"),
        pytest.param(pods(f"{COREFILE}, hosts: x"), id="another key is read once"),
        pytest.param(pods(mount="{name: v, mountPath: /a/Corefile, subPath: Corefile}"), id="subPath"),
        pytest.param(pods(YAML, "vector", "--watch-config", beside=OTHER), id="another container reads it once"),
        pytest.param(pods(starts=STARTS), id="an init container reads it"),
        pytest.param(pods(volume="{name: v, configMap: {name: elsewhere}}"), id="it is not there"),
    ],
)
def test_hash_that_something_needs_is_no_finding(text):
    assert [] == said(RULE, manifest(text).objects)


def test_unused_key_does_not_count():
    items = "{name: v, configMap: {name: agent, items: [{key: Corefile, path: Corefile}]}}"

    assert 1 == len(said(RULE, manifest(pods(f"{COREFILE}, hosts: x", volume=items)).objects))


def test_hash_of_a_whole_file_is_needed_for_the_rest_of_it():
    source = "# Source: chart/templates/configmap.yaml\n"
    other = f"{source}apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: agent-once}}\ndata: {{a: b}}\n---\n"
    both = "{name: v, configMap: {name: agent}}, {name: w, configMap: {name: agent-once}}"
    mounts = "{name: v, mountPath: /etc/a}, {name: w, mountPath: /etc/b}"
    text = "---\n" + source + pods(mount=mounts, volume=both, more=other)

    assert [] == said(RULE, manifest(text).objects)
