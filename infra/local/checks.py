"""Checks before the stack starts; each failure is one sentence for the user."""

import errno
import fcntl
import json
import socket
from pathlib import Path
from typing import TextIO

HOST = "127.0.0.1"


class StackError(Exception):
    """Why the stack cannot run, as one sentence."""


def listen(port: int) -> socket.socket:
    """A listening socket on 127.0.0.1; port 0 means any free one. Raises StackError if the port cannot be used."""
    try:
        return _bound(port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise StackError(f"Port {port} is in use: choose another one with PORT=….") from None
        raise StackError(f"Port {port} cannot be used ({error.strerror}): choose another one with PORT=….") from None


def listen_together(port: int, count: int) -> list[socket.socket]:
    """`count` sockets on one port, among which the kernel distributes connections; otherwise as `listen`."""
    with listen(port) as alone:  # SO_REUSEPORT alone would not notice another program on the port
        port = alone.getsockname()[1]
    return [_bound(port, socket.SO_REUSEPORT) for _ in range(count)]


def listen_again(port: int, is_shared: bool) -> socket.socket:
    """A socket on a port that was ours, shared with others of ours or not. Raises StackError if it is in use."""
    try:
        return _bound(port, *([socket.SO_REUSEPORT] if is_shared else []))
    except OSError as error:
        raise StackError(f"Port {port} cannot be used again: {error.strerror}.") from None


def _bound(port: int, *options: int) -> socket.socket:
    listener = socket.socket()
    try:
        for option in (socket.SO_REUSEADDR, *options):
            listener.setsockopt(socket.SOL_SOCKET, option, 1)
        listener.bind((HOST, port))
        listener.listen(512)
    except OSError:
        listener.close()
        raise
    return listener


def port_number(text: str) -> int:
    """PORT as a number. Raises StackError if it is not one."""
    if not text.isdecimal() or not 0 <= int(text) <= 65535:
        raise StackError(f"PORT must be a number from 0 to 65535, not {text!r}.")
    return int(text)


def open_data_dir(path: Path) -> TextIO:
    """Create the data directory, check it, and lock it for this process until the returned file is closed."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        lock = (path / "lock").open("w")
    except (FileExistsError, NotADirectoryError):
        raise StackError(f"DATA_DIR {path} is not a directory.") from None
    except OSError as error:
        raise StackError(f"DATA_DIR {path} cannot be written: {error.strerror}.") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        check_state(path)
    except BlockingIOError:
        lock.close()
        raise StackError(f"Another stack is running on DATA_DIR {path}: stop it, or choose another DATA_DIR.") from None
    except StackError:
        lock.close()
        raise
    return lock


def check_state(path: Path) -> None:
    """Refuse unreadable files: ministack would start empty and overwrite them."""
    for file in [*sorted((path / "aws" / "state").glob("*.json")), path / "credentials.json"]:
        try:
            content = json.loads(file.read_bytes())
        except FileNotFoundError:
            continue
        except (OSError, ValueError):
            content = None
        if not isinstance(content, dict):
            raise StackError(f"{file} is damaged: restore it, or remove {path} to start with no data.")
