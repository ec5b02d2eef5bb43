"""Exporting a user's data, and deleting a user, for operators: of a deployed stage, or of the stack on this machine.

`infra.deploying.admin` does the work by the application's own code, in its environment; `Run` starts that.
"""

import os
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from infra.deploying import account as accounts
from infra.deploying import admin
from infra.deploying.account import Account
from infra.deploying.events import say_now
from infra.deploying.problems import DeployError

Run = Callable[..., Any]  # an action of `admin` with its arguments; returns what it prints


def export(run: Run, email: str) -> None:
    """Write the data of a user into a file of the working directory, which only the operator can read."""
    _require(email)
    path = Path(re.sub(r"[^\w.@+-]", "_", f"{email}-data.zip"))
    size = int(run("export", email, str(path.resolve())))
    say_now(f"{path}: {size:,} bytes. It has personal data: hand it to its owner alone, then delete it.")


def delete(run: Run, email: str, yes: str) -> None:
    """Delete a user after showing what goes; `yes` answers the question."""
    _require(email)
    deleted, kept, obstacle = run("leaving", email)
    if obstacle:
        raise DeployError(obstacle)
    typed = yes or _ask(
        f"This deletes {email} for good, and {deleted} channels that nobody else edits; {kept} shared ones stay. "
        f"Type {email} to continue: "
    )
    if typed != email:
        raise DeployError(f"Nothing was deleted: type {email}, or set YES={email}.")
    run("delete", email)
    say_now(
        f"{email} cannot sign in any more. The rest is deleted within minutes; then the address may register again."
    )


def _require(email: str) -> None:
    if not email:
        raise DeployError("EMAIL is required: EMAIL=you@example.org.")


def _ask(question: str) -> str:
    """The operator's answer; empty if standard input is not a terminal."""
    return input(question).strip() if sys.stdin.isatty() else ""


def _of_stage(at: Account, stage: str) -> Run:
    prefix = accounts.parameters_of(stage)["Prefix"]
    return lambda *arguments: admin.run(at, prefix, *arguments)


COMMANDS: dict[str, Callable[[Account, str, Mapping[str, str]], None]] = {
    "export-user": lambda at, stage, options: export(_of_stage(at, stage), options.get("EMAIL", "")),
    "delete-user": lambda at, stage, options: delete(
        _of_stage(at, stage), options.get("EMAIL", ""), options.get("YES", "")
    ),
}


# ---- actions of `admin`, in the application's environment ----


def write_export(email: str, path: str) -> int:
    """Write the data of the user with this address into a file; returns its size in bytes."""
    from chalicelib.identity import accounts
    from chalicelib.operations.accounts import export_files

    user = accounts.user_with(email)
    with open(path, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        return export_files.write(user, file)


def leaving(email: str) -> tuple[int, int, str | None]:
    """How many channels deleting the user would delete and keep, and why the user cannot be deleted, if so."""
    from chalicelib.operations.accounts import deletion

    found = deletion.preview_of(email)
    return found["deleted_count"], found["kept_count"], found["obstacle"]


def delete_user(email: str) -> None:
    """Begin the deletion of the user with this address."""
    from chalicelib.identity import accounts
    from chalicelib.operations.accounts import deletion

    deletion.begin(accounts.user_with(email))
