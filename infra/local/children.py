"""Child processes of the stack: started with a log file and a lifeline, started again, stopped gently."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TextIO

from infra.local.checks import listen_again

STOP_WITHIN = 30.0  # seconds; ministack writes its state in them
SAVE_WITHIN = 10.0  # seconds in which a fork of ministack that outlives it writes its state


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
        self._command = [*command]
        self._environment = dict(environment)
        self._folder = folder
        self._lock = lock
        self._port = listener.getsockname()[1] if listener else 0
        self._is_shared = bool(listener and listener.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT))
        self._process = self._start(listener)
        self._errors = self._watch()

    def _start(self, listener: socket.socket | None) -> "subprocess.Popen[bytes]":
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [*self._command, *([str(listener.fileno())] if listener else [])],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.PIPE,
                cwd=self._folder,
                env=self._environment,
                pass_fds=[held.fileno() for held in (listener, self._lock) if held],
                start_new_session=True,
            )
        if listener:
            listener.close()  # otherwise connections would wait for a dead child
        return process

    def _watch(self) -> threading.Thread:
        errors = threading.Thread(
            target=self._show_errors, args=[self._process], name=f"{self.name}-errors", daemon=True
        )
        errors.start()
        return errors

    def _show_errors(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stderr
        with self.log.open("ab") as log:
            for line in process.stderr:
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

    def restart(self) -> None:
        """Start it again, on the same port, after it has ended and so have its forks.

        Raises StackError if the port is in use meanwhile.
        """
        deadline = time.monotonic() + SAVE_WITHIN
        while self._has_forks() and time.monotonic() < deadline:
            time.sleep(0.05)
        listener = listen_again(self._port, self._is_shared) if self._port else None
        self._close()
        self._process = self._start(listener)
        self._errors = self._watch()

    def _has_forks(self) -> bool:
        try:
            os.killpg(self._process.pid, 0)  # it leads a session, and so a group, of its own
        except ProcessLookupError:
            return False
        return True

    def stop(self) -> None:
        """Ask it to end, wait, and kill it only if it does not."""
        self._process.terminate()
        try:
            self._process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._close()

    def _close(self) -> None:
        self._errors.join(timeout=2)
        for pipe in (self._process.stdin, self._process.stderr):
            if pipe:
                pipe.close()
