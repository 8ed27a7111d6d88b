"""
The project that takes over a workload with no change of its configuration.

Not here: kube-proxy's (kube_proxy.py), and those of what does not exist yet (new.py).
"""

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..arguments.case import snake_case
from ..arguments.finding import Finding
from ..configuration.secret_values import SECRET, hide, secret_lines
from ..explain.taking_over import UNCHANGED, headline
from ..formats import read_key
from ..kubernetes.annotations import CONFIG_HASH_ANNOTATION, MANAGED_BY_LABEL
from ..kubernetes.objects import Object
from ..kubernetes.pod_spec import references, secret_references
from ..kubernetes.workload_kinds import KINDS as KINDS_BY_NAME
from ..kubernetes.workload_kinds import WorkloadKind
from ..revisions.ownership import Owner, check_controller
from .defaults import written
from .program import FileBytes, FileText, Program, SecretSetting
from .python import python_files
from .typescript import INSTALL, typescript_files
from .yaml_program import yaml_files

LANGUAGES = {"python": python_files, "yaml": yaml_files, "typescript": typescript_files}
"""Language -> what writes the files of a project in it."""

_DECLARED = {"Corefile": "corefile"}
"""Key -> format, where neither suffix nor content tells it."""

_COMPONENTS = {kind: f"Configured{kind}" for kind in KINDS_BY_NAME}
"""Kind -> the component that can take one over."""

_ROLLING: dict[str, dict[str, Any]] = {
    "DaemonSet": {"maxUnavailable": 1, "maxSurge": 0},
    "Deployment": {"maxUnavailable": "25%", "maxSurge": "25%"},
    "StatefulSet": {"partition": 0},
}
"""Kubernetes' defaults of a rolling update. Source: kubernetes 1.36 pkg/apis/apps/v1/defaults.go."""


@dataclass(frozen=True)
class Project:
    """
    A Pulumi project.

    `files` is path below its folder -> bytes. `install` are the commands that it needs once before anything else, and
    `settings` those that its stack needs once before a preview.
    `expected` are the first lines of what its component says in a preview; none where that is not known. `notes` are
    sentences on its files.
    """

    files: Mapping[str, bytes]
    install: Sequence[str] = ()
    settings: Sequence[str] = ()
    expected: Sequence[str] = ()
    notes: Sequence[str] = ()


def written_in(language: str, program: Program, **more: Sequence[str]) -> Project:
    """Return the project of a program in one of `LANGUAGES`; `more` is what else a project has."""
    return Project(LANGUAGES[language](program), INSTALL if language == "typescript" else (), **more)


def config_maps_of(workload: Object) -> list[str]:
    """Return the names of the ConfigMaps that pods read, in order."""
    return _names(references(workload["spec"]["template"]["spec"]))


def secrets_of(workload: Object) -> list[str]:
    """Return the names of the Secrets that pods read, in order."""
    return _names(secret_references(workload["spec"]["template"]["spec"]))


def check_owner(workload: Object) -> list[Finding]:
    """Find that a workload is in a project already, or is a controller's."""
    findings = check_controller("metadata.ownerReferences", workload)
    if (owner := Owner.of(workload)).stack:
        what = f"say that it belongs to {owner}"
        findings.append(Finding("metadata.annotations", what, "Change the program of that stack"))
    return findings


def check_live(workload: Object, config_maps: Mapping[str, Object], secrets: Sequence[str]) -> list[Finding]:
    """
    Find why no project can take over a workload.

    `config_maps` and `secrets` are those that its pods read and that exist.
    """
    findings = check_owner(workload)
    if workload["spec"]["selector"].get("matchExpressions"):
        what = "has `matchExpressions`, and the selector of a component is labels alone"
        findings.append(Finding("spec.selector", what, "Make a new one under another name, with `--daemon-set NAME`"))
    if not config_maps and not secrets:
        what = "reads no ConfigMap or Secret that exists, so there is no configuration"
        findings.append(Finding("spec.template.spec", what, "Choose another workload"))
    return findings


def project_of(
    kind: WorkloadKind,
    workload: Object,
    config_maps: Mapping[str, Object],
    secrets: Sequence[str],
    language: str = "python",
) -> Project:
    """Return the project that takes over a workload, in which `check_live` found nothing."""
    metadata, spec = workload["metadata"], workload["spec"]
    name, namespace = metadata["name"], metadata["namespace"]
    pod_spec, hidden = _without_secrets(written(spec["template"]["spec"]))
    own = {key: one for key, one in config_maps.items() if not one["metadata"].get("ownerReferences")}
    external = {"config_maps": [key for key in config_maps if key not in own], "secrets": list(secrets)}
    sources = {key: _source(key, one) for key, one in own.items()}
    arguments: dict[str, Any] = {
        "namespace": namespace,
        "name": name,
        "take_over": True,
        "selector": spec["selector"]["matchLabels"],
        "labels": {key: of for key, of in (metadata.get("labels") or {}).items() if key != MANAGED_BY_LABEL},
        **_pod_metadata(spec),
        "config_maps": sources,
        "external": {key: names for key, names in external.items() if names},
        "hash_key": SecretSetting("hash-key") if secrets else None,
        "pod_spec": pod_spec,
        **_beside_the_template(kind, spec),
        **_fixed(kind, spec),
    }
    arguments = {key: value for key, value in arguments.items() if value not in (None, {}, [])}
    about = f"{kind.where(namespace, name)}, taken over as it runs."
    settings = ['pulumi config set --secret hash-key "$(openssl rand -hex 32)"'] if secrets else []
    settings += [f"pulumi config set --secret {key}" for key in hidden]
    files = {path: of for key, one in own.items() for path, of in _files(key, one).items()}
    return written_in(
        language,
        Program(_COMPONENTS[kind.kind], name, arguments, about, files),
        settings=settings,
        expected=[headline(workload, kind, restarts=True), UNCHANGED],
        notes=[*_how_read(own), *_looks_secret(own)],
    )


