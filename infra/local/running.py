"""For commands on a running stack: they start in the shell's environment, and do their work in the stack's.

`python -m infra.local.running` (`make env`) prints the variables of the stack of DATA_DIR for a shell.
"""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from infra.local.checks import StackError

# Only for the processes of the stack: the secret of its CDN, where its modules are, and a folder that ends with it.
OWN = ("FRONT_KEY", "PYTHONPATH", "TMPDIR")


def running_stack(data_dir: Path) -> dict[str, str]:
    """The environment of the stack that runs on a data directory. Raises StackError if none does."""
    try:
        state = json.loads((data_dir / "stack.json").read_text())
        os.kill(state["pid"], 0)
    except (FileNotFoundError, ProcessLookupError, ValueError, KeyError):
        raise StackError(f"No stack is running on DATA_DIR {data_dir}: start it with `make run`.") from None
    environment: dict[str, str] = state["environment"]
    return environment


def run_inside(module: str, *arguments: str) -> int:
    """Run a module in the environment of the stack of DATA_DIR; returns its exit status, 1 if no stack is running."""
    try:
        environment = os.environ | running_stack(Path(os.environ.get("DATA_DIR", ".local")))
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False).returncode


def exports(environment: Mapping[str, str]) -> str:
    """Shell commands that set the variables with which other programs can use the stack, `chalice local` for one."""
    shared = {name: value for name, value in environment.items() if name not in OWN}
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in shared.items())


def main() -> int:
    """Exit status of the command line."""
    try:
        print(exports(running_stack(Path(os.environ.get("DATA_DIR", ".local")))))
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
