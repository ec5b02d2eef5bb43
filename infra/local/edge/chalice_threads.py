"""The one reach into Chalice's internals: an app that serves several requests at a time.

A Lambda instance has one request at a time, so Chalice keeps it on the app, where threads overwrite each other's:
https://github.com/aws/chalice/issues/759. `chalice local` has the same fix since
https://github.com/aws/chalice/pull/1390 (`chalice.local.LocalChalice`), but for `current_request` alone.
"""

import threading
from typing import Any

PER_REQUEST = ("current_request", "lambda_context")  # attributes that Chalice sets on the app for each request


def with_requests_per_thread(app: Any) -> Any:
    """The same app, with separate values of these attributes in each thread."""
    local = threading.local()

    def per_thread(name: str) -> property:
        return property(
            lambda _: getattr(local, name, None),
            lambda _, value: setattr(local, name, value),
        )

    app.__class__ = type("ThreadedChalice", (type(app),), {name: per_thread(name) for name in PER_REQUEST})
    return app
