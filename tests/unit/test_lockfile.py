"""One holder at a time, who leaves a note to the others."""

import os
import subprocess
import sys
from pathlib import Path

from embedded.lockfile import LockFile


def test_a_held_lock_is_not_given_twice_and_tells_who_has_it(tmp_path: Path) -> None:
    first, second = LockFile(tmp_path / "lock"), LockFile(tmp_path / "lock")
    assert first.acquire()
    first.write("a rather long note of the first holder")
    first.write("http://127.0.0.1:8501")
    assert not second.acquire()
    assert second.read() == "http://127.0.0.1:8501"
    first.release()
    assert second.acquire()
    second.release()


def test_who_inherits_the_lock_holds_it_too(tmp_path: Path) -> None:
    first, second = LockFile(tmp_path / "lock"), LockFile(tmp_path / "lock")
    assert first.acquire()
    heir = subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=[first.descriptor]
    )
    first.release()
    assert not second.acquire()
    heir.communicate(b"\n")
    assert second.acquire(timeout=10)
    second.release()


def test_a_lock_of_a_process_that_was_killed_is_free(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; from pathlib import Path; from embedded.lockfile import LockFile\n"
            "lock = LockFile(Path(sys.argv[1])); print(lock.acquire(), flush=True); input()",
            str(tmp_path / "lock"),
        ],
        cwd=Path(__file__).resolve().parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": "."},
    )
    assert holder.stdout and holder.stdin
    with holder.stdout as stdout, holder.stdin:
        assert stdout.readline().strip() == b"True"
        lock = LockFile(tmp_path / "lock")
        assert not lock.acquire()
        holder.kill()
        holder.wait()
    assert lock.acquire(timeout=10)
    lock.release()
