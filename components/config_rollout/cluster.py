"""
The few reads and writes that the engine cannot do for us, on the API server that the Kubernetes provider writes to.

Found the way the provider finds it. Not here: what follows from what is read (core/).
"""

import json
import os
import urllib.parse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .core import kubeconfig as kubeconfigs
from .core.rights import Right, role

Object = dict[str, Any]
"""A Kubernetes object as the API server sends it."""

SECONDS = 10
"""How long one request may take, in seconds. A connection that cannot be made is tried twice more, at once."""

_PAGE = 500
_MERGE, _STRATEGIC = "application/merge-patch+json", "application/strategic-merge-patch+json"
_GROUPS = {"daemonsets": "apps/v1", "controllerrevisions": "apps/v1"}
"""Resource -> API group and version, of those that are not in the core group."""


class ClusterError(Exception):
    """What keeps the cluster from being read or written, as `where: what. What to do.`"""


class Forbidden(ClusterError):
    """A right is missing; `right` is which."""

    def __init__(self, right: Right, server: str) -> None:
        self.right = right
        super().__init__(
            f"{server}: may not {right}. Give the user of this kubeconfig that right; the smallest rule is\n"
            f"{role([right])}"
        )


class Cluster:
    """
    One API server, and whoever the kubeconfig says we are. `find` makes one.

    A resource is named as in `kubectl`: `daemonsets`, `configmaps`, `pods`, `controllerrevisions`, `nodes`.
    Every method raises `ClusterError` where the server cannot be asked, and `Forbidden` where a right is missing.
    """

    def __init__(self, client: Any, headers: list[tuple[str, str]]) -> None:
        self._client, self._headers = client, headers
        self.server: str = client.configuration.host

    @classmethod
    def find(cls, kubeconfig: str | None = None, context: str | None = None, cluster: str | None = None) -> "Cluster":
        """
        Return the cluster that the Kubernetes provider would use; nothing is asked of it yet.

        Args:
          kubeconfig: A path or the content of a kubeconfig; else the files of KUBECONFIG, else `~/.kube/config`, else
            the service account of the pod that this runs in.
          context: In place of the kubeconfig's current one.
          cluster: In place of the context's.

        Raises:
          ClusterError: There is no kubeconfig, or it does not say what is needed.

        Source: pulumi-kubernetes 4.25 provider.go `Configure`; client-go 0.36 tools/clientcmd.

        """
        from kubernetes.client import ApiClient, Configuration
        from kubernetes.config import ConfigException, load_incluster_config, load_kube_config_from_dict

        configuration = Configuration()
        configuration.retries = 2
        where, found = _kubeconfigs(kubeconfig)
        if not found:
            if "KUBERNETES_SERVICE_HOST" not in os.environ:
                raise ClusterError(f"{where}: there is no kubeconfig. Set kubernetes:kubeconfig, or KUBECONFIG.")
            load_incluster_config(configuration)  # type: ignore[no-untyped-call]
            return cls(ApiClient(configuration), [])
        try:
            config, name = kubeconfigs.chosen(kubeconfigs.merged(found), context, cluster)
        except kubeconfigs.BadKubeconfig as error:
            raise ClusterError(f"{where}: {error}. Correct it, or choose with kubernetes:context.") from None
        user = kubeconfigs.user_of(config)
        try:
            options = {"context": name, "client_configuration": configuration, "persist_config": False}
            load_kube_config_from_dict(config, **options)  # type: ignore[no-untyped-call]
        except (ConfigException, OSError, ValueError, KeyError, TypeError) as error:
            raise ClusterError(f"{where}: context '{name}' cannot be used ({error}). Correct it.") from None
        if "exec" in user and not (configuration.api_key or configuration.cert_file):
            program = user["exec"].get("command")
            raise ClusterError(f"{where}: '{program}' gave no credentials. Run it by hand to see why.")
        return cls(ApiClient(configuration), kubeconfigs.impersonation(user))

    def get(self, resource: str, name: str, namespace: str = "") -> Object | None:
        """Return an object, or `None` if there is none."""
        return self._send("GET", Right("get", _group(resource), resource, namespace, name))

    def list(self, resource: str, namespace: str = "", labels: str = "") -> list[Object]:
        """Return the objects of a namespace (empty: of all), or those that a label selector fits."""
        items: list[Object] = []
        query = {"limit": str(_PAGE), **({"labelSelector": labels} if labels else {})}
        while True:
            page = self._send("GET", Right("list", _group(resource), resource, namespace), query) or {}
            items += page.get("items") or []
            following = page.get("metadata", {}).get("continue")
            if not following:
                return items
            query["continue"] = following

    def patch(
        self, resource: str, name: str, namespace: str, body: Mapping[str, Any], strategic: bool = False
    ) -> Object | None:
        """Change an object by a merge patch, or a strategic one; `None` if there is none to change."""
        right = Right("patch", _group(resource), resource, namespace, name)
        query = {"fieldManager": "config-rollout"}
        return self._send("PATCH", right, query, body, _STRATEGIC if strategic else _MERGE)

    def delete(self, resource: str, name: str, namespace: str, uid: str) -> bool:
        """Delete the object that has this UID; return whether it was there."""
        right = Right("delete", _group(resource), resource, namespace, name)
        return self._send("DELETE", right, body={"preconditions": {"uid": uid}}, gone=(404, 409)) is not None

    def may(self, right: Right) -> bool:
        """Tell whether the API server would let us; it asks its own authorizers."""
        asked = {"verb": right.verb, "group": right.group, "resource": right.resource,
                 "namespace": right.namespace, "name": right.name}  # fmt: skip
        review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
                  "spec": {"resourceAttributes": asked}}  # fmt: skip
        right = Right("create", "authorization.k8s.io", "selfsubjectaccessreviews")
        answer = self._send("POST", right, body=review) or {}
        return bool(answer.get("status", {}).get("allowed"))

    def prove(self, resource: str, name: str, namespace: str, uid: str) -> None:
        """
        Make sure that this is the provider's cluster: its object has the UID that the provider returned for it.

        Raises:
          ClusterError: It has not.

        """
        found = self.get(resource, name, namespace)
        if found is None or found["metadata"]["uid"] != uid:
            raise ClusterError(
                f"{self.server}: is not the cluster that the Kubernetes provider writes to: {resource} "
                f"{namespace}/{name} there has the UID {uid}, here it {_uid(found)}. "
                "Give `kubeconfig` and `context` the provider's values."
            )

    def _send(
        self,
        method: str,
        right: Right,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = "application/json",
        gone: tuple[int, ...] = (404,),
    ) -> Object | None:
        """Send one request. `right` says what it needs, and so where it goes."""
        from kubernetes.client import ApiException
        from urllib3 import HTTPHeaderDict
        from urllib3.exceptions import HTTPError

        path = _path(right) + (f"?{urllib.parse.urlencode(query)}" if query else "")
        headers = {"Accept": "application/json", "Content-Type": content_type, "User-Agent": "config-rollout"}
        call = self._client.param_serialize(method, path, header_params=headers, auth_settings=["BearerToken"])
        url, every = call[1], HTTPHeaderDict(call[2])
        for name, value in self._headers:
            every.add(name, value)
        try:
            answer = self._client.call_api(method, url, every, body, _request_timeout=SECONDS)
            status, data = answer.status, answer.read()
        except (HTTPError, ApiException, OSError) as error:
            raise ClusterError(f"{self.server}: {_reason(error)}. See whether `kubectl` reaches it.") from None
        if status in gone:
            return None
        if status == 403:
            raise Forbidden(right, self.server)
        if status == 401:
            raise ClusterError(f"{self.server}: does not take these credentials. See whether `kubectl` can log in.")
        if not 200 <= status < 300:
            raise ClusterError(f"{self.server}: {right}: {status} {_message(data)}. Correct it and run again.")
        found: Object = json.loads(data)
        return found


