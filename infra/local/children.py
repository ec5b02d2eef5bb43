"""Child processes of the stack: started with a log file and a lifeline, stopped gently."""

import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TextIO

STOP_WITHIN = 30.0  # seconds; ministack writes its state in them


class Child:
    """A process whose standard output goes to `<log_dir>/<name>.log`, its errors there and to the console.

    It runs in a separate session, so that Ctrl-C reaches it through its parent only, and it ends with its parent (see
    `lifeline`). The file descriptor of `listener`, if given, is its last argument; it holds `lock` until it ends.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        log_dir: Path,
        listener: socket.socket | None = None,
        lock: TextIO | None = None,
    ) -> None:
        self.name = name
        self.log = log_dir / f"{name}.log"
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, *([str(listener.fileno())] if listener else [])],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.PIPE,
                cwd=folder,
                env=dict(environment),
                pass_fds=[held.fileno() for held in (listener, lock) if held],
                start_new_session=True,
            )
        if listener:
            listener.close()  # otherwise connections would wait for a dead child
        self._errors = threading.Thread(target=self._show_errors, name=f"{name}-errors", daemon=True)
        self._errors.start()

    def _show_errors(self) -> None:
        assert self._process.stderr
        with self.log.open("ab") as log:
            for line in self._process.stderr:
                log.write(line)
                log.flush()
                sys.stderr.write(f"{self.name}: {line.decode(errors='replace')}")

    @property
    def running(self) -> bool:
        """Whether the process is still running."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def stop(self) -> None:
        """Ask it to end, wait, and kill it only if it does not."""
        self._process.terminate()
        try:
            self._process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._errors.join(timeout=2)
        for pipe in (self._process.stdin, self._process.stderr):
            if pipe:
                pipe.close()