def _names(found: Sequence[Any]) -> list[str]:
    return list(dict.fromkeys(one.name for one in found if isinstance(one.name, str)))


def _source(name: str, config_map: Object) -> dict[str, Any]:
    """Return the arguments of one ConfigMap, whose values are files."""
    data, binary = config_map.get("data") or {}, config_map.get("binaryData") or {}
    source = {
        "data": {key: FileText(f"{name}/{key}") for key in sorted(data)},
        "binary_data": {key: FileBytes(f"{name}/{key}") for key in sorted(binary)},
        "formats": {key: _DECLARED[key] for key in sorted(data) if key in _DECLARED},
    }
    return {key: value for key, value in source.items() if value}


def _files(name: str, config_map: Object) -> dict[str, bytes]:
    data, binary = config_map.get("data") or {}, config_map.get("binaryData") or {}
    texts = {f"config/{name}/{key}": data[key].encode() for key in sorted(data)}
    return texts | {f"config/{name}/{key}": base64.b64decode(binary[key]) for key in sorted(binary)}


def _how_read(config_maps: Mapping[str, Object]) -> list[str]:
    """Return how each text is read: what counts as a change of it."""
    lines = []
    for name, config_map in config_maps.items():
        for key, text in sorted((config_map.get("data") or {}).items()):
            format_name = read_key(key, text.encode(), _DECLARED if key in _DECLARED else {}).format
            how = "text: every byte counts" if format_name == "text" else f"{format_name}: what it means counts"
            lines.append(f"config/{name}/{key} is read as {how}")
    return lines


def _looks_secret(config_maps: Mapping[str, Object]) -> list[str]:
    what = "has lines that look like a secret, as its ConfigMap has: move them to a Secret before you commit it"
    return [
        f"config/{name}/{key} {what}"
        for name, config_map in config_maps.items()
        for key, text in sorted((config_map.get("data") or {}).items())
        if secret_lines(text)
    ]


def _pod_metadata(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return labels and annotations of the pods, but for the selector's and a hash that is now the component's."""
    metadata, selector = spec["template"].get("metadata") or {}, spec["selector"]["matchLabels"]
    annotations = metadata.get("annotations") or {}
    return {
        "pod_labels": {key: of for key, of in (metadata.get("labels") or {}).items() if key not in selector},
        "pod_annotations": {key: of for key, of in annotations.items() if key != CONFIG_HASH_ANNOTATION},
    }


def _beside_the_template(kind: WorkloadKind, spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is not Kubernetes' default beside the pod template; the number of replicas stays whoever's it is."""
    strategy, defaults = spec.get(kind.strategy) or {}, _ROLLING[kind.kind]
    rolling = {**defaults, **(strategy.get("rollingUpdate") or {})}
    update: dict[str, Any] = {}
    if strategy.get("type", "RollingUpdate") != "RollingUpdate":
        update = {"type": strategy["type"]}
    elif rolling != defaults:
        update = {"rolling_update": {snake_case(field): of for field, of in rolling.items()}}
    limit = spec.get("revisionHistoryLimit", 10)
    return {
        snake_case(kind.strategy): update,
        "min_ready_seconds": spec.get("minReadySeconds") or None,
        "revision_history_limit": limit if limit != 10 else None,
    }


def _fixed(kind: WorkloadKind, spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return what cannot be changed, where it is not Kubernetes' default."""
    different = {field: spec[field] for field, default in kind.fixed.items() if spec.get(field, default) != default}
    if claims := different.get("volumeClaimTemplates"):
        different["volumeClaimTemplates"] = [_claim(one) for one in claims]
    return {snake_case(field): value for field, value in different.items()}


def _claim(template: Mapping[str, Any]) -> dict[str, Any]:
    """Return a claim without what the API server adds."""
    metadata = {key: of for key, of in template["metadata"].items() if key in ("name", "labels", "annotations")}
    spec = {key: of for key, of in template["spec"].items() if (key, of) != ("volumeMode", "Filesystem")}
    return {"metadata": metadata, "spec": spec}


def _without_secrets(pod_spec: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the pod spec with a secret setting in place of values that look like secrets, and those settings."""
    hidden: list[str] = []

    def setting(*words: str) -> SecretSetting:
        hidden.append(re.sub(r"[^\w-]", "-", "-".join(words)))
        return SecretSetting(hidden[-1])

    for containers in ("containers", "initContainers"):
        for container in pod_spec.get(containers) or []:
            name = container["name"]
            if "env" in container:
                container["env"] = [
                    {**one, "value": setting(name, one["name"])}
                    if "value" in one and _is_secret(one["value"], one["name"])
                    else one
                    for one in container["env"]
                ]
            for part in ("command", "args"):
                if part in container:
                    container[part] = [
                        setting(name, part, str(number)) if _is_secret(word, part) else word
                        for number, word in enumerate(container[part])
                    ]
    return pod_spec, hidden


def _is_secret(value: object, name: str) -> bool:
    return hide(value, name) is SECRET
