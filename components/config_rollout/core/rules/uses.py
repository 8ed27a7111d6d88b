"""How the pods of an object read ConfigMaps and Secrets, and the keys of these."""

from collections.abc import Iterator, Mapping

from ..kubernetes.uses import How, Use
from ..kubernetes.uses import uses as uses_of_pods
from ..markers import UNKNOWN
from .objects import KubernetesObject

__all__ = ["How", "Use", "keys_of", "uses"]


def uses(workload: KubernetesObject) -> Iterator[Use]:
    """Yield every use of a ConfigMap or Secret by a container; a volume that none mounts is not read."""
    yield from uses_of_pods(workload.pod_spec, lambda path: workload.in_template("spec", path))


def keys_of(o: KubernetesObject) -> tuple[str, ...] | None:
    """Return the keys of a ConfigMap or Secret; `None` if they are not known yet."""
    sections = [o.get(section) for section in ("data", "stringData", "binaryData")]
    if UNKNOWN in sections:
        return None
    return tuple(dict.fromkeys(str(key) for section in sections if isinstance(section, Mapping) for key in section))
