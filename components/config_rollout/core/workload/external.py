"""ConfigMaps that others own: what pods read of them now, and what it was when that was rolled out."""

import json
from collections.abc import Mapping

from ..configuration.content import parse_content
from ..kubernetes.annotations import EXTERNAL_ANNOTATION
from ..kubernetes.objects import Object
from ..kubernetes.uses import keys_read
from .source import CONFIG_MAP, Source


def external_source(pod_spec: object, name: str, config_map: Object | None) -> Source:
    """Return a ConfigMap of that name with what pods read of it; one that is not there is read as an empty one."""
    of = config_map or {}
    data, binary = of.get("data") or {}, of.get("binaryData") or {}
    content = parse_content(data, binary)[0].as_read(keys_read(pod_spec, CONFIG_MAP, name).reads)
    return Source(name, content, data, binary, external=True)


def rolled_out(annotations: Mapping[str, object]) -> dict[str, str]:
    """Return name -> hash of what is read, as the annotations of a pod or of a pod template say it."""
    try:
        noted = json.loads(str(annotations.get(EXTERNAL_ANNOTATION, "{}")))
    except ValueError:
        return {}
    return {str(name): str(of) for name, of in noted.items()} if isinstance(noted, dict) else {}
