"""One-time passwords and API tokens, issued by the application's own code in the environment of the deployed API.

The functions here start `python -m infra.deploying.admin` with that environment. `look` prints whether there is an
administrator (`true`, `false`), `give EMAIL` a password and whether the user was made an administrator by it (`["abc",
true]`), `token EMAIL` a new API token of a user and, for a new user, a link to choose a password and whether it was
mailed (`["abc", "", false]`), `revoke WHICH EMAIL` how many tokens were revoked; `active EMAIL 0` (or 1) prints null.
`export EMAIL PATH`, `leaving EMAIL` and `delete EMAIL` are in `people`; `unused` and `restore-file NAME` in `files`.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.exceptions import PynamoDBException

from infra.deploying.account import Account
from infra.deploying.problems import DeployError, explain


def exists(account: Account, prefix: str) -> bool:
    """Whether there is an administrator."""
    return bool(_run(account, prefix, "look"))


def give(account: Account, prefix: str, email: str) -> tuple[str, bool]:
    """Issue a one-time password to the administrator with this e-mail address, creating the user if needed. Returns it,
    and whether the user was not an administrator before.

    Raises DeployError, also for an invalid address.
    """
    password, is_new = _run(account, prefix, "give", email)
    return str(password), bool(is_new)


def token(account: Account, prefix: str, email: str) -> tuple[str, str, bool]:
    """Issue an API token to the user with this e-mail address, creating the user if needed; older tokens stay valid.
    Returns it and, for a new user, a link to choose a password (else "") and whether it was mailed.

    Raises DeployError, also for an invalid address.
    """
    issued, link, is_mailed = _run(account, prefix, "token", email)
    return str(issued), str(link), bool(is_mailed)


def revoke(account: Account, prefix: str, which: str, email: str) -> int:
    """Revoke API tokens as `chalicelib.identity.revocation.revoke` does; returns how many.

    Raises DeployError, also for an unknown user or token.
    """
    return int(_run(account, prefix, "revoke", which, email))


def set_active(account: Account, prefix: str, email: str, is_active: bool) -> None:
    """Activate or deactivate a user; deactivating ends all tokens and sessions for good.

    Raises DeployError, also for an unknown user.
    """
    _run(account, prefix, "active", email, "1" if is_active else "0")


def run(account: Account, prefix: str, *arguments: str) -> Any:
    """Run one of the actions below and return what it prints. Raises DeployError."""
    return _run(account, prefix, *arguments)


def _run(account: Account, prefix: str, *arguments: str) -> Any:
    command = [sys.executable, "-m", "infra.deploying.admin", *arguments]
    environment = os.environ | environment_of(account, prefix) | {"AWS_DEFAULT_REGION": account.region}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    if done.returncode:
        raise DeployError(done.stderr.strip() or "The user could not be changed; try again.")
    print(done.stderr, end="", file=sys.stderr)  # what was audited
    return json.loads(done.stdout)


def environment_of(account: Account, prefix: str) -> dict[str, str]:
    """The environment of the deployed API.

    Raises DeployError if there is none.
    """
    functions = account.client("lambda")
    try:
        found = functions.get_function_configuration(FunctionName=f"{prefix}api")
    except functions.exceptions.ResourceNotFoundException:
        raise DeployError(f"{prefix}api is not deployed in {account.region}: run make deploy first.") from None
    variables: dict[str, str] = found["Environment"]["Variables"]
    return variables


def main(arguments: list[str]) -> int:
    """0 after printing the result as JSON, 1 after a sentence about the problem."""
    from chalicelib.errors import StudioError
    from chalicelib.identity import revocation
    from chalicelib.models import users
    from chalicelib.operations.users import administration
    from infra.deploying import files, people

    actions: dict[str, Callable[..., object]] = {
        "look": users.has_administrator,
        "give": _given,
        "token": _token,
        "revoke": revocation.revoke,
        "export": people.write_export,
        "leaving": people.leaving,
        "delete": people.delete_user,
        "unused": files.unused,
        "restore-file": files.restore_file,
        "active": lambda email, value: administration.set_active(email, value == "1"),
    }
    try:
        print(json.dumps(actions[arguments[0]](*arguments[1:])))
    except StudioError as error:
        print(error.detail, file=sys.stderr)
    except PynamoDBException as error:
        cause = error.cause
        known = explain(cause, "dynamodb") if isinstance(cause, BotoCoreError | ClientError) else str(error)
        print(known, file=sys.stderr)
    else:
        return 0
    return 1


def _given(email: str) -> tuple[str, bool]:
    from chalicelib.identity import accounts

    address = accounts.plain_address(email)
    before = accounts.find(address) if address else None
    return accounts.give_one_time_password(email), before is None or not (before.is_admin and before.is_active)


def _token(email: str) -> tuple[str, str, bool]:
    from chalicelib.identity import accounts
    from chalicelib.operations.accounts import passwords

    address = accounts.plain_address(email)
    user = accounts.find(address) if address else None
    if user:
        return accounts.issue_token(user), "", False
    _, issued = accounts.create_user(email)
    return issued, *passwords.link_of_operator(email)


if __name__ == "__main__":
    from chalicelib.telemetry import by_operator

    by_operator()
    sys.exit(main(sys.argv[1:]))
