"""The objects that a workload and its configuration are in the cluster, as plain values."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..kubernetes.annotations import CONFIG_HASH_ANNOTATION, EXTERNAL_ANNOTATION
from ..kubernetes.field_managers import MANAGER, OWNER, managed_by
from ..kubernetes.joined_volumes import join
from ..kubernetes.objects import Object
from ..kubernetes.pod_spec import follow
from .configuration import Configuration
from .secret import SecretSource
from .workload import Workload


@dataclass(frozen=True)
class Rendered:
    """
    `workload` is the object that runs the pods, `sources` is name in the pod spec -> ConfigMap that holds it.

    `secrets` is the same for Secrets, with their values. What is not known yet has none. `reloads` is name in the pod
    spec -> ConfigMap with what running pods read again.
    """

    workload: Object
    sources: Mapping[str, Object]
    secrets: Mapping[str, Object] = field(default_factory=dict, repr=False)
    reloads: Mapping[str, Object] = field(default_factory=dict)


def render(
    workload: Workload, configuration: Configuration, unknown: Any = None, secrets: Sequence[SecretSource] = ()
) -> Rendered:
    """
    Return the objects, with camelCase keys; leaves stay what they are.

    `unknown` stands for a name or hash of what is not known yet, `secrets` are the configuration's, with their values.
    """
    names, secret_names = configuration.object_names(workload.name), configuration.secret_names(workload.name)
    every = {source.name: names.get(source.name, unknown) for source in configuration.sources if not source.external}
    own_secrets = [secret.name for secret in configuration.secrets if not secret.external]
    every_secret = {name: secret_names.get(name, unknown) for name in own_secrets}
    config_hash = configuration.hash if configuration.is_known else unknown
    if external := configuration.external:
        noted = json.dumps(external, sort_keys=True) if configuration.is_known else unknown
        annotations = {**workload.pod_annotations, EXTERNAL_ANNOTATION: noted}
        workload = replace(workload, pod_annotations=annotations)
    metadata = {
        "namespace": workload.namespace,
        "labels": {**workload.labels, workload.kind.label: workload.name},
        "annotations": {**managed_by(MANAGER), **workload.owner},
    }
    reloads = configuration.reloads(workload.name)
    workload = replace(workload, pod_spec=join(workload.pod_spec, reloads))
    return Rendered(
        render_workload(workload, config_hash, every, every_secret),
        {source.name: source.render({"name": names[source.name], **metadata}) for source in configuration.own},
        {
            secret.name: secret.render({"name": secret_names[secret.name], **metadata})
            for secret in secrets
            if not secret.unknown
        },
        {
            source.name: source.render_reload({"name": reloads[source.name].config_map, **metadata})
            for source in configuration.own
            if source.reloads
        },
    )


def render_workload(
    workload: Workload, config_hash: Any, names: Mapping[str, Any], secret_names: Mapping[str, Any] | None = None
) -> Object:
    """
    Return the object that runs the pods.

    `config_hash`, and `names` of ConfigMaps and `secret_names` (name in the pod spec -> name of the object), may be
    values that are not known yet.
    """
    # A field manager that is always the same: what one stack leaves behind, another can take over.
    annotations = {**managed_by(MANAGER if workload.is_patch else OWNER), **workload.annotations}
    metadata = {"name": workload.name, "namespace": workload.namespace}
    if workload.is_patch:
        metadata |= {"annotations": annotations}
    else:
        metadata |= {"labels": dict(workload.labels), "annotations": {**annotations, **workload.owner}}
    pod_metadata: dict[str, Any] = {
        "annotations": {**workload.pod_annotations, CONFIG_HASH_ANNOTATION: config_hash},
    }
    if workload.pod_labels is not None:
        pod_metadata["labels"] = dict(workload.pod_labels)
    selector = {} if workload.selector is None else {"selector": {"matchLabels": dict(workload.selector)}}
    spec = {
        **selector,
        "template": {"metadata": pod_metadata, "spec": follow(workload.pod_spec, names, secret_names or {})},
        **workload.spec,
    }
    return {
        "apiVersion": workload.kind.api_version,
        "kind": workload.kind.kind,
        "metadata": metadata,
        "spec": {key: value for key, value in spec.items() if value is not None},
    }
