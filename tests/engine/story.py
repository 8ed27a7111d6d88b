"""One component of a kind through its life in a stack, and what the cluster has of it."""

import pulumi

from config_rollout import ConfiguredDeployment, ConfiguredStatefulSet
from config_rollout.core.audit.record import parse_records
from config_rollout.core.kubernetes.objects import kept_by, revision_number
from config_rollout.core.revisions.naming import HISTORY_KEY, history_name
from tests.engine.conftest import BAD, BETTER, GOOD, name_of
from tests.engine.observed import written
from tools.kept import mounted, orphans
from tools.pods import Pod, Recorder

COMPONENTS = {"Deployment": ConfiguredDeployment, "StatefulSet": ConfiguredStatefulSet}
REPLICAS = 3
NOTED = {"agent.yaml": "# a note\nlevel: info\n"}
TOKEN, LONGER = "swordfish", "swordfish and more"
HASH_KEY = "a hash key of the stack, 32 letters"


class Story:
    """One component of a kind in a stack, and what the cluster has of it."""

    def __init__(self, kind, project, cluster, namespace) -> None:
        self.kind, self.namespace, self._project, self._cluster = kind, namespace, project, cluster

    def up(self, data, refresh=False, **arguments):
        return self._project.up(self.program(data, **arguments), refresh=refresh)

    def preview(self, data, **arguments):
        return self._project.preview(self.program(data, **arguments))

    def program(self, data, token=TOKEN, **arguments):
        component = COMPONENTS[self.kind.kind]
        mounts = [{"name": "c", "mount_path": "/etc/agent"}, {"name": "s", "mount_path": "/etc/token"}]
        volumes = [
            {"name": "c", "config_map": {"name": "agent"}},
            {"name": "s", "secret": {"secret_name": "agent-token"}},
        ]
        args = {
            "namespace": self.namespace,
            "data": data,
            "replicas": REPLICAS,
            "secrets": {"agent-token": {"string_data": {"token": token}}},
            "pod_spec": {
                "containers": [{"name": "agent", "image": "agent:1", "volume_mounts": mounts}],
                "volumes": volumes,
            },
            "pod_annotations": {"local-cluster/ready-after": "100ms"},
            "rollout_timeout_seconds": 15 if data == BAD else 120,
            **arguments,
        }
        made = lambda of: of() if callable(of) else of  # noqa: E731 - Outputs are made where the program runs
        args["hash_key"] = lambda: pulumi.Output.secret(HASH_KEY)
        return lambda: component("agent", {key: made(of) for key, of in args.items()})

    def is_left_alone_where_no_meaning_changes(self) -> None:
        """Run the same again, and another text that means the same."""
        told: list[str] = []
        once = lambda: told.extend(self.up(GOOD).messages + self.up(NOTED).messages)  # noqa: E731
        assert {} == written(self._cluster, once)
        assert ["ConfigMap agent: agent.yaml is written differently but means the same: nothing restarts"] == [
            message.splitlines()[0] for message in told
        ]

    def is_undone_by_kubectl_and_made_again(self, good: str) -> None:
        """Go back by kubectl to what has the hash `good`; an `up` sees that, and one with a refresh undoes it."""
        self.undo(f"--to-revision={self.revision_of(GOOD)}")
        assert [name_of(GOOD)] == self.mounted()
        (message,) = self.preview(BETTER).messages
        assert message.startswith(f"{self.kind.kind} {self.namespace}/agent runs {good[:10]}, created 20")
        assert 0 == self.made_during(lambda: self.up(BETTER))
        assert REPLICAS == self.made_during(lambda: self.up(BETTER, refresh=True))
        assert [name_of(BETTER)] == self.mounted()
        assert [] == orphans(self._cluster.api, self.namespace, "agent")

    def undo(self, *arguments) -> None:
        kubectl = self._cluster.kubectl
        kubectl(f"--namespace={self.namespace}", "rollout", "undo", f"{self.kind.word}/agent", *arguments)
        kubectl(f"--namespace={self.namespace}", "rollout", "status", f"{self.kind.word}/agent", "--timeout=60s")
        self._cluster.wait("old pods to go", lambda: len(self.pods(leaving=True)) == REPLICAS)

    def revision_of(self, data) -> int:
        """Return the number of the newest revision that mounts a configuration."""
        return revision_number(self.revision_with(data))

    def revision_with(self, data):
        """Return the newest revision that mounts a configuration."""
        of = self._cluster.api.list(f"namespaces/{self.namespace}/{self.kind.revision_resource}")
        mounting = [one for one in of if name_of(data) in mounted(kept_by(one)["spec"]["template"]["spec"])]
        return max(mounting, key=revision_number)

    def records(self):
        of = f"namespaces/{self.namespace}/configmaps/{history_name('agent', self.kind)}"
        return parse_records(self._cluster.api.get(of)["data"][HISTORY_KEY], of)[0]

    def left(self) -> list[str]:
        """Return the names of ConfigMaps, Secrets and revisions of ours that are there."""
        kinds = ("configmaps", "secrets", self.kind.revision_resource)
        every = [
            one["metadata"]["name"]
            for of in kinds
            for one in self._cluster.api.list(f"namespaces/{self.namespace}/{of}")
        ]
        return [name for name in every if name != "kube-root-ca.crt"]

    def pods(self, leaving=False):
        pods = self._cluster.api.list(f"namespaces/{self.namespace}/pods")
        return [Pod.of(pod) for pod in pods if leaving or "deletionTimestamp" not in pod["metadata"]]

    def mounted(self):
        return sorted({name for pod in self.pods() for name in pod.config_maps})

    def secrets_mounted(self):
        pods = self._cluster.api.list(f"namespaces/{self.namespace}/pods")
        volumes = [volume for pod in pods for volume in pod["spec"]["volumes"]]
        return {volume["secret"]["secretName"] for volume in volumes if "secret" in volume}

    def secrets(self):
        """Return the name of each Secret, and the kinds of its owners."""
        every = self._cluster.api.list(f"namespaces/{self.namespace}/secrets")
        return {one["metadata"]["name"]: _owners(one) for one in every}

    def owners(self, data):
        return _owners(self._cluster.api.get(f"namespaces/{self.namespace}/configmaps/{name_of(data)}"))

    def hash(self) -> str:
        """Return the config hash that the workload asks for."""
        of = self._cluster.api.get(f"namespaces/{self.namespace}/{self.kind.resource}/agent")["spec"]["template"]
        return of["metadata"]["annotations"]["checksum/config"]

    def made_during(self, action) -> int:
        """Return how many pods were made."""
        with Recorder(self._cluster.api, self.namespace) as recorder:
            action()
        return sum(kind == "ADDED" for kind, _ in recorder.events)


def _owners(thing):
    return sorted(owner["kind"] for owner in thing["metadata"].get("ownerReferences", []))
