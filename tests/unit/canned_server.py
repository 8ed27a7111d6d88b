"""A server of HTTP with canned answers, and a kubeconfig for it: what the real client sends and takes."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import yaml


class FakeServer:
    """
    Answers each request with what `answers` has for `METHOD path`, else 404; keeps what was asked.

    With `tls` it keeps the names in clients' certificates too.
    """

    def __init__(self, tls=None):
        self.answers, self.asked, self.names = {}, [], []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self):
                if tls:
                    outer.names += [dict(name) for name in self.connection.getpeercert()["subject"]]
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length).decode()
                outer.asked.append((self.command, self.path, self.headers, body))
                status, answer = outer.answers.get(f"{self.command} {self.path}", (404, {"message": "not found"}))
                data = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PATCH = do_DELETE = answer

            def log_message(self, *_):
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if tls:
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True)
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()

    def close(self):
        self._http.shutdown()
        self._http.server_close()


def kubeconfig(url, user=None, **more):
    return yaml.safe_dump(
        {
            "current-context": "c",
            "clusters": [{"name": "c", "cluster": {"server": url, **more}}],
            "users": [{"name": "u", "user": user if user is not None else {"token": "t0ken"}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        }
    )
