"""`make export-user` and `make delete-user` without STAGE: of the stack of DATA_DIR.

`python -m infra.local.people export EMAIL`, or `delete EMAIL`, with the answer in the environment variable YES.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from infra.deploying import people
from infra.deploying.problems import DeployError
from infra.local.checks import StackError
from infra.local.running import running_stack


def main(arguments: list[str]) -> int:
    """Exit status of the command line."""
    what, email = arguments
    try:
        run = inside(Path(os.environ.get("DATA_DIR", ".local")))
        if what == "export":
            people.export(run, email)
        else:
            people.delete(run, email, os.environ.get("YES", ""))
    except (DeployError, StackError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def inside(data_dir: Path) -> people.Run:
    """Runs actions of `infra.deploying.admin` in the environment of the stack that runs on a data directory."""
    environment = os.environ | running_stack(data_dir)

    def run(*arguments: str) -> Any:
        command = [sys.executable, "-m", "infra.deploying.admin", *arguments]
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            raise DeployError("Nothing was changed.")
        return json.loads(done.stdout)

    return run


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
