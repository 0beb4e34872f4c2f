"""A plan of many rows: ``uv run python tests/benchmarks/plans.py --rows 10000``; ``--cluster`` does it by Dask too.

The rows ask for 200 programmes, short ones so that the files fit on a disk; each has a name of its own in its title.
The usual voice speaks; its clips come with it, and blocks are made as they are first needed, in a cache of their own.
Printed: seconds, sound, bytes, blocks, what a second run takes, and the memory of the largest process.

- ``--cluster`` has two workers of a local cluster do the same with one killed every 2 s, and compares every file.
- ``--store`` has such workers write into an object store (moto's, on this machine), of which one request in ten is
  refused, late, cut off, or does not get its answer; it compares the MD5 sum that the store has of each object.
- ``--minute`` has each row be a minute of paced breath, for more rows than a disk would hold of routines:
  ``--rows 100000 --minute`` takes 48 GB.
"""

from __future__ import annotations

import argparse
import filecmp
import hashlib
import itertools
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import obstore

from coach.library.standard import standard_library
from coach.order import Order
from coach.publish.batch import render_plan
from coach.publish.dask import DaskClient
from coach.publish.report import REPORT
from coach.storage.cache import BLOCK, kept_in
from coach.storage.objects import opened
from coach.voices.kept import clips_folder
from support.buckets import bucket
from support.dask_workers import two_workers
from support.faulty_proxy import faulty

COACH = [sys.executable, "-m", "coach"]
PROGRAMMES = 200


def write_plan(path: Path, rows: int, *, of_a_minute: bool) -> None:
    """Write a plan of so many rows over 200 programmes, in an order of chance that is always the same."""
    if of_a_minute:
        breaths = [
            f"{into}-{out},{1 + late / 100}" for into in (3, 4, 5, 6) for out in (4, 5, 6, 7, 8) for late in range(10)
        ]
        minutes = (f"{breaths[number % PROGRAMMES]},yes,1,small,count,Patient {number:06}" for number in range(rows))
        path.write_text("\n".join(["breath,beat,breathing,minutes,quality,pace,title", *minutes]) + "\n")
        return
    manners = itertools.product(("names", "brief", "full"), ("", "easier"))
    names = standard_library().stretches
    programmes = list(itertools.islice(((name, *manner) for manner in manners for name in names), PROGRAMMES))
    chance = random.Random(18)
    lines = [",".join((*chance.choice(programmes), f"Patient {number:06}")) for number in range(rows)]
    path.write_text("\n".join(["routine,words,level,title", *lines]) + "\n")


def alone(folder: Path, plan: Path) -> None:
    """Have this machine make it, twice."""
    out = folder / "out"
    for what in ("for the first time", "again"):
        started = time.perf_counter()
        done = subprocess.run(
            [*COACH, "render", "--plan", str(plan), "-o", str(out), "--no-captions"], capture_output=True, text=True
        )
        took = time.perf_counter() - started
        print(f"{what}: {took:.1f} s, exit status {done.returncode}, {done.stdout.splitlines()[-1]}", flush=True)
    files = [path for path in out.iterdir() if path.name != REPORT]
    with (out / REPORT).open() as report:
        seconds = sum(float(line.split(",")[2]) for line in list(report)[1:])
    size = sum(path.stat().st_size for path in files)
    print(f"{len(files)} files, {seconds / 3600:.1f} h of sound, {size / 1e9:.1f} GB")
    blocks = [kept for _, kept, path in kept_in(clips_folder()) if path.suffix == BLOCK]
    print(f"joined from {len(blocks):,} blocks of {sum(blocks) / 1e6:.0f} MB, and silence")
    most_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000
    print(f"the largest process took {most_mb:.0f} MB")


def by_killed_workers(plan: Path, place: Path | str, folder: Path) -> None:
    """Have two workers make it, one of which is killed every 2 s."""
    import distributed

    started = time.perf_counter()
    over = Order(captions=False)
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address=None, silence_logs=50) as cluster,
        distributed.Client(cluster) as client,
        two_workers(cluster.scheduler_address, folder, killed_every_s=2.0) as workers,
    ):
        made = list(render_plan(plan, place, over=over, client=DaskClient(client)))
    took = time.perf_counter() - started
    failures = [each.failure for each in made if each.failure]
    outcomes = [each.rendered.outcome.value for each in made if each.rendered]
    told = {what: outcomes.count(what) for what in sorted(set(outcomes))}
    print(f"cluster: {took:.1f} s, {workers.killed} killed, {len(failures)} failed, {told}")
    print(*failures[:3], sep="\n", flush=True)


def in_a_cluster(folder: Path, plan: Path) -> None:
    """Have killed workers write into a folder, and compare."""
    by_killed_workers(plan, folder / "cluster", folder)
    names = sorted(path.name for path in (folder / "out").iterdir() if path.name != REPORT)
    others = sorted(path.name for path in (folder / "cluster").iterdir() if path.name != REPORT)
    _, unlike, missing = filecmp.cmpfiles(folder / "out", folder / "cluster", names, shallow=False)
    print(f"the same names: {names == others}; unlike: {len(unlike)}; missing: {len(missing)}")


def in_a_store(folder: Path, plan: Path) -> None:
    """Have killed workers write into a store that is not always well, and compare."""
    os.environ["MOTO_S3_DEFAULT_KEY_BUFFER_SIZE"] = "1024"  # what is larger lies on the disk, and not in memory
    with bucket() as address, faulty(os.environ["AWS_ENDPOINT_URL"], share=0.1) as (endpoint, done):
        at_home = os.environ["AWS_ENDPOINT_URL"]
        os.environ["AWS_ENDPOINT_URL"] = endpoint
        opened.cache_clear()
        by_killed_workers(plan, f"{address}/patients", folder)
        print(f"requests: {dict(done)}")
        os.environ["AWS_ENDPOINT_URL"] = at_home
        opened.cache_clear()
        found = [each for batch in obstore.list(opened(f"{address}/patients")) for each in batch]
        sums = {each["path"]: str(each["e_tag"]).strip('"') for each in found if each["path"] != REPORT}
    files = {path.name: path for path in (folder / "out").iterdir() if path.name != REPORT}
    unlike = [name for name in sums.keys() & files if sums[name] != file_digest(files[name], "md5")]
    print(f"the same names: {sums.keys() == files.keys()}; unlike: {len(unlike)}")


def file_digest(path: Path, kind: str) -> str:
    """Return a sum of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, kind).hexdigest()


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--cluster", action="store_true")
    parser.add_argument("--store", action="store_true")
    parser.add_argument("--minute", action="store_true")
    parser.add_argument("--folder", type=Path, help="where the files go; a temporary folder if not given")
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="plans-", dir=asked.folder))
    try:
        plan = folder / "plan.csv"
        os.environ["COACH_CACHE"] = str(folder / "cache")
        write_plan(plan, asked.rows, of_a_minute=asked.minute)
        alone(folder, plan)
        if asked.cluster:
            in_a_cluster(folder, plan)
        if asked.store:
            shutil.rmtree(folder / "cluster", ignore_errors=True)
            in_a_store(folder, plan)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
