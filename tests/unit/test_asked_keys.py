"""Keys that pods ask for and that are not there."""

import pytest
import yaml

from config_rollout.core.kubernetes.asked_keys import Keys, missing_keys

KEYS = Keys(["agent.yaml", "extra.yaml"], ["logo.png"])
FOR_EVER = "which ConfigMap 'agent' does not have: a new pod would wait for it forever."
WAITS = f"{FOR_EVER} Write 'agent.yaml', if that was meant."
EMPTY = "which the volume does not have: a new pod would get an empty folder."


def told(pod_spec: str) -> list[str]:
    keys = {("ConfigMap", "agent"): KEYS, ("Secret", "agent"): Keys(["token"])}
    given = yaml.safe_load(pod_spec)
    return [str(one) for one in missing_keys(given, lambda kind, name: keys.get((kind, name)))]


def volume(source: str, mount: str = "") -> str:
    return f"{{volumes: [{{name: v, {source}}}], containers: [{{volumeMounts: [{{name: v, {mount}}}]}}]}}"


def variable(source: str, containers: str = "containers") -> str:
    return f"{{{containers}: [{{env: [{{name: A, valueFrom: {{{source}}}}}]}}]}}"


@pytest.mark.parametrize(
    ("pod_spec", "finding"),
    [
        (volume("configMap: {name: agent, items: [{key: agent.yml, path: a}]}"),
         f"pod_spec.volumes[0].configMap.items[0].key: refers to key 'agent.yml', {WAITS}"),
        (volume("config_map: {name: agent, items: [{key: agent.yml, path: a}]}"),
         f"pod_spec.volumes[0].config_map.items[0].key: refers to key 'agent.yml', {WAITS}"),
        (volume("projected: {sources: [{configMap: {name: agent, items: [{key: agent.yml, path: a}]}}]}"),
         f"pod_spec.volumes[0].projected.sources[0].configMap.items[0].key: refers to key 'agent.yml', {WAITS}"),
        (variable("configMapKeyRef: {name: agent, key: agent.yml}"),
         f"pod_spec.containers[0].env[0].valueFrom.configMapKeyRef.key: refers to key 'agent.yml', {WAITS}"),
        (variable("configMapKeyRef: {name: agent, key: agent.yml}", "initContainers"),
         f"pod_spec.initContainers[0].env[0].valueFrom.configMapKeyRef.key: refers to key 'agent.yml', {WAITS}"),
        (variable("configMapKeyRef: {name: agent, key: logo.png}"),
         "pod_spec.containers[0].env[0].valueFrom.configMapKeyRef.key: refers to key 'logo.png', which is binary, "
         "and a "
         "variable must be text. Move the key to `data`, or mount it as a file."),
        (variable("secretKeyRef: {name: agent, key: tokn}"),
         "pod_spec.containers[0].env[0].valueFrom.secretKeyRef.key: refers to key 'tokn', which Secret 'agent' does "
         "not "
         "have: a new pod would wait for it forever. Write 'token', if that was meant."),
        (volume("secret: {secretName: agent, items: [{key: zzz, path: a}]}"),
         "pod_spec.volumes[0].secret.items[0].key: refers to key 'zzz', which Secret 'agent' does not have: a new pod "
         "would wait for it forever. Add it, or use an existing one: token."),
        (volume("configMap: {name: agent}", "subPath: agent.yml"),
         f"pod_spec.containers[0].volumeMounts[0].subPath: refers to file 'agent.yml', {EMPTY} Write 'agent.yaml', if "
         "that was meant."),
        (volume("configMap: {name: agent, items: [{key: agent.yaml, path: conf/a}]}", "subPath: agent.yaml"),
         f"pod_spec.containers[0].volumeMounts[0].subPath: refers to file 'agent.yaml', {EMPTY} Add it, or use an "
         "existing one: conf/a."),
        (volume("configMap: {name: agent}", "subPathExpr: agent.yml"),
         f"pod_spec.containers[0].volumeMounts[0].subPathExpr: refers to file 'agent.yml', {EMPTY} Write 'agent.yaml', "
         "if that was meant."),
    ],
)  # fmt: skip
def test_key_that_is_not_there(pod_spec, finding):
    assert [finding] == told(pod_spec)


@pytest.mark.parametrize(
    "pod_spec",
    [
        volume("configMap: {name: agent}"),
        volume("configMap: {name: agent, items: [{key: logo.png, path: a}]}"),
        volume("configMap: {name: agent, optional: true, items: [{key: none, path: a}]}"),
        volume("configMap: {name: other, items: [{key: none, path: a}]}", "subPath: none"),
        volume("configMap: {name: agent}", "subPath: logo.png"),
        volume("configMap: {name: agent}", "subPath: ./agent.yaml"),
        volume("configMap: {name: agent}", "subPath: ''"),
        volume("configMap: {name: agent}", "subPathExpr: $(FILE)"),
        volume("configMap: {name: agent, optional: true}", "subPath: none"),
        volume("configMap: {name: agent, items: [{key: agent.yaml, path: conf/a}]}", "subPath: conf"),
        volume("configMap: {name: agent, items: [{key: agent.yaml, path: conf/a}]}", "subPath: conf/a"),
        volume("projected: {sources: [{configMap: {name: agent}}, {downwardAPI: {}}]}", "subPath: none"),
        volume("projected: {sources: [{configMap: {name: agent}}, {secret: {name: other}}]}", "subPath: none"),
        volume("projected: {sources: [{configMap: {name: agent}}, {secret: {name: agent}}]}", "subPath: token"),
        volume("emptyDir: {}", "subPath: none"),
        variable("configMapKeyRef: {name: agent, key: agent.yaml}"),
        variable("configMapKeyRef: {name: agent, key: none, optional: true}"),
        variable("configMapKeyRef: {name: agent, key: 1}"),
        "{volumes: [1, {configMap: 1}], containers: [1, {volumeMounts: [1]}]}",
        variable("configMapKeyRef: 1"),
        "[]",
    ],
)
def test_key_that_is_there_or_not_asked_for(pod_spec):
    assert [] == told(pod_spec)
