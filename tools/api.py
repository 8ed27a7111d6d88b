"""The few calls on a Kubernetes API server that the demo, the tests and the benchmarks make."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests

Json = dict[str, Any]

_RBAC = "rbac.authorization.k8s.io/v1"
_GROUPS = {
    "daemonsets": "apps/v1",
    "controllerrevisions": "apps/v1",
    "deployments": "apps/v1",
    "replicasets": "apps/v1",
    "statefulsets": "apps/v1",
    "endpointslices": "discovery.k8s.io/v1",
    "jobs": "batch/v1",
    "poddisruptionbudgets": "policy/v1",
    "roles": _RBAC,
    "rolebindings": _RBAC,
    "clusterroles": _RBAC,
    "clusterrolebindings": _RBAC,
    "storageclasses": "storage.k8s.io/v1",
    "leases": "coordination.k8s.io/v1",
}
"""Resource -> group and version, of those that are not in the core group."""

_METRIC = re.compile(r"apiserver_request_total\{(.*)\} (\S+)")
_LABEL = re.compile(r'(\w+)="([^"]*)"')
_NOT_COUNTED = {
    "events", "leases", "nodes", "tokenreviews", "subjectaccessreviews", "selfsubjectaccessreviews",
    "clustertrustbundles",  # the controller manager of 1.37 keeps trying to publish one that our API server refuses
}  # fmt: skip


class Api:
    """
    Speaks to one API server as an administrator.

    Resources are named by their path without the group's prefix: `nodes`, `namespaces/NS/pods/NAME`; their group is
    found by their name.
    """

    def __init__(self, server: str, token: str, certificate: Path) -> None:
        self.server = server
        self._certificate = certificate
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {token}"
        self._session.trust_env = False

    def ready(self) -> bool:
        """Return whether the API server says that it is ready."""
        return self._certificate.exists() and bool(self._send("GET", "/readyz").status_code == requests.codes.ok)

    def get(self, path: str) -> Json:
        """Return one object."""
        return self._json("GET", path)

    def status(self, path: str, user: str, group: str) -> int:
        """Return how a GET is answered to another user, as an HTTP status."""
        headers = {"Impersonate-User": user, "Impersonate-Group": group}
        return int(self._send("GET", _url(path), headers=headers).status_code)

    def exists(self, path: str) -> bool:
        """Return whether there is such an object."""
        return bool(self._send("GET", _url(path)).status_code == requests.codes.ok)

    def list(self, path: str) -> list[Json]:
        """Return the objects of a collection, in the server's order."""
        items: list[Json] = self._json("GET", path)["items"]
        return items

    def create(self, path: str, body: Json) -> Json:
        """Create an object in a collection."""
        return self._json("POST", path, json=body)

    def patch(self, path: str, body: Json, kind: str = "merge") -> Json:
        """Change an object by a merge patch (`merge`) or a strategic one (`strategic-merge`)."""
        headers = {"Content-Type": f"application/{kind}-patch+json"}
        return self._json("PATCH", path, data=json.dumps(body), headers=headers)

    def delete(self, path: str) -> None:
        """Delete an object, or a collection, without grace, if it is there: the garbage collector may be faster."""
        response = self._send("DELETE", _url(path), params={"gracePeriodSeconds": 0})
        if response.status_code != requests.codes.not_found:
            _check(response)

    def watch(self, path: str, resource_version: str) -> Iterator[Json]:
        """Yield events (`type`, `object`) from a resource version on, until the server ends the stream."""
        parameters = {"watch": "1", "resourceVersion": resource_version, "timeoutSeconds": "3600"}
        with self._send("GET", _url(path), params=parameters, stream=True) as response:
            response.raise_for_status()
            for line in response.iter_lines(chunk_size=None):
                yield json.loads(line)

    def resource_version(self, path: str) -> str:
        """Return the resource version of a collection as it is now."""
        version: str = self._json("GET", path, params={"limit": 1})["metadata"]["resourceVersion"]
        return version

    def request_counts(self, codes: str = "") -> Counter[str]:
        """
        Return how many requests were answered, as `VERB resource` -> count. Dry runs, status, heartbeats apart.

        `codes` is how the answer's status code begins.
        """
        counts: Counter[str] = Counter()
        for labels, count in self._answered():
            if labels["dry_run"] or labels["subresource"] or labels["resource"] in _NOT_COUNTED:
                continue
            if labels["code"].startswith(codes):
                counts[f"{labels['verb']} {labels['resource']}"] += count
        return counts

    def all_request_counts(self) -> Counter[str]:
        """Return how many requests were answered, of every kind, as `VERB resource` or `VERB resource/subresource`."""
        counts: Counter[str] = Counter()
        for labels, count in self._answered():
            of = "/".join(filter(None, (labels["resource"], labels["subresource"])))
            counts[f"{labels['verb']} {of}"] += count
        return counts

    def _answered(self) -> Iterator[tuple[dict[str, str], int]]:
        """Yield the labels and the count of each series of the API server's own metric of requests."""
        for match in _METRIC.finditer(self._send("GET", "/metrics").text):
            yield dict(_LABEL.findall(match[1])), int(float(match[2]))

    def _json(self, method: str, path: str, **arguments: Any) -> Json:
        answer: Json = _check(self._send(method, _url(path), **arguments)).json()
        return answer

    def _send(self, method: str, url: str, **arguments: Any) -> requests.Response:
        return self._session.request(method, self.server + url, verify=str(self._certificate), **arguments)


def _check(response: requests.Response) -> requests.Response:
    """Return an answer that is none of a failure."""
    if not response.ok:
        request = response.request
        raise requests.HTTPError(f"{request.method} {request.path_url}: {response.status_code} {response.text}")
    return response


def _url(path: str) -> str:
    group = next((_GROUPS[step] for step in path.split("/") if step in _GROUPS), None)
    return f"/apis/{group}/{path}" if group else f"/api/v1/{path}"
