"""
Network namespaces of our own, and connections across their borders.

A namespace is gone when nothing holds it any more, so with the process that made it nothing is left. No route leads out
of one: what comes and goes is what this process passes on.
"""

import ctypes
import os
import socket
import socketserver
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

_NETWORK = 0x40000000  # CLONE_NEWNET
_LIBC = ctypes.CDLL(None, use_errno=True)

Dial = Callable[[], socket.socket]


class Namespace:
    """One network namespace, with its loopback up."""

    def __init__(self) -> None:
        with _coming_back():
            _check(_LIBC.unshare(_NETWORK))
            self.file = os.open(_HERE, os.O_RDONLY)
        self.path = f"/proc/self/fd/{self.file}"
        """Names it in the commands that `run` runs here, or there with `also`."""
        self.run("ip", "link", "set", "lo", "up")

    def close(self) -> None:
        """Let go of it; the kernel removes it after the last process in it."""
        os.close(self.file)

    def run(self, *command: str, also: "Namespace | None" = None) -> None:
        """
        Run a program in it; `also` is another namespace that the command names by its path.

        Raises:
          RuntimeError: It failed; with its output.

        """
        files = [self.file, *([also.file] if also else [])]
        done = subprocess.run(
            self.command(*command), pass_fds=files, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)} exited with {done.returncode}: {done.stdout.strip()}")

    def command(self, *command: str) -> list[str]:
        """Return the command that runs another in it, for a process that has `file`."""
        return ["nsenter", f"--net={self.path}", *command]

    def forward(self) -> None:
        """Let it pass packets on between its links."""
        with self._entered():
            Path("/proc/sys/net/ipv4/ip_forward").write_text("1\n")

    def listen(self, address: str, port: int) -> socket.socket:
        """Return a socket that listens in it."""
        with self._entered():
            return socket.create_server((address, port))

    def dial(self, address: str, port: int, seconds: float = 10) -> socket.socket:
        """Return a connection from it. Raises OSError, also when the time is over."""
        with self._entered():
            connection = socket.socket()  # belongs to the namespace for good
        connection.settimeout(seconds)
        try:
            connection.connect((address, port))
        except OSError:
            connection.close()
            raise
        connection.settimeout(None)
        return connection

    @contextmanager
    def _entered(self) -> Iterator[None]:
        with _coming_back():
            _check(_LIBC.setns(self.file, _NETWORK))
            yield


def pass_on(listener: socket.socket, dial: Dial) -> None:
    """Pass every connection that comes to a socket on to what `dial` reaches, until the socket is shut down."""

    def accept() -> None:
        with listener, suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=_serve, args=(connection, dial), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()


class Egress:
    """
    What the API server sends to nodes and pods, from a socket into a namespace: an HTTP CONNECT proxy.

    A context manager; `path` is where the API server connects to.
    """

    def __init__(self, path: Path, namespace: Namespace) -> None:
        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                words = self.rfile.readline().split()
                while self.rfile.readline().strip():
                    pass
                if len(words) < 2:  # one who only looked whether somebody listens
                    return
                address, _, port = words[1].decode().rpartition(":")

                def dial() -> socket.socket:
                    try:
                        target = namespace.dial(address.strip("[]"), int(port))
                    except OSError:
                        self.wfile.write(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")
                        raise
                    self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
                    return target

                _serve(self.connection, dial)

        self._path, self._handler = path, Handler

    def __enter__(self) -> "Egress":
        self._path.unlink(missing_ok=True)
        self._server = socketserver.ThreadingUnixStreamServer(str(self._path), self._handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._path.unlink(missing_ok=True)


def _serve(connection: socket.socket, dial: Dial) -> None:
    """Pass bytes both ways until one side is done with both."""
    with connection, suppress(OSError), dial() as target:
        back = threading.Thread(target=_pump, args=(target, connection), daemon=True)
        back.start()
        _pump(connection, target)
        back.join()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for side, direction in ((target, socket.SHUT_WR), (source, socket.SHUT_RD)):
        with suppress(OSError):
            side.shutdown(direction)


_HERE = "/proc/thread-self/ns/net"


@contextmanager
def _coming_back() -> Iterator[None]:
    """Return this thread, and no other, to its previous namespace when it leaves."""
    before = os.open(_HERE, os.O_RDONLY)
    try:
        yield
    finally:
        _check(_LIBC.setns(before, _NETWORK))
        os.close(before)


def _check(result: int) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
