"""What ministack's Lambda needs to be nearer to AWS's, and quick; `server` installs it where it serves Lambda.

- A function's process gets the standard library and its zip, nothing else: ministack would run it by its own Python,
  in which a package that is missing from the zip could be found after all. (AWS has boto3 there; the app brings its
  own botocore.)
- Few batches of a queue are worked on at once, whatever the template allows: each takes a process of this machine.
- An answer does not wait 50 ms for a function's log.

The processes end by themselves with ministack, whose pipes they read.
"""

import os
import sys
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

ALONE = '#!/bin/sh\nexec "{python}" -I -S "$@"\n'  # neither PYTHONPATH nor any site-packages
BATCHES = 2  # of a queue at once
LOG_WAITS = (0.01, 0.005, 0.25)  # seconds: for a first line, for another one, in all


def install(folder: Path) -> None:
    """Let ministack run functions so; `folder` gets the command that starts Python."""
    command = folder / "function-python"
    command.write_text(ALONE.format(python=sys.executable))
    command.chmod(0o755)
    detect, concurrency = lambda_runtime._detect_runtime_binary, lambda_svc._sqs_esm_concurrency

    def alone(runtime: str) -> tuple[str, str]:
        binary, script = detect(runtime)
        return (os.fspath(command) if binary == sys.executable else binary), script

    def few(*arguments: Any, **named: Any) -> int:
        return min(BATCHES, int(concurrency(*arguments, **named)))

    lambda_runtime._detect_runtime_binary = alone
    lambda_svc._sqs_esm_concurrency = few
    lambda_runtime.Worker._drain_stderr_bounded.__defaults__ = LOG_WAITS
