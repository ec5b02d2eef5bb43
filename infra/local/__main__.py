"""`make run`: runs the stack in the foreground until Ctrl-C. PORT and DATA_DIR come from the environment."""

import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from infra.local.checks import StackError, port_number
from infra.local.stack import Stack, start

# What to open in a browser first.
PAGES = {
    "/": "the pages: sign in with the user and the password above",
    "/api/": "the API, each address with a form to try it",
    "/api/docs/": "its reference, with a search and examples",
}

Start = Callable[[int, Path], AbstractContextManager[Stack]]


def main(begin: Start | None = None, data_dir: str = ".local") -> int:
    """Run `begin` (`start` by default) until interrupted (0), or until it fails (1, after one sentence)."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        port = port_number(os.environ.get("PORT") or "8000")
        with (begin or start)(port, Path(os.environ.get("DATA_DIR") or data_dir)) as stack:
            _greet(stack)
            while not (failure := stack.failure()):
                stack.supervisor.tend()
                time.sleep(0.5)
            raise StackError(failure)
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped")
        return 0


def _interrupt(*_: object) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # stopping must not be interrupted
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _greet(stack: Stack) -> None:
    print(f"address   {stack.url}")
    print(f"mail      {stack.url}/local/mail/")
    if stack.token:
        print(f"user      {stack.email}")
        print(f"password  {stack.password}")
        print(f"token     {stack.token}")
        print(f"try       {_chef(stack)}")
    else:
        print(f"credentials.json of {stack.email} is missing: `make user EMAIL=you@example.org` makes another token")
    for path, what in PAGES.items():
        print(f"open      {stack.url}{path}  {what}")
    print("ready", flush=True)


def _chef(stack: Stack) -> str:
    """A command that uploads and publishes the example channel; ricecooker writes caches to its working directory."""
    home = Path(os.environ.get("CLIENTS_HOME") or Path.home() / ".cache" / "studio-clients")
    python = home / "ricecooker" / "bin" / "python"
    first = "" if python.exists() else "make clients && "
    chef = Path(__file__).resolve().parents[2] / "examples" / "chef.py"
    call = f"STUDIO_URL={stack.url} {python} {chef} --token={stack.token} --deploy --publish"
    return f'{first}(cd "$(mktemp -d)" && {call})'


if __name__ == "__main__":
    sys.exit(main())
