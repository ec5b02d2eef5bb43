"""An app of a few lines for tests of the stack itself: it keeps one user and counts messages."""

import os
import time
from typing import Any

from botocore.session import get_session
from chalice.app import Chalice

app = Chalice(app_name="small")


def client(service: str) -> Any:
    return get_session().create_client(service)


def table() -> dict[str, str]:
    return {"TableName": os.environ["TABLE_PREFIX"] + "tasks"}


@app.route("/api/send/{body}", methods=["POST"])
def send(body: str) -> dict[str, str]:
    client("sqs").send_message(QueueUrl=os.environ["PUBLISH_QUEUE_URL"], MessageBody=body)
    return {"body": body}


@app.route("/api/done/{body}")
def done(body: str) -> dict[str, bool]:
    key = {"id": {"S": body}}
    return {"done": "Item" in client("dynamodb").get_item(**table(), Key=key)}


@app.route("/api/fail")
def fail() -> Any:
    raise ValueError("this view fails")


def wait_for(other: str) -> None:
    """Wait until another message is done."""
    for _ in range(100 if other else 0):
        if done(other)["done"]:
            return
        time.sleep(0.1)
    assert not other, f"{other} was not done meanwhile"


@app.on_sqs_message(queue="publish")
def publish(event: Any) -> None:
    dynamodb = client("dynamodb")
    for record in event:
        wait_for(record.body.partition("-after-")[2])
        dynamodb.put_item(**table(), Item={"id": {"S": record.body}})
