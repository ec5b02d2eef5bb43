"""The application as its clients see it: sends requests, returns responses; messages are delivered on demand."""

import hashlib
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from chalice.test import Client

import app as application
from chalicelib.domain.mimetypes import mimetype_of
from chalicelib.domain.storage_keys import database_key, storage_key
from chalicelib.domain.tokens import csrf_token
from chalicelib.identity import accounts
from chalicelib.identity.authentication import identify
from chalicelib.identity.cookies import CSRF, SESSION
from chalicelib.models import users
from chalicelib.models.channel_members import ChannelMember
from chalicelib.operations.accounts import sessions
from chalicelib.operations.public import public_index_update
from infra.local.edge.events import (
    CLOUDFRONT_ADDRESS,
    GREEDY,
    LambdaContext,
    Request,
    RouteTable,
    api_gateway_event,
    sqs_event,
)
from tests.conftest import BUCKET
from tests.support import quick_passwords
from tests.support.aws import declared
from tests.support.aws.cloud import Cloud
from tests.support.source.code import ROOT

WORKERS = {
    name: getattr(application, name) for name in ("uploads", "publish", "export", "maintenance", "assembly", "failed")
}
TABLE = RouteTable(application.app.routes)
ARN = "arn:aws:sqs:us-east-1:123456789012:"
CONTEXT = LambdaContext("api", 29.0)
HTTP = Client(application.app, project_dir=str(ROOT)).http

