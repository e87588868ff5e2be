"""kill -9 of the process that writes the snapshot: the next one takes the lock and ends equal to MongoDB."""

import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

from crm.columnar.shelf import Shelf
from crm.settings import Endpoints, Settings
from crm.stores.connection import Stores
from tests.acceptance.worker_process import worker
from tests.crowd import crowd
from tests.snapshot_content import content, truth
from tests.waiting import until

FULL = os.environ.get("CRM_FULL_SIZE") == "1"
PEOPLE, KILLS = (5_000, 20) if FULL else (500, 3)


def in_the_middle(shelf: Shelf) -> bool:
    """Whether there is a part on disk that no manifest names."""
    manifest = shelf.manifest()
    named = {f"part-{placed.number}" for placed in manifest.parts} if manifest else set()
    return any(path.name not in named for path in shelf.folder.glob("part-*"))


def kill_in_the_middle(process: subprocess.Popen[bytes], shelf: Shelf) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if in_the_middle(shelf):
            process.send_signal(signal.SIGSTOP)
            if in_the_middle(shelf):
                process.send_signal(signal.SIGKILL)
                process.wait()
                assert in_the_middle(shelf)
                return
            process.send_signal(signal.SIGCONT)
    raise AssertionError("it was never seen in the middle of writing")


def await_next_state(shelf: Shelf) -> None:
    before = shelf.manifest()
    until(lambda: shelf.manifest() != before, timeout=120)


@pytest.mark.slow
def test_a_killed_writer_leaves_a_snapshot_that_the_next_one_brings_up_to_date(
    endpoints: Endpoints, stores: Stores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CRM_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("CRM_COLUMNS_FROM", "0")
    shelf = Shelf(Settings().snapshot_dir)
    people = crowd(stores, PEOPLE)
    done = threading.Event()

    def change() -> None:
        """Somebody changes, comes and goes all the time."""
        step = 0
        while not done.is_set():
            step += 1
            stores.db.customers.update_one({"_id": people[step % PEOPLE]}, {"$inc": {"totalSpent": 1.5}})
            if step % 5 == 0:
                stores.db.customers.delete_one({"_id": people[step % PEOPLE]})
                crowd(stores, 2)

    writer = threading.Thread(target=change)
    writer.start()
    try:
        for _ in range(KILLS):
            with worker(endpoints, stores, "snapshot") as first:
                await_next_state(shelf)
                with worker(endpoints, stores, "snapshot"):
                    kill_in_the_middle(first, shelf)
                    await_next_state(shelf)  # the other one goes on
    finally:
        done.set()
        writer.join()
    expected = truth(stores, tmp_path / "anew")
    with worker(endpoints, stores, "snapshot"):
        until(lambda: content(shelf) == expected, timeout=120)
