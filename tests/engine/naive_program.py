"""The program that many write: names and hashes taken from resources' outputs, which replaces what it names."""

import hashlib

import pulumi_kubernetes as k8s


def naive(namespace: str, data: dict[str, str]):
    """Return a program that takes hash and name from the ConfigMap resource's outputs."""

    def program() -> None:
        metadata = {"name": "agent", "namespace": namespace}
        labels = {"app": "agent"}
        config_map = k8s.core.v1.ConfigMap("agent", metadata=metadata, data=data)
        checksum = config_map.data.apply(
            lambda values: hashlib.sha256(repr(sorted(values.items())).encode()).hexdigest()
        )
        k8s.apps.v1.DaemonSet(
            "agent",
            metadata=metadata,
            spec={
                "selector": {"match_labels": labels},
                "template": {
                    "metadata": {"labels": labels, "annotations": {"checksum/config": checksum}},
                    "spec": {
                        "containers": [{"name": "agent", "image": "agent:1"}],
                        "volumes": [{"name": "config", "config_map": {"name": config_map.metadata["name"]}}],
                    },
                },
            },
        )

    return program
