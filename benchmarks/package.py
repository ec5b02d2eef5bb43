"""The size of the package, and the time of a cold start, measured with the zip's contents in fresh processes.

All functions import the same `app.py`; other modules are loaded at a function's first message or request, and measured
there. AWS is not called.
"""

import json
import os
import subprocess
import sys
import tempfile
import zipfile

from benchmarks.report import Wanted
from infra.local.edge.events import Request, api_gateway_event
from infra.package import package
from infra.resources import QUEUES

ZIP = "package: zip"
UNPACKED = "package: unpacked"
TEMPLATE = "package: template"
IMPORT = "package: import of app.py, a fresh process"
FIRST = {
    "request": "package: first request (GET /api)",
    "dynamodb": "package: first client of DynamoDB",
    "s3": "package: first client of S3, and an upload signed",
    "workers": "package: code of the workers, at their first message",
}
ROWS = {
    ZIP: Wanted("MB", 30.0),
    UNPACKED: Wanted("MB", 250.0),
    TEMPLATE: Wanted("kB", 1000.0),
    IMPORT: Wanted("ms", 300.0),
    **{name: Wanted("ms") for name in FIRST.values()},
}
RUNS = 15
SETTINGS = {
    **{f"{name.upper()}_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/000000000000/queue" for name in QUEUES},
    "TABLE_PREFIX": "studio-",
    "BUCKET": "content",
    "PUBLIC_URL": "https://example.org",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
}
# -I and -S leave Python's own modules, to which the folder is added; the last line printed is milliseconds by part.
START = """
import json, sys, time
sys.path.insert(0, sys.argv[1])
event, spent = json.loads(sys.argv[2]), {}

def timed(name, call):
    started = time.perf_counter()
    call()
    spent[name] = (time.perf_counter() - started) * 1000

timed("import", lambda: __import__("app"))
timed("request", lambda: sys.modules["app"].app(event, None))
timed("dynamodb", lambda: __import__("chalicelib.models.connection").models.connection.connection().client)
timed("s3", lambda: __import__("chalicelib.aws.storage").aws.storage.upload_url("0" * 32, "png", 1, "image/png"))
timed("workers", lambda: __import__("chalicelib.handlers.workers"))
print("\\n" + json.dumps(spent))
"""


def measure() -> dict[str, list[float]]:
    """Package the application, and measure the result."""
    built = package("dev")
    with tempfile.TemporaryDirectory(prefix="studio-package-") as folder:
        with zipfile.ZipFile(built / "deployment.zip") as archive:
            archive.extractall(folder)
            unpacked = sum(entry.file_size for entry in archive.infolist())
        starts = [start(folder) for _ in range(RUNS)]
    return {
        ZIP: [(built / "deployment.zip").stat().st_size / 1e6],
        UNPACKED: [unpacked / 1e6],
        TEMPLATE: [(built / "template.json").stat().st_size / 1e3],
        IMPORT: [start["import"] for start in starts],
        **{name: [start[part] for start in starts] for part, name in FIRST.items()},
    }


def start(folder: str) -> dict[str, float]:
    """Milliseconds by part of one start of the package in a folder, unpacked."""
    event = api_gateway_event(Request("GET", "/api", "", [], b"", "192.0.2.1"), "/api", {})
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", START, folder, json.dumps(event)],
        env={name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | SETTINGS,
        capture_output=True,
        text=True,
        check=True,
    )
    spent: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return spent
