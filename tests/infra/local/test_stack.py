"""The whole stack as `make run` runs it, with a small app: start, restart, stop, and its end without a stop."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.local import stack
from infra.local.aws.emulator import ROOT
from infra.local.checks import StackError, listen, open_data_dir

SMALL_APP = Path(__file__).with_name("small_app")
RUN = """
import sys
from pathlib import Path
from infra.local import __main__, stack
__main__.start = lambda port, data_dir: stack.start(port, data_dir, Path(sys.argv[1]))
sys.exit(__main__.main())
"""


@contextmanager
def started(data_dir: Path) -> Iterator[stack.Stack]:
    with stack.start(0, data_dir, SMALL_APP) as running:
        yield running


def until(true: Callable[[], bool], seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.05)
    return False


def is_done(url: str, body: str) -> bool:
    return bool(httpx.get(f"{url}/api/done/{body}").json()["done"])


@dataclass
class Command:
    """`python -m infra.local` on the small app, with its output so far."""

    process: subprocess.Popen[str]
    output: Path

    @property
    def printed(self) -> str:
        return self.output.read_text()

    def says(self, text: str) -> bool:
        return text in self.printed

    def children(self) -> list[int]:
        folder = Path(f"/proc/{self.process.pid}/task")
        return [int(pid) for task in folder.glob("*/children") for pid in task.read_text().split()]


@contextmanager
def command(folder: Path, **settings: str) -> Iterator[Command]:
    output = folder / "output"
    with output.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", RUN, str(SMALL_APP)],
            cwd=ROOT,
            env=os.environ | {"PORT": "0", "DATA_DIR": str(folder / "data")} | settings,
            stdout=out,
            stderr=out,
            text=True,
        )
        try:
            yield Command(process, output)
        finally:
            process.terminate()
            process.wait(30)


def can_start(data_dir: Path) -> bool:
    """Whether the data directory is no longer in use."""
    try:
        open_data_dir(data_dir).close()
    except StackError:
        return False
    return True


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_later_starts_keep_what_the_first_made(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The first start makes a user. Its port is closed after the stop. A lost file of credentials is not made up, but
    credentials of data that is gone are replaced."""
    with started(tmp_path) as first:
        credentials = json.loads((tmp_path / "credentials.json").read_text())
        assert credentials == {"email": first.email, "password": first.password, "token": first.token}
        assert (tmp_path / "credentials.json").stat().st_mode & 0o777 == 0o600
        assert first.token
        assert len(first.token) == 40
        assert httpx.post(f"{first.url}/api/send/one").status_code == 200
        assert until(lambda: is_done(first.url, "one"))
        shows_errors(first, capfd)
        assert first.failure() is None
    with socket.socket() as client:
        assert client.connect_ex(("127.0.0.1", first.port)) != 0
    assert not (tmp_path / "stack.json").exists()
    with started(tmp_path) as second:
        assert (second.email, second.password, second.token) == (first.email, first.password, first.token)
        assert is_done(second.url, "one")
        assert not is_done(second.url, "two")
        (tmp_path / "credentials.json").unlink()
    with started(tmp_path) as third:
        assert third.token is None
    shutil.rmtree(tmp_path / "aws")
    (tmp_path / "credentials.json").write_text(json.dumps(credentials))
    with started(tmp_path) as fourth:
        assert fourth.password not in (None, first.password)


def shows_errors(running: stack.Stack, capfd: pytest.CaptureFixture[str]) -> None:
    """Errors of the app are on the console and in the log."""
    assert httpx.get(f"{running.url}/api/fail").status_code == 500
    shown = capfd.readouterr().err
    assert "gateway: ValueError: this view fails" in shown
    assert re.search(r"gateway: \S+Z GET /api/fail 500 ", shown)
    assert "ValueError: this view fails" in (running.data_dir / "gateway.log").read_text()


def test_two_stacks_run_side_by_side(tmp_path: Path) -> None:
    """Each has its own data, and a slow message delays no others."""
    with started(tmp_path / "a") as one, started(tmp_path / "b") as other:
        httpx.post(f"{one.url}/api/send/x").raise_for_status()
        assert until(lambda: is_done(one.url, "x"))
        assert not is_done(other.url, "x")
        httpx.post(f"{other.url}/api/send/slow-after-quick").raise_for_status()
        time.sleep(1)  # it is being processed
        httpx.post(f"{other.url}/api/send/quick").raise_for_status()
        assert until(lambda: is_done(other.url, "slow-after-quick"), 8)


def children_by_name(run: Command) -> dict[str, list[int]]:
    """The pids of a command's children by their modules."""
    found: dict[str, list[int]] = {}
    for pid in run.children():
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
        if "-m" in arguments:
            found.setdefault(arguments[arguments.index("-m") + 1].removeprefix("infra.local."), []).append(pid)
    return found


