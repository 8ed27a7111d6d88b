"""
Answers for the pods that kwok plays, to what the API server's pod proxy asks them.

Their addresses exist nowhere, so the API server sends it through an HTTP CONNECT proxy on a socket, which is this.
"""

import socketserver
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

Answer = Callable[[str, int, str], tuple[int, str]]
"""Takes a pod's address, a port and a path; returns status and body."""


class _Server(socketserver.ThreadingUnixStreamServer):
    """As many connections may wait as there are pods: with the usual 5, others are refused."""

    daemon_threads = True
    request_queue_size = 1024


class PodServer:
    """
    Plays all pods of a cluster at once. A context manager.

    Args:
      socket: Where the API server connects to: `LocalCluster.pods_socket`.
      answer: What the pods answer.

    """

    def __init__(self, socket: Path, answer: Answer) -> None:
        self._socket, self._answer = socket, answer
        self.asked: list[tuple[str, int, str]] = []
        """Address, port and path of everything that was asked."""

    def __enter__(self) -> "PodServer":
        played = self

        class Handler(BaseHTTPRequestHandler):
            """The first request of a connection says to whom it goes, the others go there."""

            protocol_version = "HTTP/1.1"
            pod = ("", 0)

            def do_CONNECT(self) -> None:
                address, _, port = self.path.rpartition(":")
                self.pod = (address.strip("[]"), int(port))
                self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
                self.close_connection = False

            def do_GET(self) -> None:
                played.asked.append((*self.pod, self.path))
                status, body = played._answer(*self.pod, self.path)
                self.send_response(status)
                self.send_header("Content-Length", str(len(body.encode())))
                self.send_header("Connection", "close")  # otherwise the API server keeps asking a server that is gone
                self.end_headers()
                self.wfile.write(body.encode())

            def address_string(self) -> str:
                """Return nothing: a socket in the file system has no address."""
                return ""

            def log_message(self, format: str, *args: Any) -> None:
                """Log nothing."""

        self._socket.unlink(missing_ok=True)
        self._server = _Server(str(self._socket), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._socket.unlink(missing_ok=True)
