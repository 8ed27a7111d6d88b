"""
The few reads and writes that the engine cannot do for us, on the API server that the Kubernetes provider uses.

Found the way the provider finds it. Not here: what follows from what is read (core/).
"""

import json
import logging
import os
import threading
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from ..core.kubernetes import kubeconfig as kubeconfigs
from ..core.kubernetes import workloads
from ..core.kubernetes.field_managers import OWNER, managing, ours_alone
from ..core.kubernetes.objects import maker_of
from ..core.kubernetes.workload_kinds import KINDS, kind_of
from ..core.rbac.rights import Right, lasting, role
from ..core.waves.http_answers import breaks_a_rule, message_of
from .connection import Connection, NoCredentials, in_cluster, of_kubeconfig, plain
from .decoding import decoded

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

Object = dict[str, Any]
"""A Kubernetes object as the API server sends it."""

SECONDS = 10
"""How long one request may take, in seconds. A connection that cannot be made is tried twice more, at once."""

_PAGE = 500
_JSON, _METADATA = "application/json", "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
_METADATA_OF_ONE = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
_MERGE, _STRATEGIC = "application/merge-patch+json", "application/strategic-merge-patch+json"
_APPLY, _OPERATIONS = "application/apply-patch+yaml", "application/json-patch+json"
_VERSION = "version"
_USER_AGENT = "config-rollout"
_CONFLICT = 409
_GROUPS = {
    **dict.fromkeys(("daemonsets", "deployments", "statefulsets", "replicasets", "controllerrevisions"), "apps/v1"),
    **dict.fromkeys(("jobs", "cronjobs"), "batch/v1"),
    "endpointslices": "discovery.k8s.io/v1",
}
"""Resource -> API group and version, of those that are not in the core group."""

_KINDS = {of.resource: of.kind for of in KINDS.values()}


class ClusterError(Exception):
    """
    What keeps the cluster from being read or written, as `where: what. What to do.`

    `status` is the HTTP status, 0 where there was no answer at all, -1 where nothing was asked.
    """

    def __init__(self, message: str, status: int = -1) -> None:
        super().__init__(message)
        self.status = status


class Forbidden(ClusterError):
    """A permission is missing; `right` says which."""

    def __init__(self, right: Right, server: str) -> None:
        self.right = right = lasting(right)
        super().__init__(
            f"{server}: may not {right}. Grant the user of this kubeconfig this permission; the smallest rule is\n"
            f"{role([right])}",
            403,
        )


