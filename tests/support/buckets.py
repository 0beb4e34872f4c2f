"""An object store on this machine: moto's server speaks S3."""

from __future__ import annotations

import logging
import os
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from coach.storage.objects import Objects, opened


@contextmanager
def bucket() -> Iterator[str]:
    """Yield the address of an empty bucket; the environment says where it is, for processes that are started too."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # it would tell of each request
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": "us-east-1"}
    try:
        with mock.patch.dict(os.environ, {"AWS_ENDPOINT_URL": endpoint, **keys}):
            opened.cache_clear()  # an address leads to where the environment said when it was opened
            urllib.request.urlopen(urllib.request.Request(f"{endpoint}/clinic", method="PUT"))
            yield "s3://clinic"
    finally:
        opened.cache_clear()
        server.stop()


def stored(address: str) -> dict[str, bytes]:
    """Return what is in each object."""
    objects = Objects(address)
    return {name: objects.get(name) or b"" for name in objects.sizes()}
