"""ministack as a child of the stack; runs in ministack's own virtual environment.

`python -m infra.local.aws.server FD` serves it on the listening socket FD. Around ministack it adds:
- uvicorn, which takes a third less processor time than ministack's own server;
- saving while it runs: a fork of the process writes tables and queues to disk soon after every change, so that a
  machine that goes down loses seconds, not everything;
- long polls of SQS that end when a message is sent, and 503 for them when the server stops;
- what S3 refuses (`refusals`);
- what `internals` replaces in ministack.
"""

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
import time
import warnings
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

import uvicorn

from infra.local import lifeline
from infra.local.aws import internals, refusals

SAVE_EVERY = 1.0  # seconds, at least
SAVE_SHARE = 0.2  # of the time at most; saving 20,000 nodes takes a second
SERVES_FUNCTIONS = "lambda" in os.environ["SERVICES"].split(",")
_READS = (b".BatchGetItem", b".Describe", b".Get", b".List", b".Query", b".ReceiveMessage", b".Scan", b".TransactGet")


class Saver:
    """Writes ministack's state in forks of this process, one at a time, after changes."""

    def __init__(self) -> None:
        self.changed = False
        self._child = 0

    async def run(self) -> None:
        """Save until cancelled."""
        while True:
            await asyncio.sleep(SAVE_EVERY)
            if self.changed:
                self.changed = False
                started = time.monotonic()
                self._child = self._fork()
                while not self._finished():
                    await asyncio.sleep(0.05)
                await asyncio.sleep((time.monotonic() - started) / SAVE_SHARE)

    def give_up(self) -> None:
        """End a fork that is still writing: ministack writes everything itself when it stops."""
        if self._child:
            os.kill(self._child, signal.SIGKILL)
            os.waitpid(self._child, 0)
            self._child = 0

    def _finished(self) -> bool:
        done = os.waitpid(self._child, os.WNOHANG)[0] == self._child
        if done:
            self._child = 0
        return done

    def _fork(self) -> int:
        child = os.fork()
        if child:
            return child
        try:
            gc.disable()
            os.nice(10)
            os.closerange(3, 1024)  # connections are the parent's
            internals.save_without_copies()
            internals.save_state()
        finally:
            os._exit(0)


class LongPolls:
    """Lets ReceiveMessage look at its queue again as soon as a message is sent, from whichever thread."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()
        self._stopping = False
        internals.replace_poll_sleep(self._sleep)

    def connect(self, loop: asyncio.AbstractEventLoop) -> None:
        """Wake them on the loop that serves the requests."""
        internals.on_new_message(lambda: loop.call_soon_threadsafe(self._wake))

    def stop(self) -> None:
        """Answer all polls with 503: the server waits for them before it ends."""
        self._stopping = True
        self._wake()

    async def _sleep(self, seconds: float) -> None:
        future = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        await asyncio.wait([future], timeout=seconds)
        self._waiting.discard(future)
        if self._stopping:
            raise internals.service_unavailable()

    def _wake(self) -> None:
        for future in self._waiting:
            if not future.done():
                future.set_result(None)


Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class Application:
    """ministack's ASGI application with the saver beside it."""

    def __init__(self, polls: LongPolls) -> None:
        self._polls = polls
        self._saver = Saver()
        self._task: asyncio.Task[None] | None = None

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Any) -> None:
        if scope["type"] == "http":
            refused = refusals.refusal(scope)
            if refused:
                await refusals.send_refusal(send, refused)
                return
            if SERVES_FUNCTIONS:
                scope["scheme"] = "https"  # as in AWS, where the bucket's policy refuses all else
        if scope["type"] == "lifespan":
            self._polls.connect(asyncio.get_running_loop())
            if internals.is_persistent:
                self._task = asyncio.create_task(self._saver.run())
            receive = self._before_shutdown(receive)
        await internals.application(scope, receive, send)
        if scope["type"] == "http" and scope["method"] not in ("GET", "HEAD", "OPTIONS"):
            target = next((value for name, value in scope["headers"] if name == b"x-amz-target"), b"")
            self._saver.changed |= not any(read in target for read in _READS)

    def _before_shutdown(self, receive: Receive) -> Receive:
        async def wrapped() -> MutableMapping[str, Any]:
            message = await receive()
            if message["type"] == "lifespan.shutdown" and self._task:
                self._task.cancel()
                self._saver.give_up()
                internals.save_without_copies()
            return message

        return wrapped


class Server(uvicorn.Server):
    """uvicorn that does not wait for long polls when it stops."""

    def __init__(self, config: uvicorn.Config, polls: LongPolls) -> None:
        super().__init__(config)
        self._polls = polls

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the polls, then what uvicorn does."""
        self._polls.stop()
        await super().shutdown(sockets)


def main() -> None:
    """Serve until the parent stops it or ends; everything is on disk afterwards."""
    warnings.simplefilter("ignore", DeprecationWarning)  # a fork beside threads: it writes files and ends
    lifeline.hold()
    internals.use_c_encoder()
    internals.release_messages()
    internals.keep_mails()
    if SERVES_FUNCTIONS:
        _serve_functions()
    polls = LongPolls()
    config = uvicorn.Config(
        Application(polls),
        loop="uvloop",
        http="httptools",
        lifespan="on",
        access_log=False,
        log_level="warning",
        timeout_keep_alive=75,
        timeout_graceful_shutdown=2,
    )
    Server(config, polls).run(sockets=[socket.socket(fileno=int(sys.argv[1]))])


def _serve_functions() -> None:
    """Get ready for deployed functions."""
    for name in ("kms", "samtranslator"):  # their warnings do not matter here
        logging.getLogger(name).setLevel(logging.ERROR)
    internals.isolate_functions(Path(os.environ["STATE_DIR"]))
    internals.limit_batches()
    internals.name_sources()
    internals.shorten_log_waits()
    internals.import_gateway_responses()


if __name__ == "__main__":
    main()