quick_passwords.hash_quickly()


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    text: str
    cookies: list[str] = field(default_factory=list)  # Set-Cookie values

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass
class Studio:
    """A deployment with a first user, whose token is sent unless another is given."""

    cloud: Cloud
    token: str = ""
    user_id: str = ""
    uploaded: list[tuple[str, int]] = field(default_factory=list)
    address: str = "127.0.0.1"  # of the client, as the CDN writes it into X-Forwarded-For
    origin_secret: str = ""  # sent by the CDN as X-Front-Key, unless it is empty

    def __post_init__(self) -> None:
        self.user_id, self.token = self.cloud.once("chef", self._first_user)

    def _first_user(self) -> tuple[str, str]:
        """A user whose token was used today: its first use of a day takes one more call."""
        created = accounts.create_user("chef@example.org")
        identify(f"Token {created[1]}")
        return created

    def sign_up(self, name: str, is_admin: bool = False) -> tuple[str, str]:
        """Create another user: (user id, token)."""
        return accounts.create_user(f"{name}@example.org", is_admin=is_admin)

    def sign_in(self, user_id: str = "") -> "Browser":
        """A browser with a signed-in user (the first one, unless another is given)."""
        user = users.get(user_id or self.user_id)
        assert user
        session_id, _ = sessions.start(user)
        return Browser(self, {SESSION: session_id, CSRF: csrf_token(session_id)})

    def share(self, channel_id: str, user_id: str, role: str) -> None:
        """Give a user a role in a channel."""
        ChannelMember(user_id, channel_id, role=role).save()

    def make_public(self, channel_id: str, public: bool = True) -> None:
        """Make a channel public, as an administrator does."""
        public_index_update.set_public(channel_id, public)
        self.deliver("maintenance")

    def call(self, method: str, path: str, body: Any = None, token: str | None = "", **headers: str) -> Answer:
        """Send a request. `token` None is anonymous; a body that is neither bytes nor None is sent as JSON."""
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        authorization = {} if token is None else {"authorization": f"Token {token or self.token}"}
        sent = {**authorization, **{name.replace("_", "-").lower(): value for name, value in headers.items()}}
        found = TABLE.find(urlsplit(path).path)
        assert found, f"no route for {path}"
        send = _send_as_api_gateway if found[0] == GREEDY else _send_by_chalice
        answer: Answer = _with_large_frame(send, method, path, self._by_cdn(sent), data)
        declared.check(method, found[0], answer.status, answer.headers, answer.text)
        return answer

    def _by_cdn(self, headers: dict[str, str]) -> dict[str, str]:
        """A client's headers as the application receives them, with those that CloudFront and API Gateway add."""
        forwarded = [headers.get("x-forwarded-for", ""), self.address, CLOUDFRONT_ADDRESS]
        secret = {"x-front-key": self.origin_secret} if self.origin_secret else {}
        return {**secret, **headers, "x-forwarded-for": ", ".join(filter(None, forwarded))}

    def post(self, path: str, body: Any = None, token: str | None = "") -> Answer:
        return self.call("POST", path, body, token)

    def get(self, path: str, token: str | None = "") -> Answer:
        return self.call("GET", path, None, token)

    def upload(
        self, data: bytes, extension: str, preset: str, duration: int | None = None, notified: bool = True
    ) -> str:
        """Upload a file as ricecooker does; returns its name. `notified`: deliver S3's notification."""
        checksum = hashlib.md5(data).hexdigest()
        body = {"size": len(data), "checksum": checksum, "name": f"file.{extension}", "file_format": extension}
        answer = self.post("/api/file/upload_url", {**body, "preset": preset, "duration": duration})
        assert answer.status == 200, answer.text
        self.put(checksum, extension, data, notified)
        return f"{checksum}.{extension}"

    def follow(self, answer: Answer) -> Any:
        """The JSON that a redirect into the bucket leads to."""
        assert answer.status == 302
        stored = self.cloud.s3.get_object(Bucket=BUCKET, Key=answer.headers["Location"].removeprefix("/"))
        return json.loads(stored["Body"].read())

    def put(self, checksum: str, extension: str, data: bytes, notified: bool = True) -> None:
        key = storage_key(checksum, extension)
        self.cloud.s3.put_object(Bucket=BUCKET, Key=key, Body=data, ContentType=mimetype_of(extension))
        if notified:
            self.notify(key, len(data))

    def notify(self, key: str, size: int) -> None:
        record = {"s3": {"bucket": {"name": BUCKET}, "object": {"key": key, "size": size}}}
        application.uploads(sqs_event([_message({"Records": [record]})], ARN + "uploads"), CONTEXT)

    def deliver(self, *queues: str, times: int = 1) -> int:
        """Deliver messages until the queues are empty, each message `times` times; returns their number."""
        count = 0
        while messages := [(name, message) for name in queues or WORKERS for message in self._receive(name)]:
            for name, message in messages:
                count += 1
                failed = [self._work(name, message) for _ in range(times)]
                receipt = {"QueueUrl": self.cloud.queue_urls[name], "ReceiptHandle": message["ReceiptHandle"]}
                if any(failed):
                    self.cloud.sqs.change_message_visibility(**receipt, VisibilityTimeout=0)  # time passes
                else:
                    self.cloud.sqs.delete_message(**receipt)
        return count

    def send(self, queue: str, message: dict[str, Any]) -> None:
        """Put a message into a queue."""
        self.cloud.sqs.send_message(QueueUrl=self.cloud.queue_urls[queue], MessageBody=json.dumps(message))

    def _work(self, name: str, message: dict[str, Any]) -> bool:
        answer = _with_large_frame(WORKERS[name], sqs_event([message], ARN + name), CONTEXT)
        return bool(answer["batchItemFailures"])

    def _receive(self, name: str) -> list[dict[str, Any]]:
        if not self.cloud.waiting(name):
            return []
        url = self.cloud.queue_urls[name]
        answer = self.cloud.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["All"])
        return list(answer.get("Messages", []))

    def make_channel(self, name: str = "Channel", channel_id: str | None = None, **fields: Any) -> tuple[str, str]:
        """(channel id, id of the root of its chef tree)."""
        channel_id = channel_id or uuid.uuid4().hex
        sent = {"id": channel_id, "name": name, "language": "en", "ricecooker_version": "0.8.0", **fields}
        answer = self.post("/api/internal/create_channel", {"channel_data": sent})
        assert answer.status == 200, answer.text
        return channel_id, answer.json["root"]

    def add(self, root_id: str, *nodes: dict[str, Any]) -> dict[str, str]:
        answer = self.post("/api/internal/add_nodes", {"root_id": root_id, "content_data": list(nodes)})
        assert answer.status == 200, answer.text
        root_ids: dict[str, str] = answer.json["root_ids"]
        return root_ids

    def finish(self, channel_id: str, stage: bool = False) -> Answer:
        return self.post("/api/internal/finish_channel", {"channel_id": channel_id, "stage": stage})

    def publish(self, channel_id: str, notes: str = "") -> dict[str, Any]:
        """Publish a channel and run the workers; returns the task."""
        answer = self.post("/api/internal/publish_channel", {"channel_id": channel_id, "version_notes": notes})
        assert answer.status == 200, answer.text
        self.deliver()
        return self.task(answer.json["task_id"])

    def task(self, task_id: str) -> dict[str, Any]:
        task: dict[str, Any] = self.get(f"/api/task/{task_id}").json
        return task

    def database(self, channel_id: str, version: int | str | None = None) -> bytes:
        stored = self.cloud.s3.get_object(Bucket=BUCKET, Key=database_key(channel_id, version))
        return bytes(stored["Body"].read())


