"""Dask as the client of a batch: one that runs already, or processes of this machine."""

from __future__ import annotations

import contextlib
import logging
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any

from coach.errors import InputError, MachineError
from coach.publish.encoder import cores

HOW_TO_GET = "pip install 'stretch-coach[cluster]'"
LOCAL = "local"
PER_THREAD = 3
"""Jobs that are given out for each thread of a worker: one that is made, and some that wait."""
NO_WORKER_S = 600.0
"""How long a cluster may be without a worker: a machine that is ordered as it is needed takes minutes to come."""
CONNECT_S = 30.0
"""How long a scheduler may take to answer; so long too it may be away, and come back."""


class DaskClient:
    """Gives each job out as one of its own: Dask would take two that are alike for one.

    A job that comes again goes to a worker of chance, and never to the same twice while there are others: Dask would
    give it to whoever is free first, and that is the one that just handed it back.
    """

    def __init__(self, client: Any) -> None:
        """Take a ``distributed.Client``."""
        self._client = client
        self._given: dict[int, str] = {}
        """Which worker each job was last given to, as far as it was chosen here."""
        self._idle_since_s: float | None = None

    @property
    def workers(self) -> dict[str, Any]:
        """What is known of each worker, by its address."""
        return dict(self._client.scheduler_info(n_workers=-1)["workers"])

    @property
    def at_once(self) -> int:
        """How many jobs to give out: a few for each worker, since all that one has is lost with it.

        Raises:
            MachineError: there has been no worker for long.
        """
        threads = sum(int(worker["nthreads"]) for worker in self.workers.values())
        if threads:
            self._idle_since_s = None
        elif self._idle_since_s is None:
            self._idle_since_s = time.monotonic()
        elif time.monotonic() - self._idle_since_s > NO_WORKER_S:
            minutes = f"{NO_WORKER_S / 60:.0f} minutes"
            raise MachineError(f"the cluster has had no worker for {minutes}; start one, and run this again")
        return PER_THREAD * max(1, threads)

    def submit(self, work: Callable[..., Any], /, *given: Any) -> Any:
        """See :class:`coach.publish.clients.Client`."""
        job = id(given[0]) if given else 0
        before = self._given.get(job)
        if not self._given:
            self._idle_since_s = None  # a cluster may order workers only once there is work
        workers = [] if before is None else [*self.workers]
        worker = random.choice([each for each in workers if each != before] or workers or [""])  # noqa: S311 - no secret
        self._given[job] = worker
        chosen: dict[str, Any] = {"workers": [worker], "allow_other_workers": True} if worker else {}
        future = self._client.submit(work, *given, pure=False, **chosen)
        future.add_done_callback(lambda done: self._forget(job) if done.status == "finished" else None)
        return future

    def _forget(self, job: int) -> None:
        self._given.pop(job, None)


@contextlib.contextmanager
def cluster_at(address: str) -> Iterator[DaskClient]:
    """Yield the client of a cluster.

    Args:
        address: that of a scheduler, ``tcp://host:8786``; or ``local``, for one process a core of this machine.

    Raises:
        InputError: the package is not installed, or the address is none.
        MachineError: no scheduler answers.
    """
    try:
        import distributed as dask
    except ImportError:
        raise InputError(f"--cluster needs a package: {HOW_TO_GET}") from None
    distributed: Any = dask  # it says that it is typed, and is in part
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what goes wrong is told of the files
    with contextlib.ExitStack() as stack:
        target: Any = address
        if address == LOCAL:
            scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="coach-cluster-"))
            target = stack.enter_context(
                distributed.LocalCluster(
                    n_workers=cores(), threads_per_worker=1, dashboard_address="127.0.0.1:0", local_directory=scratch
                )
            )
        try:
            client = stack.enter_context(distributed.Client(target, timeout=CONNECT_S))
        except (OSError, TimeoutError) as error:
            raise MachineError(f"no scheduler answers at {address}; check the address, and that it runs") from error
        except Exception as error:  # whatever a wrong address makes it raise
            raise InputError(f"--cluster: {address} is no address of a scheduler, like tcp://host:8786") from error
        yield DaskClient(client)
