"""Rules on the names of ConfigMaps and Secrets, and on what they cause when the content changes."""

import re
from collections.abc import Iterator

from ..arguments.finding import Finding
from ..markers import UNKNOWN
from .objects import (
    CONFIGURATION,
    WORKLOADS,
    KubernetesObject,
    Objects,
    has_content,
    is_named_by_pulumi,
    name_follows_content,
)
from .rule import Answer, Level, NotChecked, Parameters, Rule, Severity

_REPLACED = "https://www.pulumi.com/registry/packages/kubernetes/api-docs/provider/"
_IMMUTABLE = "https://kubernetes.io/docs/concepts/configuration/configmap/#configmap-immutable"


def _hash_from_resource(objects: Objects, _: Parameters) -> Iterator[tuple[KubernetesObject, Answer]]:
    for workload in objects.kind(*WORKLOADS):
        for where, urns in workload.program.depends.items() if workload.program else ():
            for o in [objects.by_urn[urn] for urn in urns if urn in objects.by_urn]:
                if o.kind not in CONFIGURATION or o.patch or not _has_fixed_name(o):
                    continue
                replaced = _is_replaced(o)
                if replaced is UNKNOWN:
                    yield (
                        workload,
                        NotChecked(where, f"depends on the provider of {o.kind} '{o.name}', which is not known yet"),
                    )
                elif replaced:
                    yield workload, _deletes(where, workload, o)


def is_taken_along(workload: KubernetesObject, o: KubernetesObject) -> bool:
    """Return whether Pulumi replaces the workload with a ConfigMap or Secret, because it uses its outputs."""
    urns = [urn for targets in workload.program.depends.values() for urn in targets] if workload.program else []
    return bool(o.program and o.program.urn in urns and _is_replaced(o) and _has_fixed_name(o))


def _deletes(where: str, workload: KubernetesObject, o: KubernetesObject) -> Finding:
    return Finding(
        where,
        f"uses outputs of {o.kind} '{o.name}': when its data changes, Pulumi deletes the {o.kind}, and before it this "
        f"{workload.kind} with all of its pods at once",
        f"Hash the data itself, write the name as plain text, and add dependsOn the {o.kind} for the order",
    )


def _is_replaced(o: KubernetesObject) -> object:
    """Return whether a change of the data deletes the object and then creates it again."""
    if o.get("immutable") is True:
        return True
    return o.program.replaces if o.program else False


def _has_fixed_name(o: KubernetesObject) -> bool:
    return o.name not in ("", UNKNOWN) and not name_follows_content(o) and not is_named_by_pulumi(o)


def _config_replaced(o: KubernetesObject, _: Parameters) -> Iterator[Answer]:
    if o.patch or o.program is None or o.get("immutable") is True or not _has_fixed_name(o):
        return
    if not has_content(o):
        return
    option = f"enable{o.kind}Mutable"
    if o.program.replaces is UNKNOWN:
        yield NotChecked("metadata.name", f"depends on {option} of the provider, which is not known yet")
    elif o.program.replaces:
        yield Finding(
            "metadata.name",
            f"is fixed, so Pulumi deletes {o.kind} '{o.name}' and creates it again when its data changes, and a pod "
            "that starts in between does not find it",
            f"Name it after its content and make it immutable, let Pulumi choose the name, or set {option} on the "
            "provider",
        )


def _immutable_fixed_name(o: KubernetesObject, _: Parameters) -> Iterator[Answer]:
    if o.patch or o.get("immutable") is not True or not _has_fixed_name(o) or _COUNTED.fullmatch(str(o.name)):
        return
    yield Finding(
        "immutable",
        f"is true, but the name '{o.name}' does not change with the content: a change needs a new object of the same "
        "name, and a kubelet that knows the old one may keep using it",
        "End the name with a hash of the content, as in NAME-3f1a6b02c4, or with a version that each change increments",
    )


_COUNTED = re.compile(r".*[-.](v|r|rev)?[0-9]+([.-][0-9]+)*")
"""A name that ends in a version, such as `app-v2`: the next content can get the next version."""


HASH_FROM_RESOURCE = Rule(
    id="hash-from-resource",
    level=Level.MANDATORY,
    severity=Severity.CRITICAL,
    topic="configuration",
    prevents="a changed ConfigMap that makes Pulumi delete and recreate the workload, all pods at once",
    fix="a hash of the data itself, the name as plain text, and dependsOn for the order",
    link="https://github.com/pulumi/pulumi-kubernetes/issues/1140",
    check_all=_hash_from_resource,
    programs_only=True,
    bad="""
resources:
  config:
    type: kubernetes:core/v1:ConfigMap
    properties:
      metadata: {name: agent, namespace: default}
      data: {agent.yaml: "level: info"}
  agent:
    type: kubernetes:apps/v1:DaemonSet
    properties:
      metadata: {name: agent, namespace: default}
      spec:
        selector: {matchLabels: {app: agent}}
        template:
          metadata: {labels: {app: agent}}
          spec:
            containers: [{name: agent, image: "agent:1"}]
            volumes: [{name: config, configMap: {name: "${config.metadata.name}"}}]
""",
    good="""
resources:
  config:
    type: kubernetes:core/v1:ConfigMap
    properties:
      metadata: {name: agent, namespace: default}
      data: {agent.yaml: "level: info"}
  agent:
    type: kubernetes:apps/v1:DaemonSet
    properties:
      metadata: {name: agent, namespace: default}
      spec:
        selector: {matchLabels: {app: agent}}
        template:
          metadata: {labels: {app: agent}}
          spec:
            containers: [{name: agent, image: "agent:1"}]
            volumes: [{name: config, configMap: {name: agent}}]
    options: {dependsOn: ["${config}"]}
""",
)

CONFIG_REPLACED = Rule(
    id="config-replaced",
    level=Level.ADVISORY,
    severity=Severity.MEDIUM,
    topic="configuration",
    prevents="a ConfigMap or Secret that is missing for a moment at every change, while pods may start",
    fix="an immutable object named after its content, a name chosen by Pulumi, or enableConfigMapMutable",
    link=_REPLACED,
    kinds=CONFIGURATION,
    check_one=_config_replaced,
    programs_only=True,
    bad="""
resources:
  config:
    type: kubernetes:core/v1:ConfigMap
    properties:
      metadata: {name: agent, namespace: default}
      data: {agent.yaml: "level: info"}
""",
    good="""
resources:
  config-1cd1d9f41f:
    type: kubernetes:core/v1:ConfigMap
    properties:
      metadata: {name: agent-1cd1d9f41f, namespace: default}
      data: {agent.yaml: "level: info"}
      immutable: true
""",
)

IMMUTABLE_FIXED_NAME = Rule(
    id="immutable-fixed-name",
    level=Level.ADVISORY,
    severity=Severity.HIGH,
    topic="configuration",
    prevents="an update that the API server rejects, or a kubelet that keeps using the previous content",
    fix="a name that changes with the content",
    link=_IMMUTABLE,
    kinds=CONFIGURATION,
    check_one=_immutable_fixed_name,
    bad="""
apiVersion: v1
kind: ConfigMap
metadata: {name: agent}
data: {agent.yaml: "level: info"}
immutable: true
""",
    good="""
apiVersion: v1
kind: ConfigMap
metadata: {name: agent-1cd1d9f41f}
data: {agent.yaml: "level: info"}
immutable: true
""",
)
