"""What an API server does with objects: tests/unit asks the cluster in memory for it, tests/engine the real one."""

import time

import pytest

from config_rollout.cluster.client import ClusterError

LABELS = {"app": "contract"}


def config_map(name: str, data: dict | None = None, **metadata) -> dict:
    return {
        "kind": "ConfigMap",
        "apiVersion": "v1",
        "metadata": {"name": name, "labels": LABELS, **metadata},
        "data": data or {},
    }


def until(holds) -> bool:
    """Return whether something holds within half a minute: what controllers do takes the real ones a moment."""
    for _ in range(300):
        if holds():
            return True
        time.sleep(0.1)
    return False


class ClusterContract:
    """Tests of the fixtures `client`, a `Cluster` or what stands for one, and `namespace`, a fresh one in it."""

    def made(self, client, namespace, name="a", **more):
        return client.create("configmaps", namespace, config_map(name, **more))

    def test_object_that_is_not_there_is_none(self, client, namespace):
        assert None is client.get("configmaps", "none", namespace)
        assert None is client.patch("configmaps", "none", namespace, {"data": {"a": "b"}})
        assert False is client.delete("configmaps", "none", namespace, "uid")

    def test_created_object_has_its_namespace_a_uid_and_a_version(self, client, namespace):
        metadata = self.made(client, namespace)["metadata"]

        assert ("a", namespace, LABELS) == (metadata["name"], metadata["namespace"], metadata["labels"])
        assert all(metadata[key] for key in ("uid", "resourceVersion"))
        assert metadata["uid"] == client.get("configmaps", "a", namespace)["metadata"]["uid"]

    def test_name_that_is_taken_is_a_conflict(self, client, namespace):
        self.made(client, namespace)
        with pytest.raises(ClusterError) as error:
            self.made(client, namespace)

        assert 409 == error.value.status

    def test_name_may_be_made_by_the_server(self, client, namespace):
        names = {
            client.create("configmaps", namespace, {"metadata": {"generateName": "of-"}})["metadata"]["name"]
            for _ in range(2)
        }

        assert 2 == len(names)
        assert all(name.startswith("of-") for name in names)

    def test_namespace_that_is_not_there_takes_nothing(self, client, namespace):
        assert None is self.made(client, "nowhere")

    def test_list_has_the_namespace_and_the_labels_asked_for(self, client, namespace):
        self.made(client, namespace)
        self.made(client, namespace, "b", labels={"app": "other"})

        assert ["a"] == [one["metadata"]["name"] for one in client.list("configmaps", namespace, "app=contract")]
        assert [] == client.list("configmaps", namespace, "app=none")

    def test_metadata_alone_has_no_data(self, client, namespace):
        self.made(client, namespace, data={"a": "b"})
        (one,) = client.list("configmaps", namespace, "app=contract", metadata_only=True)

        assert ("a", False) == (one["metadata"]["name"], "data" in one)

    def test_merge_patch_sets_and_removes(self, client, namespace):
        old = self.made(client, namespace, data={"a": "1", "b": "2"})
        new = client.patch("configmaps", "a", namespace, {"data": {"a": None, "c": "3"}})

        assert {"b": "2", "c": "3"} == new["data"] == client.get("configmaps", "a", namespace)["data"]
        assert old["metadata"]["uid"] == new["metadata"]["uid"]
        assert old["metadata"]["resourceVersion"] != new["metadata"]["resourceVersion"]

    def test_patch_that_changes_nothing_is_no_version(self, client, namespace):
        old = self.made(client, namespace, data={"a": "1"})
        new = client.patch("configmaps", "a", namespace, {"data": {"a": "1"}})

        assert old["metadata"]["resourceVersion"] == new["metadata"]["resourceVersion"]

    def test_patch_of_an_earlier_version_is_a_conflict(self, client, namespace):
        version = self.made(client, namespace)["metadata"]["resourceVersion"]
        client.patch("configmaps", "a", namespace, {"data": {"a": "1"}})
        with pytest.raises(ClusterError) as error:
            client.patch("configmaps", "a", namespace, {"metadata": {"resourceVersion": version}, "data": {"a": "2"}})

        assert 409 == error.value.status

    def test_delete_is_of_one_uid(self, client, namespace):
        uid = self.made(client, namespace)["metadata"]["uid"]
        with pytest.raises(ClusterError) as error:
            client.delete("configmaps", "a", namespace, "another")

        assert 409 == error.value.status
        assert client.delete("configmaps", "a", namespace, uid)
        assert None is client.get("configmaps", "a", namespace)

    def test_what_only_a_deleted_object_owned_goes_with_it(self, client, namespace):
        owner, other = (self.made(client, namespace, name)["metadata"] for name in ("owner", "other"))
        owners = [
            {"apiVersion": "v1", "kind": "ConfigMap", "name": one["name"], "uid": one["uid"]} for one in (owner, other)
        ]
        self.made(client, namespace, "owned", ownerReferences=owners[:1])
        self.made(client, namespace, "shared", ownerReferences=owners)
        client.delete("configmaps", "owner", namespace, owner["uid"])

        assert until(lambda: client.get("configmaps", "owned", namespace) is None)
        assert client.get("configmaps", "shared", namespace)

    def test_watch_shows_what_happened_since_a_version_and_ends(self, client, namespace):
        self.made(client, namespace, "before")
        ((_, version),) = client.pages("configmaps", namespace, "app=contract")
        made = self.made(client, namespace)["metadata"]
        self.made(client, namespace, "unlabelled", labels={})
        client.patch("configmaps", "a", namespace, {"data": {"a": "1"}})
        client.delete("configmaps", "a", namespace, made["uid"])
        events = [*client.watch("configmaps", namespace, "app=contract", version, 1)]
        seen = [(event["type"], event["object"]["metadata"]["name"]) for event in events if event["type"] != "BOOKMARK"]

        assert [("ADDED", "a"), ("MODIFIED", "a"), ("DELETED", "a")] == seen
        versions = [int(event["object"]["metadata"]["resourceVersion"]) for event in events]
        assert sorted(versions) == versions

    def test_service_has_an_address_of_the_cluster(self, client, namespace):
        body = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": {"ports": [{"port": 80}]}}

        assert client.create("services", namespace, body)["spec"]["clusterIP"]

    def test_object_of_another_uid_is_another_cluster_s(self, client, namespace):
        uid = self.made(client, namespace)["metadata"]["uid"]

        assert uid == client.prove("configmaps", "a", namespace, uid)["metadata"]["uid"]
        with pytest.raises(ClusterError, match="a different cluster from the provider's"):
            client.prove("configmaps", "a", namespace, "another")


