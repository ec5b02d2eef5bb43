"""Estimates costs in AWS: calls counted on a local stack, times list prices. `make costs` prints the table.

Functions are billed for their duration on this machine, with the memory of `infra/functions.yaml`. Storage in S3 and
DynamoDB is billed by the month, in a separate row.
"""

import json
import os
import re
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from benchmarks import channels
from benchmarks.public import V1, V2
from examples.clients import run_chef
from infra import cfn
from infra.local.stack import Stack, start
from infra.template import compose

PRICES: dict[str, float] = json.loads(Path(__file__).with_name("prices.json").read_text())
CHEF = Path(__file__).with_name("thousand_chef.py")
FUNCTIONS = Path(cfn.__file__).with_name("functions.yaml")
S3_PUTS = ("PutObject", "CopyObject", "ListObjectsV2", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload")
POLLS_A_MONTH = 5 * 3 * 60 * 24 * 30  # of a queue: five pollers of Lambda, every 20 seconds each
NODE = 5000  # bytes
WATCHED = "AWS::CloudWatch::Alarm"
GB = 1024**3

_REQUEST = re.compile(r"^\S+Z [A-Z]+ \S+ \d{3} (\d+) ms ")  # the lines of `infra/local/edge/access_log.py`
_MESSAGES = re.compile(r"^\S+Z (\w+) \d+ messages, \d+ failed, ([\d.]+) s")  # and of `infra/local/workers.py`


@dataclass
class Count:
    """Usage of AWS: calls by (service, operation), units of DynamoDB, and calls and seconds by function."""

    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    read: float = 0.0
    write: float = 0.0
    invoked: Counter[str] = field(default_factory=Counter)
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))

    def minus(self, other: "Count") -> "Count":
        """The difference to an earlier count."""
        return Count(
            self.calls - other.calls,
            self.read - other.read,
            self.write - other.write,
            self.invoked - other.invoked,
            defaultdict(float, {name: value - other.seconds[name] for name, value in self.seconds.items()}),
        )


def counted(calls: Path, logs: Path) -> Count:
    """Everything that the processes of a stack have counted so far."""
    count = Count()
    for file in calls.glob("*.jsonl"):
        for line in file.read_text().splitlines():
            entry = json.loads(line)
            count.calls[entry["service"], entry["operation"]] += 1
            count.read += entry["read"]
            count.write += entry["write"]
    for line in [*_lines(logs / "gateway.log"), *_lines(logs / "workers.log")]:
        if found := _REQUEST.match(line):
            count.invoked["api"] += 1
            count.seconds["api"] += float(found[1]) / 1000
        elif found := _MESSAGES.match(line):
            count.invoked[found[1]] += 1
            count.seconds[found[1]] += float(found[2])
    return count


def _lines(file: Path) -> list[str]:
    return file.read_text(errors="replace").splitlines() if file.exists() else []


def price(count: Count, uploads: int = 0) -> dict[str, float]:
    """US dollars by service. `uploads`: files that clients put into the bucket, each of which sends a message."""
    memory = {name: function["memory"] / 1024 for name, function in cfn.read(FUNCTIONS).items()}
    messages = count.calls["sqs", "SendMessage"] + uploads
    puts = sum(count.calls["s3", name] for name in S3_PUTS) + uploads
    gets = count.calls["s3", "GetObject"] + count.calls["s3", "HeadObject"]
    requests = count.invoked["api"] + uploads
    at_edge = PRICES["cloudfront_request"] + PRICES["cloudfront_function_call"]
    return {
        "CloudFront": requests * at_edge,
        "API Gateway": count.invoked["api"] * PRICES["api_gateway_request"],
        "Lambda": count.invoked.total() * PRICES["lambda_request"]
        + sum(seconds * memory[name] for name, seconds in count.seconds.items()) * PRICES["lambda_gb_second"],
        "DynamoDB": count.read * PRICES["dynamodb_read_unit"] + count.write * PRICES["dynamodb_write_unit"],
        "S3": puts * PRICES["s3_put"] + gets * PRICES["s3_get"],
        "SQS": 3 * messages * PRICES["sqs_request"],  # sent, received, deleted
    }


