"""What others own: what pods read of it now, and of a ConfigMap what it was when that was rolled out."""

import json
from collections.abc import Mapping
from dataclasses import replace

from ..configuration.content import parse_content
from ..configuration.keyed import HashKey
from ..configuration.secret_content import SecretContent, secret_of
from ..kubernetes.annotations import EXTERNAL_ANNOTATION
from ..kubernetes.objects import Object
from ..kubernetes.uses import keys_read
from .secret import Secret, SecretSource, as_read
from .source import CONFIG_MAP, Source


def external_source(pod_spec: object, name: str, config_map: Object | None) -> Source:
    """Return a ConfigMap of that name with what pods read of it; one that is not there is read as an empty one."""
    of = config_map or {}
    data, binary = of.get("data") or {}, of.get("binaryData") or {}
    content = parse_content(data, binary)[0].as_read(keys_read(pod_spec, CONFIG_MAP, name).reads)
    return Source(name, content, data, binary, external=True)


def external_secret(pod_spec: object, name: str, secret: Object | None, key: HashKey, workload: str) -> Secret:
    """
    Return what may be known of a Secret of that name that the pods of a workload read: no value is in it.

    One that is not there is read as an empty one. Its type does not count: pods see the keys alone.
    """
    content = secret_of({"data": (secret or {}).get("data") or {}}).content
    source = SecretSource(name, SecretContent(content=as_read(content, pod_spec, name)), key, workload)
    return replace(source.public, external=True)


def rolled_out(annotations: Mapping[str, object]) -> dict[str, str]:
    """Return name -> hash of what is read, as the annotations of a pod or of a pod template say it."""
    try:
        noted = json.loads(str(annotations.get(EXTERNAL_ANNOTATION, "{}")))
    except ValueError:
        return {}
    return {str(name): str(of) for name, of in noted.items()} if isinstance(noted, dict) else {}