def _kubeconfigs(given: str | None) -> tuple[str, list[tuple[str, object]]]:
    """Return where the kubeconfigs come from, and folder and content of each; none if there is no file."""
    import yaml

    if given and not Path(given).expanduser().is_file():
        try:
            content = yaml.safe_load(given)
        except yaml.YAMLError:
            content = None
        if not isinstance(content, dict):
            shown = given if len(given) < 80 and "\n" not in given else "a text"
            raise ClusterError(f"kubeconfig: is no file and no kubeconfig (got {shown!r}). Write a path that exists.")
        return "kubeconfig", [(os.getcwd(), content)]
    listed = given or os.environ.get("KUBECONFIG") or "~/.kube/config"
    paths = [Path(path).expanduser() for path in ([listed] if given else listed.split(os.pathsep)) if path]
    found: list[tuple[str, object]] = []
    for path in paths:
        try:
            if path.is_file():
                found.append((str(path.absolute().parent), yaml.safe_load(path.read_text())))
        except (yaml.YAMLError, OSError, UnicodeDecodeError) as error:
            raise ClusterError(f"{path}: cannot be read ({str(error).splitlines()[0]}). Correct it.") from None
    return listed, found


def _group(resource: str) -> str:
    return _GROUPS.get(resource, "/").split("/")[0]


def _path(right: Right) -> str:
    """Return the path of an object, or of a collection."""
    if right.group == "authorization.k8s.io":
        return f"/apis/authorization.k8s.io/v1/{right.resource}"
    version = _GROUPS.get(right.resource)
    steps = ["/apis", version] if version else ["/api", "v1"]
    if right.namespace:
        steps += ["namespaces", right.namespace]
    return "/".join([*steps, right.resource, *([right.name] if right.name else [])])


def _message(data: bytes) -> str:
    """Return what the API server says is wrong, without its full stop."""
    try:
        return str(json.loads(data)["message"]).rstrip(".")
    except (ValueError, KeyError, TypeError):
        return data[:200].decode(errors="replace")


def _reason(error: Exception) -> str:
    """Return why there was no answer, in one line, without the library's names."""
    reason = getattr(error, "reason", None) or error
    text = str(reason).splitlines()[-1]
    return f"does not answer ({text.partition('): ')[2] or text})"


def _uid(found: Object | None) -> str:
    return "does not exist" if found is None else f"has {found['metadata']['uid']}"