class Cluster:
    """
    One API server, and whoever the kubeconfig says we are. `find` makes one.

    A resource is named as in `kubectl`: `daemonsets`, `configmaps`, `pods`, `replicasets`, `nodes`.
    Every method raises `ClusterError` where the server cannot be asked, and `Forbidden` if a permission is missing.
    """

    def __init__(self, connection: Connection, headers: list[tuple[str, str]]) -> None:
        self._connection, self._headers = connection, headers
        self._discovered: dict[str, dict[str, tuple[str, bool]]] = {}
        self._discovering = threading.Lock()  # several threads ask for the kinds of one version
        self.server: str = connection.server

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
        logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)  # we say ourselves what cannot be reached
        where, contents = _kubeconfigs(kubeconfig)
        if not contents:
            if "KUBERNETES_SERVICE_HOST" not in os.environ:
                raise ClusterError(f"{where}: no kubeconfig. Set kubernetes:kubeconfig, or KUBECONFIG.")
            return cls(in_cluster(), [])
        try:
            config, name = kubeconfigs.chosen(kubeconfigs.merged(contents), context, cluster)
        except kubeconfigs.BadKubeconfig as error:
            raise ClusterError(f"{where}: {error}. Correct it, or choose with kubernetes:context.") from None
        user = kubeconfigs.user_of(config)
        try:
            connection = plain(kubeconfigs.cluster_of(config), user) or of_kubeconfig(config, name)
        except NoCredentials as error:
            raise ClusterError(f"{where}: '{error}' returned no credentials. Run it by hand to see why.") from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ClusterError(f"{where}: context '{name}' cannot be used ({error}). Correct it.") from None
        return cls(connection, kubeconfigs.impersonation(user))

    def get(self, resource: str, name: str, namespace: str = "") -> Object | None:
        """Return an object, or `None` if there is none."""
        return self._send("GET", Right("get", _group(resource), resource, namespace, name))

    def list(self, resource: str, namespace: str = "", labels: str = "", metadata_only: bool = False) -> list[Object]:
        """Return the objects of a namespace (empty: of all), or those that a label selector fits."""
        pages = self.pages(resource, namespace, labels, metadata_only=metadata_only)
        return [item for page, _ in pages for item in page]

    def pages(
        self, resource: str, namespace: str = "", labels: str = "", fields: str = "", metadata_only: bool = False
    ) -> Iterator[tuple[Sequence[Object], str]]:
        """
        Yield the same page by page, so that no more is held, each with the version of the collection to `watch` from.

        With `metadata_only` the server sends nothing else of the objects.
        Source: kubernetes 1.36 apiserver pkg/endpoints/handlers/response.go `asPartialObjectMetadataList`.
        """
        query = {"limit": str(_PAGE), **_selectors(labels, fields)}
        accept = _METADATA if metadata_only else _JSON
        while True:
            right = Right("list", _group(resource), resource, namespace)
            page = self._send("GET", right, query, accept=accept) or {}
            metadata = page.get("metadata", {})
            yield (
                [_listed(resource, item) for item in page.get("items") or []],
                str(metadata.get("resourceVersion", "")),
            )
            if not metadata.get("continue"):
                return
            query["continue"] = metadata["continue"]

    def watch(
        self, resource: str, namespace: str, labels: str, version: str, seconds: int, fields: str = ""
    ) -> Iterator[Object]:
        """
        Yield what happens to a collection after a version, as `type` and `object`, for so many seconds.

        An event `ERROR` says that the server no longer knows the version: list again. `BOOKMARK` has only a newer one.
        Source: Kubernetes "API Concepts", Efficient detection of changes.
        """
        right = Right("watch", _group(resource), resource, namespace)
        query = {"watch": "1", "allowWatchBookmarks": "true", "resourceVersion": version,
                 "timeoutSeconds": str(seconds), **_selectors(labels, fields)}  # fmt: skip
        answer = self._ask("GET", right, query, seconds=seconds + SECONDS)
        if answer.status >= 300:
            self._refuse(right, answer.status, answer.data)
        rest = b""
        try:
            for part in answer.stream(decode_content=True):
                *lines, rest = (rest + part).split(b"\n")
                yield from (json.loads(line) for line in lines if line)
        except (_http_error(), OSError, ValueError) as error:
            raise ClusterError(f"{self.server}: {_reason(error)}. Check whether `kubectl` can reach it.", 0) from None
        finally:
            answer.close()

    def ask_pod(self, pod: str, namespace: str, port: int, path: str) -> tuple[int, bytes]:
        """Return status and body of what a pod answers to a GET through the API server's proxy."""
        right = Right("get", "", "pods/proxy", namespace, f"{pod}:{port}")
        answer = self._ask("GET", right, tail=path)
        data = answer.data
        if answer.status in (401, 403) and _is_status(data):
            self._refuse(Right("get", "", "pods/proxy", namespace), answer.status, data)
        return answer.status, data

    def patch(
        self,
        resource: str,
        name: str,
        namespace: str,
        body: Mapping[str, Any],
        strategic: bool = False,
        manager: str = "config-rollout",
    ) -> Object | None:
        """Change an object by a merge patch, or a strategic one; `None` if there is none to change."""
        right = Right("patch", _group(resource), resource, namespace, name)
        query = {"fieldManager": manager}
        return self._send("PATCH", right, query, body, _STRATEGIC if strategic else _MERGE)

    def apply(self, resource: str, name: str, namespace: str, body: Mapping[str, Any], manager: str) -> Object:
        """
        Make an object, or all that a field manager has in it, by a server-side apply; return it.

        It takes over what others have, and what `body` leaves out of the manager's earlier fields goes.
        """
        right = Right("patch", _group(resource), resource, namespace, name)
        query = {"fieldManager": manager, "force": "true"}
        return self._send("PATCH", right, query, body, _APPLY) or {}

    def edit(
        self,
        resource: str,
        name: str,
        namespace: str,
        operations: Sequence[Mapping[str, Any]],
        manager: str,
        dry_run: bool = False,
    ) -> Object | None:
        """
        Change an object by the operations of a JSON Patch and return it; `None` if there is none to change.

        With `dry_run` the server does all but write it: it fills in defaults, validates, and asks its webhooks.
        Source: RFC 6902; Kubernetes "API Concepts", Dry-run.
        """
        right = Right("patch", _group(resource), resource, namespace, name)
        query = {"fieldManager": manager, **({"dryRun": "All"} if dry_run else {})}
        return self._send("PATCH", right, query, operations, _OPERATIONS)

    def create(self, resource: str, namespace: str, body: Mapping[str, Any]) -> Object | None:
        """Create an object and return it; `None` if there is no such namespace."""
        return self._send("POST", Right("create", _group(resource), resource, namespace), body=body)

    def make(self, resource: str, namespace: str, body: Mapping[str, Any]) -> None:
        """
        Create an object that has a name of its own; one that is there is ours, of a try whose answer was lost.

        In a namespace that does not exist nothing is made.
        """
        try:
            self.create(resource, namespace, body)
        except ClusterError as error:
            if error.status != _CONFLICT:
                raise

    def user(self) -> str:
        """Return the API server's name for us. Whoever is logged in may ask. Source: authentication.k8s.io/v1."""
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
        answer = self._send("POST", Right("create", "authentication.k8s.io", "selfsubjectreviews"), body=body) or {}
        return str(answer.get("status", {}).get("userInfo", {}).get("username", ""))

    def delete(self, resource: str, name: str, namespace: str, uid: str) -> bool:
        """
        Delete the object that has this UID; return whether there was one of its name.

        A conflict (409) is that the name has another UID by now, or that a webhook or a proxy says so: look again.
        """
        right = Right("delete", _group(resource), resource, namespace, name)
        # What it owns goes too, which is not so by itself for a Job alone: apiserver `DefaultGarbageCollectionPolicy`.
        options = {"preconditions": {"uid": uid}, "propagationPolicy": "Background"}
        return self._send("DELETE", right, body=options) is not None

    def may(self, right: Right) -> bool:
        """Tell whether the API server would let us; it asks its own authorizers."""
        asked = {"verb": right.verb, "group": right.group, "resource": right.resource,
                 "namespace": right.namespace, "name": right.name}  # fmt: skip
        review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
                  "spec": {"resourceAttributes": asked}}  # fmt: skip
        right = Right("create", "authorization.k8s.io", "selfsubjectaccessreviews")
        answer = self._send("POST", right, body=review) or {}
        return bool(answer.get("status", {}).get("allowed"))

    def version(self) -> str:
        """Return the version of the API server, as `v1.36.3`. Whoever is logged in may ask."""
        answer = self._send("GET", Right("get", "", _VERSION)) or {}
        return str(answer.get("gitVersion"))

    def resource_of(self, version: str, kind: str) -> tuple[str, bool] | None:
        """Return the resource of a kind, and whether it is in namespaces; `None` if the server does not have it."""
        with self._discovering:
            if version not in self._discovered:
                answer = self._send("GET", Right("get", "", _root(version))) or {}
                every = [of for of in answer.get("resources", []) if "/" not in of["name"]]
                self._discovered[version] = {of["kind"]: (of["name"], bool(of["namespaced"])) for of in every}
        return self._discovered[version].get(kind)

    def try_apply(self, body: Mapping[str, Any], namespace: str, name: str, manager: str) -> None:
        """
        Have the API server do all of a server-side apply but write it, of an object of any kind.

        Of a kind that it does not have, or in a namespace that is not there, it says nothing.

        Raises:
          ClusterError: It would refuse it.

        """
        right = self._right("patch", body, namespace, name)
        if right:
            self._send("PATCH", right, {"fieldManager": manager, "force": "true", "dryRun": "All"}, body, _APPLY)

    def let_go(self, body: Mapping[str, Any], namespace: str, name: str, manager: str) -> None:
        """
        Make the fields of an object of any kind that a field manager of ours has applied nobody else's.

        Raises:
          ClusterError: It was refused; with a conflict (409) something else wrote the object meanwhile.

        """
        reads, writes = (self._right(verb, body, namespace, name) for verb in ("get", "patch"))
        live = self._send("GET", reads) if reads else None
        managed = ours_alone(live, manager) if live else []
        if live is None or writes is None or managed == live["metadata"].get("managedFields"):
            return
        self._send("PATCH", writes, {"fieldManager": OWNER}, managing(live, managed), _OPERATIONS)

    def _right(self, verb: str, body: Mapping[str, Any], namespace: str, name: str) -> Right | None:
        """Return what a request for an object of any kind needs; `None` for a kind that the server does not have."""
        version = str(body["apiVersion"])
        found = self.resource_of(version, str(body["kind"]))
        if found is None:
            return None
        path = _root(version) + (f"/namespaces/{namespace}" if found[1] else "")
        return Right(verb, version.partition("/")[0], f"{path}/{found[0]}/{name}")

    def prove(self, resource: str, name: str, namespace: str, uid: str) -> Object:
        """
        Return an object, after making sure that this is the provider's cluster: it has the UID that the provider
        returned for it.

        Raises:
          ClusterError: It has not.

        """
        thing = self.get(resource, name, namespace)
        if thing is None or thing["metadata"]["uid"] != uid:
            known = (
                f"{resource} {namespace}/{name} {_uid(thing)}, but the Kubernetes provider knows it with the UID {uid}"
            )
            raise ClusterError(
                f"{self.server}: {known}: it was deleted or recreated since the last `up`. "
                "Run `pulumi up --refresh`. If that does not help, `kubeconfig` and `context` name a different cluster "
                "from the provider's."
            )
        return thing

    def _send(
        self,
        method: str,
        right: Right,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = _JSON,
        gone: tuple[int, ...] = (404,),
        accept: str = _JSON,
    ) -> Object | None:
        """Send one request and return what is answered, `None` for a status of `gone`."""
        answer = self._ask(method, right, query, body, content_type, accept=accept)
        status, data = answer.status, answer.data
        if status in gone:
            return None
        if not 200 <= status < 300:
            self._refuse(right, status, data)
        thing: Object = decoded(data)
        return thing

    def _ask(
        self,
        method: str,
        right: Right,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = _JSON,
        seconds: int = SECONDS,
        tail: str = "",
        accept: str = _JSON,
    ) -> "BaseHTTPResponse":
        """Send one request and return the answer. `right` says what it needs, and so where it goes."""
        from urllib3 import HTTPHeaderDict, Timeout

        url = self.server + _path(right) + tail + (f"?{urllib.parse.urlencode(query)}" if query else "")
        headers = HTTPHeaderDict({"Accept": accept, "Content-Type": content_type, "User-Agent": _USER_AGENT})
        try:
            for name, value in [*self._connection.credentials(), *self._headers]:
                headers.add(name, value)
            return self._connection.pool.request(
                method, url, None if body is None else json.dumps(body), headers=headers,
                timeout=Timeout(total=seconds), preload_content=right.verb != "watch",
            )  # fmt: skip
        except (_http_error(), OSError) as error:
            raise ClusterError(f"{self.server}: {_reason(error)}. Check whether `kubectl` can reach it.", 0) from None

    def _refuse(self, right: Right, status: int, data: bytes) -> NoReturn:
        """Raise the error that an unsuccessful answer means."""
        if status == 403 and not breaks_a_rule(data):
            raise Forbidden(right, self.server)
        if status == 401:
            what = "does not accept these credentials. Check whether `kubectl` can log in."
            raise ClusterError(f"{self.server}: {what}", status)
        raise ClusterError(
            f"{self.server}: {right}: {status} {message_of(data)}. Correct it and run this again.", status
        )