def idle() -> dict[str, float]:
    """US dollars for an idle month."""
    queues = sum(name != "api" for name in cfn.read(FUNCTIONS))
    alarms = sum(resource.get("Type") == WATCHED for resource in compose()["Resources"].values())
    return {
        "SQS": queues * POLLS_A_MONTH * PRICES["sqs_request"],
        "Alarms": alarms * PRICES["alarm_month"],
        "Dashboard": PRICES["dashboard_month"],
    }


def storage(nodes: int, files: float) -> dict[str, float]:
    """US dollars per month to store nodes, with their edges and indexes, and GB of files."""
    tables = nodes * NODE / GB
    return {
        "DynamoDB": tables * (PRICES["dynamodb_gb_month"] + PRICES["dynamodb_backup_gb_month"]),
        "S3": files * PRICES["s3_gb_month"],
    }


def measure(stack: Stack, calls: Path, work: Path) -> dict[str, dict[str, float]]:
    """Costs by row and service."""
    logs, token = stack.data_dir, str(stack.token)

    def cost(act: Callable[[], object], uploads: int = 0) -> dict[str, float]:
        before = counted(calls, logs)
        act()
        return price(counted(calls, logs).minus(before), uploads)

    rows = {"1,000 nodes with a file each uploaded": cost(lambda: _upload(stack, work), uploads=1000)}
    large = channels.make_channel(stack.url, token, "ten thousand", topics=100, documents=99)
    rows["publish of 10,000 nodes"] = cost(lambda: channels.publish(stack.url, token, large))
    channels.make_public(large, stack.data_dir)
    rows |= _reads(stack, large, cost)
    return rows


def _upload(stack: Stack, work: Path) -> None:
    run_chef(CHEF, stack.url, str(stack.token), work / "chef", flags=("--deploy",), SOURCE_ID="costs")


def _reads(stack: Stack, channel_id: str, cost: Callable[..., dict[str, float]]) -> dict[str, dict[str, float]]:
    """A million reads each, extrapolated from a hundred: cached at the edge, and reaching the API."""
    paths = {
        "looking a channel up": f"{V1}/channels/lookup/{channel_id}",
        "25 nodes of a channel": f"{V2}/contentnode/?channel_id={channel_id}&max_results=25",
    }
    rows = {}
    with httpx.Client(base_url=stack.url) as client:
        for name, path in paths.items():
            mark = "&" if "?" in path else "?"
            answer = client.get(path)
            out = int(answer.headers["content-length"]) * 1_000_000 / GB * PRICES["cloudfront_gb_out"]

            def read(path: str = path + mark) -> None:
                for number in range(100):
                    client.get(f"{path}fresh={number}").raise_for_status()

            at_edge = 1_000_000 * (PRICES["cloudfront_request"] + PRICES["cloudfront_function_call"])
            rows[f"1,000,000 times {name}, from the edge"] = {"CloudFront": at_edge + out}
            past = {service: dollars * 10_000 for service, dollars in cost(read).items()}
            rows[f"1,000,000 times {name}, none from the edge"] = past | {"CloudFront": at_edge + out}
    return rows


def table(rows: dict[str, dict[str, float]]) -> str:
    """Rows as a Markdown table, in US dollars."""
    services = list(dict.fromkeys(service for row in rows.values() for service in row))
    lines = [f"| | {' | '.join(services)} | all |", "| --- |" + " ---: |" * (len(services) + 1)]
    for name, row in rows.items():
        figures = [f"{row[service]:.4f}" if row.get(service) else "" for service in services]
        total = sum(row.values())
        lines.append(f"| {name} | {' | '.join(figures)} | **{total:.{2 if total > 1 else 4}f}** |")
    return "\n".join(lines)


def main() -> int:
    """Print the table."""
    with tempfile.TemporaryDirectory(prefix="studio-costs-") as folder:
        work = Path(folder)
        (work / "calls").mkdir()
        os.environ["COUNT_CALLS"] = str(work / "calls")
        with start(0, work / "data") as stack:
            rows = measure(stack, work / "calls", work)
    rows["a month of storing 100,000 nodes and 100 GB of files"] = storage(100_000, 100)
    rows["a month in which nothing happens"] = idle()
    print(table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
