"""`make collect` and `make restore-file` without STAGE: of the stack of DATA_DIR.

`python -m infra.local.files collect`, with DRY in the environment, or `restore-file NAME`.
"""

import os
import sys
from pathlib import Path

from infra.deploying import files
from infra.deploying.problems import DeployError
from infra.local import job
from infra.local.checks import StackError
from infra.local.people import inside


def main(arguments: list[str]) -> int:
    """Exit status of the command line."""
    what, *names = arguments
    try:
        run = inside(Path(os.environ.get("DATA_DIR", ".local")))
        if what == "restore-file":
            files.restore(run, names[0])
        elif os.environ.get("DRY"):
            files.show(run)
        else:
            return job.main(["collect_files"])
    except (DeployError, StackError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