def owned(cluster: Cluster, resource: str, workload: Object) -> list[Object]:
    """Return the pods or revisions that a workload made; others may have its labels too."""
    metadata, kind = workload["metadata"], kind_of(workload)
    makers = {metadata["uid"]}
    if resource == "pods" and kind.revisions_make_pods:
        makers = {one["metadata"]["uid"] for one in owned(cluster, kind.revision_resource, workload)}
    things = cluster.list(resource, metadata["namespace"], workloads.selector_of(workload))
    return [thing for thing in things if maker_of(thing) in makers]


def _http_error() -> type[Exception]:
    from urllib3.exceptions import HTTPError

    return HTTPError


def _kubeconfigs(value: str | None) -> tuple[str, list[tuple[str, object]]]:
    """Return where the kubeconfigs come from, and folder and content of each; none if there is no file."""
    import yaml

    if value and not Path(value).expanduser().is_file():
        try:
            content = yaml.safe_load(value)
        except yaml.YAMLError:
            content = None
        if not isinstance(content, dict):
            shown = value if len(value) < 200 and "\n" not in value else "a text"
            what = f"is neither an existing file nor a kubeconfig (got {shown!r})"
            raise ClusterError(f"kubeconfig: {what}. Pass a path that exists.")
        return "kubeconfig", [(os.getcwd(), content)]
    listed = value or os.environ.get("KUBECONFIG") or "~/.kube/config"
    paths = [Path(path).expanduser() for path in ([listed] if value else listed.split(os.pathsep)) if path]
    contents: list[tuple[str, object]] = []
    for path in paths:
        try:
            if path.is_file():
                contents.append((str(path.absolute().parent), yaml.safe_load(path.read_text())))
        except (yaml.YAMLError, OSError, UnicodeDecodeError) as error:
            raise ClusterError(f"{path}: cannot be read ({str(error).splitlines()[0]}). Correct it.") from None
    return listed, contents


