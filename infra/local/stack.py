"""Starts and stops the whole local stack: ministack, the workers, the gateway."""

import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.local.aws import emulator
from infra.local.aws.emulator import ROOT
from infra.local.checks import HOST, StackError, listen_together, open_data_dir
from infra.local.children import Child
from infra.local.supervisor import Supervisor

DEMO_EMAIL = "demo@example.org"
GATEWAYS = 2  # processes
WORKERS = 2  # processes, each with a thread per queue: one channel's slow publish does not delay another's


@dataclass(frozen=True)
class Stack:
    """A running stack. `password` and `token` are None when its credentials file was removed."""

    url: str
    port: int
    data_dir: Path
    email: str
    password: str | None
    token: str | None
    environment: dict[str, str]  # for a process that calls the app's code on this stack
    children: Sequence[Child]
    supervisor: Supervisor
    irreplaceable: Child | None = None  # the child without which the data is lost

    def failure(self) -> str | None:
        """A sentence about a child that has stopped by itself and cannot be started again, None otherwise."""
        child = self.irreplaceable
        if child is None or child.running:
            return None
        return f"{child.name} has stopped, and its data is lost: see {child.log}."


@contextmanager
def start(port: int = 0, data_dir: Path | str = ".local", app_dir: Path = ROOT) -> Iterator[Stack]:
    """Run a stack until the block ends. Port 0 means any free one; `app_dir` contains the `app.py` to serve.

    The data in `data_dir` persists; the first start creates a user. Raises StackError, whose text is one sentence for
    the user.
    """
    folder = Path(data_dir).resolve()
    with ExitStack() as resources:
        listeners = [resources.enter_context(listener) for listener in listen_together(port, GATEWAYS)]
        port = listeners[0].getsockname()[1]
        url = f"http://{HOST}:{port}"
        lock = resources.enter_context(open_data_dir(folder))
        new = not (folder / "aws" / "state" / "dynamodb.json").exists()
        endpoint, ministack = resources.enter_context(emulator.serve(folder, lock))
        environment = emulator.environment(endpoint, emulator.prepare(endpoint), url)
        environment["FRONT_KEY"] = secrets.token_urlsafe(32)
        environment["MAIL_FROM"] = emulator.SENDER
        environment["PYTHONPATH"] = os.pathsep.join([str(app_dir), str(ROOT)])
        environment["TMPDIR"] = resources.enter_context(_temporary(folder))
        children = [ministack]
        # Several of each, since on AWS the memory of one function is not shared with others either.
        workers = [("workers", None)] * WORKERS
        for module, socket in (*workers, *(("edge.gateway", listener) for listener in listeners)):
            name = module.rpartition(".")[2]
            command = [sys.executable, "-m", f"infra.local.{module}"]
            children.append(Child(name, command, environment, app_dir, folder, socket))
            resources.callback(children[-1].stop)
        emulator.wait_until_healthy(url + "/content/", children[-1])
        state = resources.enter_context(announced(folder, environment, url))
        if new:  # credentials on disk belong to deleted data
            (folder / "credentials.json").unlink(missing_ok=True)
        user = credentials(folder, environment, app_dir) | {"email": DEMO_EMAIL}
        supervisor = Supervisor(children, {ministack.name: lambda: _ready(endpoint, ministack)})
        yield Stack(url, port, folder, environment=state, children=children, supervisor=supervisor, **user)


def _ready(endpoint: str, ministack: Child) -> None:
    """Wait for ministack, and create what it had not saved yet when it stopped. Raises StackError."""
    emulator.wait_until_healthy(endpoint + emulator.HEALTH, ministack)
    emulator.prepare(endpoint)


@contextmanager
def _temporary(folder: Path) -> Iterator[str]:
    """The temporary folder of the children: like functions on AWS, they end without cleaning up."""
    path = folder / "tmp"
    shutil.rmtree(path, ignore_errors=True)  # left by a stack that was killed
    path.mkdir()
    try:
        yield str(path)
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def announced(folder: Path, environment: dict[str, str], url: str) -> Iterator[dict[str, str]]:
    """Write `stack.json` while the stack runs, by which other commands find it."""
    own = {name: value for name, value in environment.items() if os.environ.get(name) != value}
    file = folder / "stack.json"
    file.write_text(json.dumps({"pid": os.getpid(), "url": url, "environment": own}, indent=1))
    try:
        yield environment
    finally:
        file.unlink(missing_ok=True)


def credentials(folder: Path, environment: dict[str, str], app_dir: Path) -> dict[str, Any]:
    """`{"password", "token"}` of the first user, who is created if there is none."""
    file = folder / "credentials.json"
    if file.exists():
        saved = json.loads(file.read_text())
        return {"password": saved.get("password"), "token": saved.get("token")}
    password = secrets.token_urlsafe(12)
    token = create_user(environment, app_dir, DEMO_EMAIL, password)
    if not token:
        return {"password": None, "token": None}
    content = {"email": DEMO_EMAIL, "password": password, "token": token}
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        json.dump(content, out, indent=1)
    return {"password": password, "token": token}


def create_user(environment: dict[str, str], app_dir: Path, email: str, password: str) -> str | None:
    """Create a user by the app's code, in another process; returns the token, None if the e-mail address is taken."""
    command = [sys.executable, "-m", "infra.local.user", "--create", email]
    done = subprocess.run(
        command, input=password, env=environment, cwd=app_dir, capture_output=True, text=True, check=False
    )
    if done.returncode == 2:
        return None
    if done.returncode:
        raise StackError(f"The user {email} could not be created: {done.stderr.strip().splitlines()[-1:]}")
    return done.stdout.split()[-1]
