"""A DaemonSet as a component renders it, in two configurations."""

OLD, NEW = "3f1a6b02c4" + "0" * 54, "9c07aa31be" + "0" * 54


def daemon_set(config_hash: str = OLD, image: object = "agent:1", **spec: object) -> dict:
    pod_spec = {
        "containers": [{"name": "agent", "image": image}],
        "volumes": [{"name": "c", "configMap": {"name": f"agent-{config_hash[:10]}"}}],
    }
    template = {"metadata": {"annotations": {"checksum/config": config_hash}}, "spec": pod_spec}
    return {"metadata": {"name": "agent", "namespace": "monitoring"}, "spec": {"template": template, **spec}}