def is_served(url: str, body: str) -> bool:
    """Whether a message is sent and worked on: gateway, ministack and workers are there."""
    try:
        if httpx.post(f"{url}/api/send/{body}", timeout=20).status_code != 200:
            return False
        return until(lambda: is_done(url, body), 5)
    except (httpx.HTTPError, ValueError, KeyError):  # refused, or an error without "done"
        return False


def test_a_killed_child_is_started_again_and_nothing_is_lost(tmp_path: Path) -> None:
    with command(tmp_path) as run:
        assert until(lambda: run.printed.endswith("ready\n"))
        url = run.printed.split()[1]
        assert is_served(url, "first")
        state = tmp_path / "data" / "aws" / "state"
        assert until(lambda: b"first" in (state / "dynamodb.json").read_bytes())
        for number, module in enumerate(("workers", "edge.gateway", "aws.server")):
            before = children_by_name(run)
            for pid in before[module]:  # all of a kind at once
                os.kill(pid, signal.SIGKILL)
            name = {"edge.gateway": "gateway", "aws.server": "ministack"}.get(module, module)
            assert until(partial(run.says, f"{name} has stopped: started again in 1 s; see "))
            assert until(partial(is_served, url, f"after-{number}"), 40)
            after = children_by_name(run)
            assert {key: len(pids) for key, pids in after.items()} == {key: len(pids) for key, pids in before.items()}
            assert not set(before[module]) & set(after[module])
            assert is_done(url, "first")
        lines = [line for line in run.printed.splitlines() if "has stopped" in line]
        assert len(lines) == sum(len(pids) for pids in after.values())  # one for each child


def test_an_app_that_cannot_be_loaded_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("raise RuntimeError('no app')")
    with (
        pytest.raises(StackError, match=r"gateway did not start: see .*gateway\.log"),
        stack.start(0, tmp_path / "data", tmp_path),
    ):
        pass
    assert "no app" in (tmp_path / "data" / "gateway.log").read_text()


def test_make_user_prints_its_token_last(tmp_path: Path) -> None:
    def make_user(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment: dict[str, Any] = os.environ | {"DATA_DIR": str(tmp_path)}
        line = [sys.executable, "-m", "infra.local.user", *arguments]
        return subprocess.run(line, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    with started(tmp_path):
        made = make_user("new@example.org", "--admin")
        assert made.returncode == 0
        assert len(made.stdout.splitlines()[-1]) == 40
        again = make_user("new@example.org")
        assert again.returncode == 2
        assert again.stderr == "The user new@example.org exists already.\n"
    missing = make_user("late@example.org")
    assert missing.returncode == 1
    assert missing.stderr.startswith(f"No stack is running on DATA_DIR {tmp_path}:")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_all_of_it(tmp_path: Path, number: signal.Signals) -> None:
    with command(tmp_path) as run:
        assert until(lambda: run.printed.endswith("ready\n"))
        names = [line.split()[0] for line in run.printed.splitlines()]
        assert names == ["address", "mail", "user", "password", "token", "try", "open", "open", "open", "ready"]
        children = run.children()
        assert len(children) == 1 + stack.WORKERS + stack.GATEWAYS  # one is ministack
        run.process.send_signal(number)
        assert run.process.wait(20) == 0
        assert not any(alive(pid) for pid in children)


def test_children_end_with_a_parent_that_is_killed_and_save_their_data(tmp_path: Path) -> None:
    with command(tmp_path) as run:
        assert until(lambda: run.printed.endswith("ready\n"))
        url = run.printed.split()[1]
        children = run.children()
        (ministack,) = [pid for pid in children if b".aws.server" in Path(f"/proc/{pid}/cmdline").read_bytes()]
        httpx.post(f"{url}/api/send/one").raise_for_status()
        assert until(lambda: is_done(url, "one"))
        run.process.kill()
        assert until(lambda: can_start(tmp_path / "data"))
        assert until(lambda: not alive(ministack))  # its lock is released just before it ends
        assert until(lambda: not any(alive(pid) for pid in children))
    with started(tmp_path / "data") as again:
        assert is_done(again.url, "one")


def test_a_start_that_cannot_be_says_so_in_one_line(tmp_path: Path) -> None:
    with listen(0) as taken:
        port = str(taken.getsockname()[1])
        for settings, words in (
            ({"PORT": port}, f"Port {port} is in use"),
            ({"PORT": "http"}, "PORT must be a number"),
            ({"DATA_DIR": __file__}, "is not a directory"),
        ):
            with command(tmp_path, **settings) as run:
                assert run.process.wait(20) == 1
                assert words in run.printed
                assert len(run.printed.splitlines()) == 1
