"""Many files by a real Dask cluster: what is killed, lost or of another version, and into an object store."""

from __future__ import annotations

import csv
import io
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import coach
from coach.errors import InputError, MachineError
from coach.order import Order
from coach.publish.batch import render_many, render_plan
from coach.publish.clients import MOST_TRIES, results_through
from coach.publish.dask import DaskClient, cluster_at
from coach.publish.jobs import Made
from coach.publish.report import REPORT
from coach.storage.objects import opened
from support.buckets import bucket, stored
from support.dask_workers import two_workers
from support.faulty_proxy import FAULTS, faulty
from support.tiers import thorough

OVER = Order(voice="silent", captions=False, words="names")
TARGETS = ("cat-cow", "cobra", "pelvic-tilt", "bird-dog")
pytestmark = pytest.mark.filterwarnings("ignore")  # Dask's own, as its processes end


def write_plan(folder: Path, rows: int) -> Path:
    path = folder / "plan.csv"
    lines = [f"{TARGETS[number % len(TARGETS)]},Patient {number}" for number in range(rows)]
    path.write_text("\n".join(["routine,title", *lines]) + "\n")
    return path


def sounds(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != REPORT}


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    place = tmp_path_factory.mktemp("single")
    plan = write_plan(place, 40)
    made = list(render_plan(plan, place / "out", over=OVER))
    assert all(each.rendered for each in made)
    return plan, sounds(place / "out")


@thorough
def test_a_cluster_writes_what_one_machine_writes(expected: tuple[Path, dict[str, bytes]], tmp_path: Path) -> None:
    plan, whole = expected
    with cluster_at("local") as client:
        made = list(render_plan(plan, tmp_path / "out", over=OVER, client=client))
    assert [each.failure for each in made if each.failure] == []
    assert sounds(tmp_path / "out") == whole


@thorough
def test_workers_that_are_killed_cost_no_file(expected: tuple[Path, dict[str, bytes]], tmp_path: Path) -> None:
    """Every row is there, the same to the byte, and no part of one."""
    import distributed

    plan, whole = expected
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address=None, silence_logs=50) as cluster,
        distributed.Client(cluster) as client,
        two_workers(cluster.scheduler_address, tmp_path) as workers,
    ):
        made: list[Made] = []
        untold: set[str] = set()
        for each in render_plan(plan, tmp_path / "out", over=OVER, client=DaskClient(client)):
            made.append(each)
            if len(made) % 10 == 3:
                workers.kill_one()
                untold |= {*sounds(tmp_path / "out")} - {one.path.name for one in made}
    assert workers.killed == 4
    assert [each.failure for each in made if each.failure] == []
    assert sounds(tmp_path / "out") == whole
    outcomes = [each.rendered.outcome.value for each in made if each.rendered]
    assert outcomes.count("replaced") == 0  # what was made already was found to be up to date
    again = {each.path.name for each in made if each.rendered and each.rendered.outcome.value == "up to date"}
    assert again <= untold


@thorough
def test_another_version_is_refused_by_name(tmp_path: Path) -> None:
    """A process with another version of the coach: a copy of the package, whose version is not ours."""
    other = tmp_path / "other"
    package = Path(coach.__file__).parent
    shutil.copytree(package, other / "coach", ignore=shutil.ignore_patterns("__pycache__"))
    for folder in ("scripts", "sounds"):
        (other / folder).symlink_to(package.parent / folder)
    text = (other / "coach" / "__init__.py").read_text()
    (other / "coach" / "__init__.py").write_text(
        text.replace(f'__version__ = "{coach.__version__}"', '__version__ = "9"')
    )
    env = {**os.environ, "PYTHONPATH": str(other)}
    import distributed

    with distributed.LocalCluster(n_workers=0, dashboard_address=None, silence_logs=50) as cluster:
        command = [sys.executable, "-m", "distributed.cli.dask_worker", cluster.scheduler_address, "--no-dashboard"]
        worker = subprocess.Popen(
            [*command, "--nthreads", "1", "--no-nanny"], env=env, cwd=other, stderr=subprocess.DEVNULL
        )
        try:
            with distributed.Client(cluster) as client:
                client.wait_for_workers(1, timeout=60)
                with pytest.raises(MachineError, match=r"has another version of the coach \(9, and "):
                    list(render_many([OVER.changed(targets=("cobra",))], tmp_path / "out", client=DaskClient(client)))
        finally:
            worker.terminate()
            worker.wait()
    assert sounds(tmp_path / "out") == {}