@dataclass
class Browser:
    """A client that stores and sends cookies as browsers do, and sends no token."""

    studio: Studio
    cookies: dict[str, str] = field(default_factory=dict)

    def call(self, method: str, path: str, body: Any = None, *, csrf: bool = True, **headers: str) -> Answer:
        """Send a request as one of our pages does, with the CSRF token if `csrf`."""
        sent = {"cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if csrf and CSRF in self.cookies:
            sent["x_csrftoken"] = self.cookies[CSRF]
        answer = self.studio.call(method, path, body, None, **{**sent, **headers})
        for cookie in answer.cookies:
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
            if "Max-Age=0" in cookie:
                del self.cookies[name]
        return answer


def _send_by_chalice(method: str, path: str, headers: dict[str, str], data: bytes) -> Answer:
    response = HTTP.request(method, path, headers, data)
    cookies: Any = response.headers.pop("Set-Cookie", [])
    return Answer(response.status_code, response.headers, response.body.decode(), cookies)


def _send_as_api_gateway(method: str, path: str, headers: dict[str, str], data: bytes) -> Answer:
    """Send a request to a greedy path, which Chalice's client does not know."""
    parts = urlsplit(path)
    trimmed = parts.path.rstrip("/") or "/"
    request = Request(method, trimmed, parts.query, list(headers.items()), data, "127.0.0.1")
    event = api_gateway_event(request, GREEDY, {"proxy": trimmed.strip("/")})
    event["headers"] = headers  # they have what the CDN adds
    result = application.app(event, CONTEXT)
    several = dict(result["multiValueHeaders"])
    cookies = several.pop("Set-Cookie", [])
    headers = {**result["headers"], **{name: values[-1] for name, values in several.items()}}
    return Answer(result["statusCode"], headers, result["body"], cookies)


def _with_large_frame(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function with enough stack memory for all frames that it needs.

    CPython 3.11 allocates frames in small chunks. A call that crosses the end of a chunk allocates and frees the next
    one each time; in a busy loop, that took a third of the time of these tests. This frame is so large that its chunk
    has room for the others.
    """
    return function(*arguments)


_with_large_frame.__code__ = _with_large_frame.__code__.replace(co_stacksize=200_000)


def _message(body: dict[str, Any]) -> dict[str, Any]:
    return {"MessageId": uuid.uuid4().hex, "ReceiptHandle": "none", "Body": json.dumps(body), "Attributes": {}}


def query_of(url: str) -> dict[str, str]:
    """The query of a URL."""
    return dict(parse_qsl(urlsplit(url).query))
