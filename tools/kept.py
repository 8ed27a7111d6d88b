"""What a cluster has of content-named ConfigMaps, against what its pods and revisions mount: for tests and the demo."""

import re

from .api import Api, Json


def mounted(pod_spec: Json) -> set[str]:
    """Return the ConfigMaps that the volumes of a pod spec name."""
    volumes = pod_spec.get("volumes", [])
    sources = [*volumes, *(source for volume in volumes for source in volume.get("projected", {}).get("sources", []))]
    return {source["configMap"]["name"] for source in sources if "configMap" in source}


def orphans(api: Api, namespace: str, name: str) -> list[str]:
    """Return the ConfigMaps of a workload that a pod or a kept revision mounts and that are not there."""
    return sorted(_needed(api, namespace, name) - _there(api, namespace, name))


def strays(api: Api, namespace: str, name: str) -> list[str]:
    """Return those that are there and that neither a pod nor a kept revision mounts."""
    return sorted(_there(api, namespace, name) - _needed(api, namespace, name))


def _there(api: Api, namespace: str, name: str) -> set[str]:
    return _of({item["metadata"]["name"] for item in api.list(f"namespaces/{namespace}/configmaps")}, name)


def _needed(api: Api, namespace: str, name: str) -> set[str]:
    revisions = api.list(f"namespaces/{namespace}/controllerrevisions")
    specs = [revision["data"]["spec"]["template"]["spec"] for revision in revisions]
    specs += [one["spec"]["template"]["spec"] for one in api.list(f"namespaces/{namespace}/replicasets")]
    specs += [pod["spec"] for pod in api.list(f"namespaces/{namespace}/pods")]
    return _of({config_map for spec in specs for config_map in mounted(spec)}, name)


def _of(names: set[str], name: str) -> set[str]:
    return {one for one in names if re.fullmatch(rf"{re.escape(name)}(\.[a-z0-9.-]+)?-[0-9a-f]{{10}}", one)}
