"""`make user`: creates a user in the running stack of DATA_DIR; its token is the last line.

`python -m infra.local.user EMAIL [--admin]` finds that stack by its `stack.json`.
`python -m infra.local.user --create EMAIL` is the part that runs inside the stack's environment, with the password
(an empty one for none) on standard input. Exit 2: the email is taken.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

from infra.local.checks import StackError

EMAIL_TAKEN = 2


def create(email: str, admin: bool) -> int:
    """Create the user by the app's code and print the token."""
    from chalicelib.accounts import create_user
    from chalicelib.errors import Conflict, ValidationFailed

    try:
        _, token = create_user(email, sys.stdin.read() or None, is_admin=admin)
    except Conflict:
        print(f"A user {email} is there already.", file=sys.stderr)
        return EMAIL_TAKEN
    except ValidationFailed:
        print(f"{email!r} is not an e-mail address.", file=sys.stderr)
        return 1
    print(token)
    return 0


def running_stack(data_dir: Path) -> dict[str, str]:
    """The environment of the stack that runs on a data directory; StackError when none does."""
    try:
        state = json.loads((data_dir / "stack.json").read_text())
        os.kill(state["pid"], 0)
    except (FileNotFoundError, ProcessLookupError, ValueError, KeyError):
        raise StackError(f"No stack is running on DATA_DIR {data_dir}; start it with `make run`.") from None
    environment: dict[str, str] = state["environment"]
    return environment


def main() -> int:
    """Exit status of the command line."""
    arguments = argparse.ArgumentParser(prog="make user", description=__doc__)
    arguments.add_argument("email")
    arguments.add_argument("--admin", action="store_true")
    arguments.add_argument("--create", action="store_true", help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.create:
        return create(given.email, given.admin)
    try:
        environment = os.environ | running_stack(Path(os.environ.get("DATA_DIR", ".local")))
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    command = [sys.executable, "-m", "infra.local.user", "--create", given.email]
    command += ["--admin"] if given.admin else []
    return subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