def _selectors(labels: str, fields: str) -> dict[str, str]:
    return {**({"labelSelector": labels} if labels else {}), **({"fieldSelector": fields} if fields else {})}


def _listed(resource: str, item: Object) -> Object:
    """
    Return a listed object without what nobody here reads and is most of it: 5,000 nodes are 300 MB else.

    A workload gets its kind: only the list says it.
    """
    if resource in _KINDS:
        item.setdefault("kind", _KINDS[resource])
    if resource in ("nodes", "pods"):
        item["metadata"].pop("managedFields", None)
        (item.get("status") or {}).pop("images", None)
    return item


def _group(resource: str) -> str:
    return _GROUPS.get(resource, "/").split("/")[0]


def _root(version: str) -> str:
    """Return the path of an API version: `/api/v1`, `/apis/apps/v1`."""
    return f"/{'apis' if '/' in version else 'api'}/{version}"


def _path(right: Right) -> str:
    """Return the path of an object, or of a collection."""
    if right.resource == _VERSION:
        return "/version"
    if right.resource.startswith("/"):
        return right.resource
    if right.group in ("authentication.k8s.io", "authorization.k8s.io"):
        return f"/apis/{right.group}/v1/{right.resource}"
    version = _GROUPS.get(right.resource)
    steps = ["/apis", version] if version else ["/api", "v1"]
    if right.namespace:
        steps += ["namespaces", right.namespace]
    resource, *below = right.resource.split("/")
    return "/".join([*steps, resource, *([right.name] if right.name else []), *below])


def _is_status(data: bytes) -> bool:
    """Return whether an answer is the API server's own, and not a pod's."""
    try:
        return bool(json.loads(data)["kind"] == "Status")
    except (ValueError, KeyError, TypeError):
        return False


def _reason(error: Exception) -> str:
    """Return why there was no answer, in one line, without the library's names."""
    reason = getattr(error, "reason", None) or error
    text = str(reason).splitlines()[-1]
    return f"does not answer ({text.partition('): ')[2] or text})"


def _uid(thing: Object | None) -> str:
    return "does not exist" if thing is None else f"has the UID {thing['metadata']['uid']}"
