"""A program under guard ends when it is told to, and never outlives who asked for it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from embedded.process import Process, launch
from tests.waiting import until

ROOT = Path(__file__).resolve().parents[2]
_SLEEPER = "import time; print('up', flush=True); time.sleep(600)"
_STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + _SLEEPER


def _launch(code: str, log: Path, grace: float = 30.0) -> Process:
    process = launch([sys.executable, "-c", code], log, grace=grace)
    until(lambda: "up" in process.output())
    return process


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_it_is_asked_to_end(tmp_path: Path) -> None:
    process = _launch(_SLEEPER, tmp_path / "log")
    assert process.status is None
    assert process.stop() == 128 + signal.SIGTERM


def test_it_is_killed_after_its_grace(tmp_path: Path) -> None:
    assert _launch(_STUBBORN, tmp_path / "log", grace=0.2).stop() == 128 + signal.SIGKILL


def test_its_own_exit_status_and_last_words_are_known(tmp_path: Path) -> None:
    for word in ("first", "second"):
        process = launch(
            [sys.executable, "-c", f"print('{word} up'); raise SystemExit(7)"], tmp_path / "log", grace=1
        )
        assert process.wait(60) == 7
        assert process.output() == f"{word} up"
        process.ask_to_stop()


def test_it_ends_with_the_process_that_asked_for_it_even_if_that_is_killed(tmp_path: Path) -> None:
    asker = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time; from pathlib import Path; from embedded.process import launch\n"
            f"process = launch([sys.executable, '-c', {_STUBBORN!r}], Path(sys.argv[1]), grace=0.2)\n"
            "print(process.pid, flush=True); time.sleep(600)",
            str(tmp_path / "log"),
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    assert asker.stdout
    with asker.stdout as stdout:
        pid = int(stdout.readline())
    assert _is_alive(pid)
    asker.kill()
    asker.wait()
    until(lambda: not _is_alive(pid))


def test_it_ends_with_its_guard(tmp_path: Path) -> None:
    process = _launch(_STUBBORN, tmp_path / "log")
    guard = int(Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    os.kill(guard, signal.SIGKILL)
    assert process.wait(60) == -signal.SIGKILL
    until(lambda: not _is_alive(process.pid))
    process.ask_to_stop()


def test_a_program_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    try:
        launch([tmp_path / "nothing"], tmp_path / "log", grace=1)
    except OSError as error:
        assert "nothing" in str(error)
    else:
        raise AssertionError("it was started")


def test_a_long_log_is_put_aside_once(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"x" * (11 * 1024 * 1024))
    _launch(_SLEEPER, log).stop()
    assert log.read_text() == "up\n"
    assert (tmp_path / "log.1").stat().st_size == 11 * 1024 * 1024
