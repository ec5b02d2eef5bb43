"""Kolibri Studio's API: the functions that AWS calls."""

import gc
import sys

if sys.argv[:1] and sys.argv[0].endswith("chalice") and not {"package", "deploy"}.isdisjoint(sys.argv):
    sys.exit("Run `make package` or `make deploy`: Chalice alone would leave out tables, queues, roles and settings.")

gc.disable()  # imported modules are never garbage: collecting while importing takes a sixth of a cold start

from typing import Any

from chalice.app import Chalice

from chalicelib.handlers import (
    accounts,
    admin_channels,
    admin_users,
    admin_work,
    assessmentitem,
    bookmark,
    catalog,
    channel,
    channelset,
    channeluser,
    channelversion,
    clipboard,
    contentnode,
    details,
    file,
    internal,
    invitation,
    leaving,
    own_credentials,
    public,
    public_channels,
    public_nodes,
    registration,
    root,
    search,
    session,
    storage,
    sync,
    task,
    upload,
    user,
)
from chalicelib.http.negotiation import negotiate
from chalicelib.http.router import mount, mount_rest
from chalicelib.pages import registry

app = Chalice(app_name="studio", configure_logs=False)  # or it may set the level of the log of the same name to ERROR
app.api.binary_types.append("multipart/form-data")
HANDLERS = (
    root,
    internal,
    contentnode,
    file,
    upload,
    assessmentitem,
    task,
    public,
    public_channels,
    public_nodes,
    admin_channels,
    bookmark,
    channel,
    channelversion,
    details,
    session,
    registration,
    accounts,
    own_credentials,
    storage,
    user,
    leaving,
    channeluser,
    invitation,
    channelset,
    admin_users,
    admin_work,
    sync,
    search,
    catalog,
    clipboard,
)
mount(app, [route for handler in HANDLERS for route in handler.ROUTES], negotiate)
mount_rest(app, registry.find, negotiate)
gc.freeze()  # excludes them from later collections, each of which would delay a request by 60 ms
gc.enable()


@app.on_sqs_message(queue="publish", batch_size=1)
def publish(event: Any) -> Any:
    from chalicelib.handlers import workers

    return workers.publish(event.to_dict())


@app.on_sqs_message(queue="export", batch_size=1)
def export(event: Any) -> Any:
    from chalicelib.handlers import workers

    return workers.export(event.to_dict())


@app.on_sqs_message(queue="maintenance", batch_size=1)
def maintenance(event: Any) -> Any:
    from chalicelib.handlers import workers

    return workers.maintenance(event.to_dict())


@app.on_sqs_message(queue="uploads", batch_size=10)
def uploads(event: Any) -> Any:
    from chalicelib.handlers import workers

    return workers.uploads(event.to_dict())


@app.on_sqs_message(queue="assembly", batch_size=1)
def assembly(event: Any) -> Any:
    from chalicelib.handlers import workers

    return workers.assembly(event.to_dict())


@app.on_sqs_message(queue="failed", batch_size=1)
def failed(event: Any) -> Any:
    from chalicelib.handlers import workers

    return workers.failed(event.to_dict())
