# ruff: noqa: E402 - Kolibri's modules can be imported when it is initialized
"""Calls Kolibri's own code: runs in Kolibri's virtual environment (see `kolibri_process.py`).

Standard input has a JSON list `[name, arguments]` a line, standard output one JSON value a line: what the function
of that name answers, or `{"error": traceback}`. Logs go to standard error.
"""

import io
import json
import os
import sys
import traceback
from types import SimpleNamespace

ANSWERS = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # Kolibri's own output is not a response

from kolibri.utils.main import initialize

initialize()  # creates KOLIBRI_HOME if necessary

from django.core.management import call_command
from django.test import Client
from kolibri.core.content.utils.content_request import _get_import_metadata
from kolibri.core.discovery.models import ConnectionStatus, NetworkLocation
from kolibri.core.discovery.tasks import _refresh_reserved_locations
from kolibri.core.discovery.utils.network.client import NetworkClient
from kolibri.core.discovery.well_known import CENTRAL_CONTENT_BASE_URL
from kolibri.core.tasks.main import job_storage
from kolibri.core.tasks.worker import execute_job

SUPERUSER = {"superusername": "admin", "superuserpassword": "password"}
PAGES = Client(HTTP_ACCEPT="application/json")


def provision():
    """Set up a device with a signed-in superuser that knows its content server, as after a start."""
    device = {"facility": "School", "preset": "nonformal", "language_id": "en"}
    call_command("provisiondevice", interactive=False, **device, **SUPERUSER)
    user = {"username": SUPERUSER["superusername"], "password": SUPERUSER["superuserpassword"]}
    assert PAGES.post("/api/auth/session/", user, content_type="application/json").status_code == 200
    _refresh_reserved_locations()


def get(path, parameters, headers):
    """Status, headers and body of a response of Kolibri's own API."""
    answer = PAGES.get(path, parameters, **headers)
    body = json.loads(answer.content) if answer.content else None
    return {"status": answer.status_code, "headers": dict(answer.items()), "body": body}


def manage(arguments):
    """The output of a management command."""
    output = io.StringIO()
    call_command(*arguments, stdout=output)
    return output.getvalue()


def task(name, parameters):
    """Request a content task as the device page does, and run it at once; returns the job as the page sees it."""
    # Kolibri 0.19.5 fails to import a resource from a server that it has contacted within the last five seconds.
    NetworkLocation.objects.update(connection_status=ConnectionStatus.Unknown)
    task = {"type": f"kolibri.core.content.tasks.{name}", **parameters}
    response = PAGES.post("/api/tasks/tasks/", task, content_type="application/json")
    if response.status_code != 200:
        return {"status": "REFUSED", "detail": response.content.decode()}
    job_id = response.json()["id"]
    execute_job(job_id)
    job = job_storage.get_job(job_id)
    return {"status": job.state, "detail": job.traceback, **job.extra_metadata}


def import_metadata(node_id, import_descendants):
    """All pages of a node's import metadata on a remote server, as Kolibri combines them for a lesson."""
    download = SimpleNamespace(contentnode_id=node_id, metadata={"import_descendants": import_descendants})
    return _get_import_metadata(NetworkClient.build_for_address(CENTRAL_CONTENT_BASE_URL), download)


def main():
    provision()
    functions = {function.__name__: function for function in (get, manage, task, import_metadata)}
    for line in sys.stdin:
        name, arguments = json.loads(line)
        try:
            answer = functions[name](**arguments)
        except BaseException:  # Kolibri's commands end with SystemExit
            answer = {"error": traceback.format_exc()}
        print(json.dumps(answer), file=ANSWERS, flush=True)


if __name__ == "__main__":
    main()
