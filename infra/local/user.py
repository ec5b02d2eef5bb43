"""`make user`: creates a user in the running stack of DATA_DIR; the last line of its output is the token.

With a password (environment variable PASSWORD, or `--ask`) an existing user gets that password, and no token.
`--revoke` and `--active` change an existing user instead.
`python -m infra.local.user EMAIL [--admin] [--ask]` finds the stack by its `stack.json`.
`python -m infra.local.user --create EMAIL` is the part that runs in the stack's environment, with the password (empty
for none) on standard input. Exit 2: the e-mail address is taken, and `--change` was not given.
"""

import argparse
import getpass
import os
import subprocess
import sys
from pathlib import Path

from infra.deploying import commands
from infra.local.checks import StackError
from infra.local.running import running_stack

EMAIL_TAKEN = 2


def create(email: str, admin: bool, change: bool = False) -> int:
    """Create the user by the app's code and print the token; with `change`, give an existing user the password. A user
    without a password is mailed a link to choose one, which is shown on standard error if it cannot be mailed.
    """
    from chalicelib.errors import Conflict, StudioError
    from chalicelib.identity import accounts, password_rules
    from chalicelib.operations.accounts import passwords

    password = sys.stdin.read()
    try:
        address = accounts.plain_address(email) if change else None
        problem = password_rules.problem(password, address) if password and address else None
        if problem:  # only checked if a person chose it
            print(problem, file=sys.stderr)
            return 1
        _, token = accounts.create_user(email, password or None, is_admin=admin)
        if not password:
            print(commands.choosing(email, *passwords.link_of_operator(email)), file=sys.stderr)
    except Conflict:
        return _change(email, password) if change and password else _taken(email)
    except StudioError:
        print(f"{email!r} is not an e-mail address.", file=sys.stderr)
        return 1
    print(token)
    return 0


def _change(email: str, password: str) -> int:
    from chalicelib.errors import StudioError
    from chalicelib.identity import accounts

    try:
        accounts.set_password(email, password)
    except StudioError as error:
        print(error.detail, file=sys.stderr)
        return 1
    print(f"{email} has a new password; all sessions of {email} are ended.")
    return 0


def change_access(email: str, which: str, active: str) -> int:
    """Revoke tokens of an existing user, and activate (`1`) or deactivate (`0`) the user, as far as given."""
    from chalicelib.errors import StudioError
    from chalicelib.identity import revocation
    from chalicelib.operations.users import administration

    try:
        if which:
            print(commands.revoked(revocation.revoke(which, email)))
        if active:
            administration.set_active(email, active == "1")
            print(commands.active(email, active == "1"))
    except StudioError as error:
        print(error.detail, file=sys.stderr)
        return 1
    return 0


def _taken(email: str) -> int:
    print(f"The user {email} exists already.", file=sys.stderr)
    return EMAIL_TAKEN


def main() -> int:
    """Exit status of the command line."""
    arguments = argparse.ArgumentParser(prog="make user", description=__doc__)
    arguments.add_argument("email")
    arguments.add_argument("--admin", action="store_true")
    arguments.add_argument("--ask", action="store_true", help="ask for a password")
    arguments.add_argument("--revoke", default="", metavar="all, id or token", help="revoke API tokens")
    arguments.add_argument("--active", default="", choices=["0", "1", ""], help="deactivate or activate the user")
    arguments.add_argument("--create", action="store_true", help=argparse.SUPPRESS)
    arguments.add_argument("--change", action="store_true", help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.create and (given.revoke or given.active):
        return change_access(given.email, given.revoke, given.active)
    if given.create:
        return create(given.email, given.admin, given.change)
    try:
        environment = os.environ | running_stack(Path(os.environ.get("DATA_DIR", ".local")))
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    password = environment.pop("PASSWORD", "") or (getpass.getpass() if given.ask else "")
    command = [sys.executable, "-m", "infra.local.user", "--create", "--change", given.email]
    command += ["--admin"] if given.admin else []
    command += [f"--revoke={given.revoke}", f"--active={given.active}"]
    return subprocess.run(command, env=environment, input=password, text=True, check=False).returncode


if __name__ == "__main__":
    from chalicelib.telemetry import by_operator

    by_operator()
    sys.exit(main())
