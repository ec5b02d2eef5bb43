# ruff: noqa: E402 - Kolibri's modules can be imported when it is initialized
"""Kolibri's own code on call: what runs inside Kolibri's virtual environment (see `kolibri_process.py`).

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
os.dup2(2, 1)  # what Kolibri prints is no answer

from kolibri.utils.main import initialize

initialize()  # makes KOLIBRI_HOME where it is new

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
    """A device with a superuser who is signed in, and which knows its content server, as it does after a start."""
    device = {"facility": "School", "preset": "nonformal", "language_id": "en"}
    call_command("provisiondevice", interactive=False, **device, **SUPERUSER)
    user = {"username": SUPERUSER["superusername"], "password": SUPERUSER["superuserpassword"]}
    assert PAGES.post("/api/auth/session/", user, content_type="application/json").status_code == 200
    _refresh_reserved_locations()


def get(path, parameters, headers):
    """Status, headers and body of an answer of Kolibri's own API."""
    answer = PAGES.get(path, parameters, **headers)
    body = json.loads(answer.content) if answer.content else None
    return {"status": answer.status_code, "headers": dict(answer.items()), "body": body}


def manage(arguments):
    """The output of a management command."""
    output = io.StringIO()
    call_command(*arguments, stdout=output)
    return output.getvalue()


def task(name, parameters):
    """Ask for a content task as the device page does, run it here and now; the job as the page sees it then."""
    # Kolibri 0.19.5 fails to import a resource from a server that it has spoken to within the last five seconds.
    NetworkLocation.objects.update(connection_status=ConnectionStatus.Unknown)
    wish = {"type": f"kolibri.core.content.tasks.{name}", **parameters}
    asked = PAGES.post("/api/tasks/tasks/", wish, content_type="application/json")
    if asked.status_code != 200:
        return {"status": "REFUSED", "detail": asked.content.decode()}
    job_id = asked.json()["id"]
    execute_job(job_id)
    job = job_storage.get_job(job_id)
    return {"status": job.state, "detail": job.traceback, **job.extra_metadata}


def import_metadata(node_id, import_descendants):
    """All pages of what a remote server has to import a node, as Kolibri puts them together for a lesson."""
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
