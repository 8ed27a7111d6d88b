"""A proxy on loopback before the API server of a `LocalCluster`: it answers late, badly or not at all when told to."""

import http.client
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, cast

from .local_cluster import LocalCluster

_NOT_PASSED_ON = {"connection", "transfer-encoding", "host", "content-length"}


@dataclass(frozen=True)
class Answer:
    """What the proxy answers instead of the API server; with status 0 it closes the connection without an answer."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def status(code: int, reason: str, message: str) -> Answer:
    """Return a failure as the API server words one: a `Status` object."""
    body = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message,
            "reason": reason, "code": code}  # fmt: skip
    return Answer(code, json.dumps(body), {"Content-Type": "application/json"})


@dataclass(frozen=True)
class Cut:
    """The API server serves the request, and this share of its answer's body arrives; with 0 not even a status does."""

    share: float


Fault = Callable[[str, str], Answer | Cut | None]
"""Takes method and path (with its query) of a request; returns what to say in place of the API server, or `None`."""


class Proxy:
    """
    A context manager. `kubeconfig` leads through it; all passes unchanged until `fault` or `delay_seconds` is set.

    Both are looked at for each request; a watch is one. While `flows` is cleared nothing comes out of our own watches,
    and what was open then stays silent for ever. `watch_delay_seconds` is how late all watches show what happens.
    """

    def __init__(self, cluster: LocalCluster, kubeconfig: Path | None = None) -> None:
        self.fault: Fault = lambda method, path: None
        self.delay_seconds = self.watch_delay_seconds = 0.0
        self.watches: set[http.client.HTTPSConnection] = set()
        self.flows = threading.Event()
        self.flows.set()
        self.over = threading.Event()
        certificates = cluster.folder / "certs"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates / "apiserver.crt", certificates / "apiserver.key")
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.proxy, self._server.tls = self, context
        self.api = cluster.api.server.removeprefix("https://")
        self.trust = ssl.create_default_context(cafile=str(certificates / "apiserver.crt"))
        config = json.loads((kubeconfig or cluster.kubeconfig).read_text())
        config["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{self._server.server_address[1]}"
        self.kubeconfig = cluster.folder / f"kubeconfig-{self._server.server_address[1]}"
        self.kubeconfig.write_text(json.dumps(config))

    def cut_watches(self) -> None:
        """End the watches that are open now."""
        for connection in list(self.watches):
            if connection.sock:
                with suppress(OSError):
                    connection.sock.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> "Proxy":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    proxy: Proxy
    tls: ssl.SSLContext

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Speak TLS in the connection's own thread, so that a slow client holds up no other."""
        try:
            with self.tls.wrap_socket(request, server_side=True) as connection:
                super().finish_request(connection, client_address)
        except OSError:
            pass  # a client that is gone

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that are gone."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or each answer waits 40 ms for its client

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""

    def _answer(self) -> None:
        proxy = cast(_Server, self.server).proxy
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        time.sleep(proxy.delay_seconds)
        fault = proxy.fault(self.command, self.path)
        if fault is None or isinstance(fault, Cut):
            self._pass_on(proxy, body, fault)
        elif fault.status:
            self.send_response(fault.status)
            for name, value in {**fault.headers, "Content-Length": str(len(fault.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(fault.body.encode())
        else:
            self.close_connection = True

    def _pass_on(self, proxy: Proxy, body: bytes, cut: Cut | None) -> None:
        connection = http.client.HTTPSConnection(proxy.api, context=proxy.trust)
        is_watch = "watch=1" in self.path or "watch=true" in self.path
        try:
            connection.putrequest(self.command, self.path, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in _NOT_PASSED_ON:
                    connection.putheader(name, value)
            connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            response = connection.getresponse()
            if cut and not is_watch:
                self._cut_off(response, cut)
                return
            self.send_response(response.status)
            for name, value in response.getheaders():
                if name.lower() not in _NOT_PASSED_ON:
                    self.send_header(name, value)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            if is_watch:
                proxy.watches.add(connection)
            self._stream(proxy, response, is_watch)
        except (OSError, http.client.HTTPException):
            self.close_connection = True  # the API server is away: so are we
        finally:
            proxy.watches.discard(connection)
            connection.close()

    def _stream(self, proxy: Proxy, response: http.client.HTTPResponse, is_watch: bool) -> None:
        """Hand on a body as it comes, a watch's as late as it is told to."""
        while part := response.read1(65536):
            if "watch=1" in self.path and not proxy.flows.is_set():
                proxy.over.wait()
                return
            if is_watch:
                time.sleep(proxy.watch_delay_seconds)
            self.wfile.write(b"%x\r\n%b\r\n" % (len(part), part))
        self.wfile.write(b"0\r\n\r\n")

    def _cut_off(self, response: http.client.HTTPResponse, cut: Cut) -> None:
        """Hand on the beginning of an answer, and close the connection."""
        whole = response.read()
        self.close_connection = True
        if cut.share:
            self.send_response(response.status)
            self.send_header("Content-Type", response.headers.get("Content-Type", ""))
            self.send_header("Content-Length", str(len(whole)))
            self.end_headers()
            self.wfile.write(whole[: int(len(whole) * cut.share)])

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer
