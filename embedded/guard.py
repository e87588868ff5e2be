"""Runs one program and sees to it that the program never outlives the process that asked for it.

Run by its path as `python guard.py <grace seconds> <program> [arguments]`, with a pipe as standard input.
The asking process only holds that pipe's other end: it is closed on purpose to stop the program, and by
the kernel when the asker is killed. Either way the program is asked to end (SIGTERM) and killed when it
has not ended after the grace. On Linux the kernel also kills the program if this guard is killed.

The first line written to standard output is the program's process id. The exit status is the program's
own, or 128 + n if signal n ended it. Imports stay few: one such process runs beside each part.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from types import FrameType

_PR_SET_PDEATHSIG = 1


def _die_with(parent: int) -> Callable[[], None] | None:
    """What the program does before it becomes itself: ask Linux to be killed when its guard dies."""
    if sys.platform != "linux":
        return None
    import ctypes

    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it died before we could ask
            os._exit(1)

    return ask


def run(grace: float, command: list[str]) -> int:
    """Run the program to its end and return its exit status."""
    # The program must be started by the main thread, before any other exists: PDEATHSIG follows the
    # thread that forked, and forking beside other threads is unsafe.
    program = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=2, preexec_fn=_die_with(os.getpid()))
    ended = threading.Event()

    def stop() -> None:
        program.terminate()
        if not ended.wait(grace):
            program.kill()

    def stop_when_left_alone() -> None:
        while os.read(0, 1024):
            pass
        stop()

    def stop_on_signal(_number: int, _frame: FrameType | None) -> None:
        threading.Thread(target=stop, daemon=True).start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop_on_signal)
    os.write(1, f"{program.pid}\n".encode())
    threading.Thread(target=stop_when_left_alone, daemon=True).start()
    status = program.wait()
    ended.set()
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(run(float(sys.argv[1]), sys.argv[2:]))
