"""`make job JOB=…` without STAGE: request a job of the stack of DATA_DIR.

`python -m infra.local.job --send JOB` is the part that runs in the stack's environment.
"""

import sys

from infra.deploying.commands import JOBS
from infra.local.running import run_inside


def send(name: str) -> None:
    """Send a job to the stack's maintenance queue."""
    from chalicelib.aws import queues
    from chalicelib.domain import jobs

    queues.send_maintenance(jobs.JOBS[name].message())
    print(f"{name} is started; see workers.log in DATA_DIR.")


def main(arguments: list[str]) -> int:
    """Exit status of the command line."""
    name = arguments[-1] if arguments else ""
    if name not in JOBS:
        print(f"JOB must be one of {', '.join(JOBS)}.", file=sys.stderr)
        return 1
    if arguments[0] != "--send":
        return run_inside("infra.local.job", "--send", name)
    send(name)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
