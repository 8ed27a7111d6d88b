"""Projects of what does not exist yet, to be edited."""

from .program import FileText, Program
from .project import Project, written_in

_POD_SPEC = {
    "containers": [
        {
            "name": "agent",
            "image": "registry.k8s.io/pause:3.10",
            "volumeMounts": [{"name": "config", "mountPath": "/etc/agent"}],
        }
    ],
}


def new_project(name: str, language: str = "python") -> Project:
    """Return the project of a new DaemonSet."""
    arguments = {
        "namespace": "default",
        "data": {"agent.yaml": FileText("agent.yaml")},
        "pod_spec": {**_POD_SPEC, "volumes": [{"name": "config", "configMap": {"name": name}}]},
    }
    about, files = f"DaemonSet {name} and its configuration.", {"config/agent.yaml": b"level: info\n"}
    return written_in(language, Program("ConfiguredDaemonSet", name, arguments, about, files))


def new_chart_project(
    name: str, chart: str, repository: str | None, version: str | None, namespace: str, language: str = "python"
) -> Project:
    """Return the project of a chart, as `ConfiguredChart` takes it; `name` is that of its release."""
    given = {"chart": chart, "repository": repository, "version": version, "namespace": namespace}
    arguments = {**{key: value for key, value in given.items() if value}, "values": {}}
    about = f"The chart {chart} as release {namespace}/{name}."
    return written_in(language, Program("ConfiguredChart", name, arguments, about))