@thorough
def test_a_scheduler_that_is_lost_and_comes_back_costs_no_file(
    expected: tuple[Path, dict[str, bytes]], tmp_path: Path
) -> None:
    plan, whole = expected
    import distributed

    port = _free_port()
    scheduler_command = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--port", str(port), "--no-dashboard"]
    worker_command = [sys.executable, "-m", "distributed.cli.dask_worker", f"tcp://127.0.0.1:{port}", "--no-dashboard"]
    quiet: dict[str, Any] = {"stderr": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "cwd": tmp_path}
    scheduler = subprocess.Popen(scheduler_command, **quiet)
    workers: list[subprocess.Popen[bytes]] = []
    try:
        with distributed.Client(f"tcp://127.0.0.1:{port}", timeout=30) as client:
            workers = [subprocess.Popen([*worker_command, "--nthreads", "1"], **quiet) for _ in range(2)]
            client.wait_for_workers(2, timeout=60)
            made: list[Made] = []
            for each in render_plan(plan, tmp_path / "out", over=OVER, client=DaskClient(client)):
                made.append(each)
                if len(made) == 8:
                    scheduler.kill()
                    scheduler.wait()
                    time.sleep(1)
                    scheduler = subprocess.Popen(scheduler_command, **quiet)
                    workers += [subprocess.Popen([*worker_command, "--nthreads", "1"], **quiet) for _ in range(2)]
        assert [each.failure for each in made if each.failure] == []
        assert sounds(tmp_path / "out") == whole
    finally:
        for process in (*workers, scheduler):
            process.kill()
            process.wait()


def _free_port() -> int:
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


class Flaky:
    """A client that loses jobs: each of them so many times before it is done."""

    def __init__(self, losses: int) -> None:
        self._losses = losses
        self._lost: dict[Any, int] = {}
        self.submitted = 0

    def submit(self, work: Any, /, *given: Any) -> Future[Any]:
        self.submitted += 1
        future: Future[Any] = Future()
        lost = self._lost.get(given, 0)
        if lost < self._losses:
            self._lost[given] = lost + 1
            future.set_exception(ConnectionError("the machine went away"))
        else:
            future.set_result(work(*given))
        return future


def test_what_is_lost_is_given_out_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coach.publish.clients.PAUSE_S", 0)
    client = Flaky(losses=2)
    found = list(results_through(client, lambda job: job * 10, range(5), lost=lambda job, why: -job))
    assert sorted(found) == [0, 10, 20, 30, 40]
    assert client.submitted == 15


def test_what_is_lost_again_and_again_fails_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coach.publish.clients.PAUSE_S", 0)
    reasons: list[str] = []
    client = Flaky(losses=MOST_TRIES)
    found = list(results_through(client, str, range(2), lost=lambda job, why: reasons.append(why) or f"lost {job}"))
    assert sorted(found) == ["lost 0", "lost 1"]
    assert reasons == ["ConnectionError: the machine went away"] * 2


def test_jobs_are_taken_as_there_is_room_for_them() -> None:
    taken: list[int] = []

    def jobs() -> Iterator[int]:
        for number in range(50):
            taken.append(number)
            yield number

    with ThreadPoolExecutor(2) as client:
        results = results_through(client, str, jobs(), lost=lambda job, why: why, at_once=5)
        next(results)
        assert len(taken) <= 7
        assert len([*results]) == 49


def test_a_refusal_ends_all_of_it() -> None:
    def refuse(job: int) -> int:
        raise MachineError("not here")

    with ThreadPoolExecutor(1) as client, pytest.raises(MachineError, match="not here"):
        list(results_through(client, refuse, range(100), lost=lambda job, why: job))


