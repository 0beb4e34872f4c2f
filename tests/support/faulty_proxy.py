"""A server of HTTP that passes on to another, but not always: it refuses, is slow, and hangs up, before or after."""

from __future__ import annotations

import http.client
import http.server
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

FAULTS = ("refused", "slow", "hung up", "answer lost")


@contextmanager
def faulty(
    endpoint: str, seed: int = 1, share: float = 0.3, *, knows_conditions: bool = True
) -> Iterator[tuple[str, Counter[str]]]:
    """Yield the address of such a server, and how often it did what; ``share`` of the requests meet a fault.

    One that knows no conditions refuses all that are to write under one.
    """
    target = urlsplit(endpoint)
    chance = random.Random(seed)
    done: Counter[str] = Counter()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            fault = chance.choice(FAULTS) if chance.random() < share else "passed on"
            if not knows_conditions and ("If-Match" in self.headers or "If-None-Match" in self.headers):
                fault = "no conditions"
            done[fault] += 1
            if fault in ("refused", "no conditions"):
                self.send_response(503 if fault == "refused" else 501)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            if fault == "slow":
                time.sleep(0.5)
            if fault == "hung up":
                self.close_connection = True
                return
            there = http.client.HTTPConnection(str(target.hostname), target.port, timeout=60)
            headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
            there.request(self.command, self.path, body, headers)
            answer = there.getresponse()
            data = answer.read()
            if fault == "answer lost":
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                    self.send_header(name, value)
            length = answer.getheader("Content-Length") if self.command == "HEAD" else str(len(data))
            self.send_header("Content-Length", length or "0")
            self.end_headers()
            self.wfile.write(data)
            there.close()

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = pass_on  # noqa: N815 - as http.server looks for them

        def log_message(self, *_: object) -> None:
            pass

    class Server(http.server.ThreadingHTTPServer):
        request_queue_size = 128

        def handle_error(self, *_: object) -> None:
            pass  # whoever asked was killed meanwhile

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", done
        server.shutdown()
