"""A worker process, as a part that is kept running beside the stores."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from embedded.process import Process


@dataclass(frozen=True, slots=True)
class Worker:
    """`python -m <module>`, run from `root` with these variables on top of our environment."""

    name: str
    module: str
    root: Path
    variables: Mapping[str, str]

    grace: ClassVar[float] = 15.0  # seconds to finish and acknowledge the batch in hand

    def command(self) -> list[str]:
        return [sys.executable, "-m", self.module]

    def environment(self) -> Mapping[str, str]:
        path = os.pathsep.join(filter(None, (str(self.root), os.environ.get("PYTHONPATH"))))
        return {**os.environ, **self.variables, "PYTHONPATH": path}

    def await_ready(self, process: Process) -> None:
        """It reports its own trouble; nothing waits for it."""