def test_any_executor_will_do(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as client:
        (made,) = render_many([OVER.changed(targets=("cobra",))], tmp_path / "out", client=client)
    assert made.rendered is not None


class Workerless:
    """Dask's client of a cluster that has no worker."""

    def scheduler_info(self, n_workers: int) -> dict[str, Any]:
        return {"workers": {}}

    def submit(self, *_: Any, **__: Any) -> Any:
        waiting: Any = Future()
        waiting.status = "pending"
        return waiting


def test_a_cluster_without_workers_is_waited_for_and_then_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coach.publish.dask.NO_WORKER_S", 0.5)
    began = time.monotonic()
    with pytest.raises(MachineError, match=r"the cluster has had no worker for 0 minutes; start one") as refused:
        list(results_through(DaskClient(Workerless()), str, range(3), lost=lambda job, why: why))
    assert time.monotonic() - began >= 0.5
    assert len(str(refused.value).splitlines()) == 1


@thorough
def test_no_scheduler_is_told_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("coach.publish.dask.CONNECT_S", 1.0)
    with pytest.raises(MachineError, match="no scheduler answers at") as refused:
        cluster_at(f"tcp://127.0.0.1:{_free_port()}").__enter__()
    assert len(str(refused.value).splitlines()) == 1


def test_what_is_no_address_is_told_in_a_line() -> None:
    with pytest.raises(InputError, match="is no address of a scheduler") as refused:
        cluster_at("xyz://a:1").__enter__()
    assert len(str(refused.value).splitlines()) == 1


@pytest.fixture(scope="module", name="bucket")
def _bucket() -> Iterator[str]:
    with bucket() as address:
        yield address


def stored_sounds(address: str) -> dict[str, bytes]:
    return {name: data for name, data in stored(address).items() if name != REPORT}


@thorough
def test_a_store_gets_what_a_folder_gets(bucket: str, expected: tuple[Path, dict[str, bytes]]) -> None:
    plan, whole = expected
    made = list(render_plan(plan, f"{bucket}/all", over=OVER))
    assert [each.failure for each in made if each.failure] == []
    assert stored_sounds(f"{bucket}/all") == whole
    report = stored(f"{bucket}/all")[REPORT].decode()
    assert len(list(csv.DictReader(io.StringIO(report)))) == 40
    again = list(render_plan(plan, f"{bucket}/all", over=OVER))
    assert {each.rendered.outcome.value for each in again if each.rendered} == {"up to date"}


def test_without_its_package_a_cluster_is_told_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"pip install 'stretch-coach\[cluster\]'"), cluster_at("local"):
        pass


@thorough
def test_a_store_that_refuses_hangs_up_and_is_slow_gets_all_the_same(
    bucket: str, expected: tuple[Path, dict[str, bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, whole = expected
    with faulty(os.environ["AWS_ENDPOINT_URL"]) as (endpoint, done):
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        with cluster_at("local") as client:
            made = list(render_plan(plan, f"{bucket}/faulty", over=OVER, client=client))
    assert [each.failure for each in made if each.failure] == []
    assert min(done[fault] for fault in FAULTS) >= 1
    monkeypatch.undo()
    opened.cache_clear()  # it leads to the proxy, which is gone
    assert stored_sounds(f"{bucket}/faulty") == whole


@thorough
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_worker_without_room_hands_its_jobs_to_others(
    bucket: str, expected: tuple[Path, dict[str, bytes]], tmp_path: Path
) -> None:
    import distributed

    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(small)], capture_output=True).returncode:
        pytest.skip("no small disk can be mounted here")
    orders = [OVER.changed(targets=(name,)) for name in TARGETS]
    workers = []
    try:
        with distributed.LocalCluster(n_workers=0, dashboard_address=None, silence_logs=50) as cluster:
            command = [sys.executable, "-m", "distributed.cli.dask_worker", cluster.scheduler_address]
            options = ["--no-dashboard", "--no-nanny", "--nthreads", "1", "--local-directory", str(tmp_path)]
            for folder in (small, tmp_path):
                env = {**os.environ, "TMPDIR": str(folder)}
                workers.append(subprocess.Popen([*command, *options], env=env, stderr=subprocess.DEVNULL))
            with distributed.Client(cluster) as client:
                client.wait_for_workers(2, timeout=60)
                made = list(render_many(orders, f"{bucket}/room", client=DaskClient(client)))
    finally:
        for process in workers:
            process.kill()
            process.wait()
        subprocess.run(["umount", "-l", str(small)], check=True)
    assert [each.failure for each in made if each.failure] == []
    assert len(stored_sounds(f"{bucket}/room")) == len(TARGETS)
