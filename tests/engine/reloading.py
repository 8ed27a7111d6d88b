"""What runs in the pods that kwok plays, where they read a text again: as many programs as there are pods."""

import threading

OLD, NEW, REFUSED = ({"agent.yaml": "level: info\n", "rules": f"{text}\n"} for text in ("allow", "deny", "refused"))
LASTING = {"agent.yaml": "level: info\n"}
"""What of these never reloads."""
PORT = 8080
RELOAD = {
    "effects": {"rules": "reload"},
    "reload": {
        "http": {"port": PORT, "path": "/metrics", "changes": "rules_version", "failures": "rules_failed_total"},
        "timeout_seconds": 20,
    },
}


class Programs:
    """
    What runs in the pods: each reads its file again when its pod was annotated, as a kubelet that was woken brings it.

    `rejects` are the nodes whose program refuses the text `refused`, `deaf` those whose program never looks.
    """

    def __init__(self, cluster, namespace):
        self._cluster, self._of = cluster, f"namespaces/{namespace}"
        self.rejects, self.deaf, self.tried, self.failed, self._lock = set(), set(), {}, {}, threading.Lock()
        self.running = {}

    def answer(self, address, port, path):
        with self._lock:
            *_, pod = (pod for pod in self._at(address) if pod["metadata"]["name"].startswith("agent-"))
            metadata, node = pod["metadata"], pod["spec"]["nodeName"]
            text, uid = self.text(), metadata["uid"]
            if uid not in self.running:
                self.running[uid] = self.tried[uid] = text
            elif node not in self.deaf and self._is_woken(metadata) and text != self.tried[uid]:
                self.tried[uid] = text
                if text == "refused" and node in self.rejects:
                    self.failed[uid] = self.failed.get(uid, 0) + 1
                else:
                    self.running[uid] = text
            return 200, f'rules_version{{text="{self.tried[uid]}"}} 1\nrules_failed_total {self.failed.get(uid, 0)}\n'

    def text(self):
        """Return the text in the ConfigMap that changes in place."""
        return self._cluster.api.get(f"{self._of}/configmaps/agent-reload")["data"]["rules"].strip()

    def now(self):
        """Return what the programs of the pods that there are run."""
        pods = self._cluster.api.list(f"{self._of}/pods")
        return [self.running.get(pod["metadata"]["uid"]) for pod in pods]

    def _at(self, address):
        return self._cluster.api.list(f"{self._of}/pods?fieldSelector=status.podIP%3D{address}")

    def _is_woken(self, metadata):
        return "config-rollout/reload" in metadata.get("annotations", {})
