"""
A connection to an API server, with the credentials that a kubeconfig holds.

The Kubernetes client takes as long to load as all of this package, so it is loaded only where a program or an identity
provider gives the credentials, or where a proxy stands between.
"""

import os
import tempfile
import urllib.request
from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.kubernetes import kubeconfig as kubeconfigs

if TYPE_CHECKING:
    from ssl import SSLContext

    from urllib3 import PoolManager

RETRIES = 2
"""How often a connection that cannot be made is tried again, at once."""

_AT_ONCE = 20
"""How many connections are kept."""

_GIVEN_BY_OTHERS = ("exec", "auth-provider")

Headers = Iterable[tuple[str, str]]


@dataclass(frozen=True)
class Connection:
    """Where the API server is, how it is reached, and the headers that say who we are, for the next request."""

    server: str
    pool: "PoolManager"
    credentials: Callable[[], Headers]


class NoCredentials(Exception):
    """The program that should give credentials gave none; its name."""


def in_cluster() -> Connection:
    """Return the connection of the service account of the pod that this runs in."""
    from kubernetes.client import Configuration
    from kubernetes.config import load_incluster_config

    configuration = Configuration()
    configuration.retries = RETRIES
    load_incluster_config(configuration)  # type: ignore[no-untyped-call]
    return _by_client(configuration)


def of_kubeconfig(config: Mapping[str, Any], context: str) -> Connection:
    """
    Return the connection of a context of a kubeconfig, whatever gives its credentials.

    Raises:
      NoCredentials: A program gave none.
      OSError, ValueError, KeyError, TypeError: It cannot be used.

    """
    from kubernetes.client import Configuration
    from kubernetes.config import ConfigException, load_kube_config_from_dict

    configuration = Configuration()
    configuration.retries = RETRIES
    options = {"context": context, "client_configuration": configuration, "persist_config": False}
    try:
        load_kube_config_from_dict(config, **options)  # type: ignore[no-untyped-call]
    except ConfigException as error:
        raise ValueError(error) from None
    user = kubeconfigs.user_of(config)
    if "exec" in user and not (configuration.api_key or configuration.cert_file):
        raise NoCredentials(user["exec"].get("command"))
    if proxy := kubeconfigs.proxy_of(config):
        configuration.proxy = proxy  # the client reads it since its release 37
    return _by_client(configuration)


def _by_client(configuration: Any) -> Connection:
    from kubernetes.client import ApiClient

    def credentials() -> Headers:
        """Yield the headers. A token that is about to expire is renewed here."""
        for of in configuration.auth_settings().values():
            yield of["key"], of["value"]

    # Of the client this and the configuration are used, which every release has; what is generated differs.
    return Connection(configuration.host, ApiClient(configuration).rest_client.pool_manager, credentials)


def plain(cluster: Mapping[str, Any], user: Mapping[str, Any]) -> Connection | None:
    """
    Return the connection to a kubeconfig's cluster as one of its users; `None` where that takes the Kubernetes client.

    Raises:
      OSError, ValueError: A file or certificate cannot be read.

    """
    if cluster.get("proxy-url") or urllib.request.getproxies() or any(key in user for key in _GIVEN_BY_OTHERS):
        return None
    from urllib3 import PoolManager

    _existing(user.get("tokenFile"))
    server = str(cluster["server"]).rstrip("/")
    options = _tls(cluster, user) if server.startswith("https") else {}
    return Connection(server, PoolManager(retries=RETRIES, maxsize=_AT_ONCE, **options), lambda: _credentials(user))


def _credentials(user: Mapping[str, Any]) -> Headers:
    """Yield the headers; the file of a token is read each time, because others renew it."""
    if token := user.get("token") or (user.get("tokenFile") and Path(user["tokenFile"]).read_text().strip()):
        yield "authorization", f"Bearer {token}"
    elif "username" in user and "password" in user:
        from urllib3.util import make_headers

        yield "authorization", make_headers(basic_auth=f"{user['username']}:{user['password']}")["authorization"]


def _tls(cluster: Mapping[str, Any], user: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of the pool. What stands in the kubeconfig itself counts before a file."""
    authority, options = cluster.get("certificate-authority-data"), dict[str, Any]()
    if cluster.get("insecure-skip-tls-verify"):
        options["cert_reqs"] = "CERT_NONE"
    elif authority:
        options |= {"cert_reqs": "CERT_REQUIRED", "ca_cert_data": b64decode(authority).decode()}
    else:
        options |= {"cert_reqs": "CERT_REQUIRED", "ca_certs": _existing(cluster.get("certificate-authority"))}
    if name := cluster.get("tls-server-name"):
        options["server_hostname"] = name
    if user.get("client-certificate-data") or user.get("client-key-data"):
        return {**options, "ssl_context": _identified(user, not options.get("ca_cert_data", options.get("ca_certs")))}
    files = {"cert_file": "client-certificate", "key_file": "client-key"}
    return options | {option: _existing(user.get(key)) for option, key in files.items()}


def _identified(user: Mapping[str, Any], by_any: bool) -> "SSLContext":
    """Return a context with the user's certificate, which Python reads from files alone; `by_any` known authority."""
    from urllib3.util.ssl_ import create_urllib3_context

    context = create_urllib3_context()
    with tempfile.TemporaryDirectory() as folder:
        paths = [_file(user, key, folder) for key in ("client-certificate", "client-key")]
        context.load_cert_chain(*paths)
    if by_any:
        context.load_default_certs()
    return context


def _file(user: Mapping[str, Any], key: str, folder: str) -> str:
    if data := user.get(f"{key}-data"):
        path = Path(folder, key)
        path.touch(0o600)
        path.write_bytes(b64decode(data))
        return str(path)
    return _existing(user.get(key)) or ""


def _existing(path: Any) -> str | None:
    if path and not os.path.isfile(path):
        raise FileNotFoundError(f"{path} does not exist")
    return path and str(path)