class FleetContract:
    """
    Tests of the fixtures `client`, `namespace` and `write`, which gives the template another configuration.

    The namespace has the DaemonSet `agent` with `OnDelete`, its pods labelled `a=b`, all Ready.
    """

    def hashes(self, client, namespace) -> dict[str, str]:
        """Return node -> the revision of its one pod."""
        pods = [pod for pod in client.list("pods", namespace, "a=b") if "deletionTimestamp" not in pod["metadata"]]
        return {pod["spec"]["nodeName"]: pod["metadata"]["labels"]["controller-revision-hash"] for pod in pods}

    def revisions(self, client, namespace) -> dict[str, int]:
        """Return the hash of each revision -> its number."""
        found = client.list("controllerrevisions", namespace, "a=b")
        return {one["metadata"]["labels"]["controller-revision-hash"]: one["revision"] for one in found}

    def written(self, client, namespace, write) -> None:
        """Write another configuration, and wait until its controller has made a revision of it."""
        before = len(self.revisions(client, namespace))
        write()

        assert until(lambda: len(self.revisions(client, namespace)) == before + 1)

    def test_template_of_another_configuration_is_a_revision_that_no_pod_has(self, client, namespace, write):
        old, generation = self.hashes(client, namespace), self.generation(client, namespace)
        self.written(client, namespace, write)

        assert [1, 2] == sorted(self.revisions(client, namespace).values())
        assert old == self.hashes(client, namespace)
        assert generation + 1 == self.generation(client, namespace)

    def generation(self, client, namespace) -> int:
        """Return the generation of the DaemonSet, once its controller has seen it."""
        found = {}

        def is_observed() -> bool:
            found.update(client.get("daemonsets", "agent", namespace))
            return found["metadata"]["generation"] == found["status"].get("observedGeneration")

        assert until(is_observed)
        return found["metadata"]["generation"]

    def test_deleted_pod_comes_back_on_its_node_with_the_newest_revision(self, client, namespace, write):
        self.written(client, namespace, write)
        old, (newest, _) = self.hashes(client, namespace), self.newest(client, namespace)
        victim = client.list("pods", namespace, "a=b")[0]
        metadata, node = victim["metadata"], victim["spec"]["nodeName"]

        assert client.delete("pods", metadata["name"], namespace, metadata["uid"])
        assert until(lambda: self.hashes(client, namespace) == {**old, node: newest})

    def newest(self, client, namespace) -> tuple[str, int]:
        return max(self.revisions(client, namespace).items(), key=lambda one: one[1])

    def test_template_that_is_put_back_makes_its_revision_the_newest(self, client, namespace, write):
        first, _ = self.newest(client, namespace)
        self.written(client, namespace, write)
        back = next(one for one in client.list("controllerrevisions", namespace, "a=b") if one["revision"] == 1)
        client.patch("daemonsets", "agent", namespace, back["data"], strategic=True)

        assert until(lambda: self.newest(client, namespace) == (first, 3))
        assert [2, 3] == sorted(self.revisions(client, namespace).values())
