"""The smaller commands of `infra.deploy`, by name, for a stage that is deployed.

They read options as make passes them: EMAIL for admin, token, deactivate and activate, REVOKE for token, QUEUE for
redrive, SET="Name=value" or ROTATE=1 for settings, JOB for job. Each raises DeployError, one sentence for the operator.
"""

import json
import re
import sys
from collections.abc import Callable, Mapping
from functools import partial

from infra import template
from infra.deploying import account as accounts
from infra.deploying import admin, pausing, redrive, settings, stack
from infra.deploying.account import Account
from infra.deploying.events import say_now
from infra.deploying.problems import DeployError
from infra.resources import QUEUES

Options = Mapping[str, str]
Command = Callable[[Account, str, Options], None]
# Those of chalicelib's that an operator may request.
JOBS = (
    *("collect_files", "end_retention", "note_files", "place_all_databases"),
    *("rebuild_public_index", "rebuild_search_index", "recount_storage"),
)
MAX_MINUTES = 15  # of a function
TOKEN = re.compile(r"[0-9a-f]{40}")  # an API token


def give_password(at: Account, prefix: str, email: str, url: str) -> None:
    """Make the user an administrator with a one-time password, and print both."""
    password, is_new = admin.give(at, prefix, email)
    say_now(f"{email} is {'now ' if is_new else ''}an administrator")
    say_now(f"One-time password: {password}")
    say_now(f"Sign in within a week at {url}/accounts/login/ and choose a new one. It is not shown again.")


def _admin(at: Account, stage: str, options: Options) -> None:
    if not options.get("EMAIL"):
        raise DeployError("EMAIL is required: EMAIL=you@example.org.")
    parameters = accounts.parameters_of(stage)
    found = stack.describe(at, accounts.stack_name(parameters))
    if found is None:
        raise DeployError(f"{stage} is not deployed in {at.region}: run make deploy first.")
    give_password(at, parameters["Prefix"], options["EMAIL"], stack.outputs(found).get("Url", ""))


def _token(at: Account, stage: str, options: Options) -> None:
    email, which, prefix = options.get("EMAIL", ""), options.get("REVOKE", ""), accounts.parameters_of(stage)["Prefix"]
    if not email and not TOKEN.fullmatch(which):
        raise DeployError("EMAIL is required: EMAIL=you@example.org. Only REVOKE=<token> can do without.")
    if which:
        say_now(revoked(admin.revoke(at, prefix, which, email)))
    else:
        token, link, is_mailed = admin.token(at, prefix, email)
        if link:
            print(choosing(email, link, is_mailed), file=sys.stderr)  # standard output is the token alone
        say_now(token)


def choosing(email: str, link: str, is_mailed: bool) -> str:
    """A sentence for the operator about the link by which a new user chooses a password."""
    if is_mailed:
        return f"{email} is new, and was mailed a link to choose a password."
    return f"{email} is new, and no mail was sent. This link lets its reader choose the password, for a week: {link}"


def revoked(count: int) -> str:
    """A sentence for the operator about revoked tokens."""
    return f"{count} API tokens are revoked." if count != 1 else "1 API token is revoked."


def _set_active(at: Account, stage: str, options: Options, is_active: bool) -> None:
    email = options.get("EMAIL")
    if not email:
        raise DeployError("EMAIL is required: EMAIL=you@example.org.")
    admin.set_active(at, accounts.parameters_of(stage)["Prefix"], email, is_active)
    say_now(active(email, is_active))


def active(email: str, is_active: bool) -> str:
    """A sentence for the operator about a user who was activated or deactivated."""
    if is_active:
        return f"{email} is active. Earlier API tokens and sessions stay revoked."
    return f"{email} is deactivated; all API tokens and sessions are revoked for good."


def _redrive(at: Account, stage: str, options: Options) -> None:
    queue = options.get("QUEUE", "")
    if queue not in QUEUES:
        raise DeployError(f"QUEUE must be one of {', '.join(QUEUES)}.")
    count = redrive.redrive(at, accounts.parameters_of(stage)["Prefix"] + queue)
    say_now(f"{count} messages are back in the queue {queue}." if count else f"{queue} has no dead letters.")


def _settings(at: Account, stage: str, options: Options) -> None:
    if options.get("ROTATE") == "1":
        say_now(_rotate(at, stage))
        return
    declared = template.compose()["Parameters"]
    if options.get("SET"):
        say_now(settings.change(at, stage, declared, options["SET"]))
        return
    for line in settings.lines(declared, accounts.parameters_of(stage), settings.read(at, stage)):
        say_now(line)


def _rotate(at: Account, stage: str) -> str:
    parameters = accounts.parameters_of(stage)
    found = stack.describe(at, accounts.stack_name(parameters))
    if found is None or not found["StackStatus"].endswith("_COMPLETE"):  # CloudFront may know other keys than the API
        raise DeployError(f"{stage} is not deployed, or being deployed: run make deploy first.")
    deployed = admin.environment_of(at, parameters["Prefix"]).get("FRONT_KEY", "")
    return settings.rotate(at, stage, deployed)


def _pause(at: Account, stage: str, _: Options) -> None:
    pausing.pause(at, accounts.parameters_of(stage)["Prefix"])
    say_now(f"{stage} is paused; running functions of its queues may take another {MAX_MINUTES} minutes.")
    say_now(f"make resume STAGE={stage} REGION={at.region} resumes it; a deploy may not.")


def _resume(at: Account, stage: str, _: Options) -> None:
    pausing.resume(at, accounts.parameters_of(stage)["Prefix"])
    say_now(f"{stage} is resumed.")


def _job(at: Account, stage: str, options: Options) -> None:
    job = options.get("JOB", "")
    if job not in JOBS:
        raise DeployError(f"JOB must be one of {', '.join(JOBS)}.")
    sqs, queue = at.client("sqs"), accounts.parameters_of(stage)["Prefix"] + "maintenance"
    try:
        url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    except sqs.exceptions.QueueDoesNotExist:
        raise DeployError(f"There is no queue {queue} in {at.region}: is the stage deployed there?") from None
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"jobs": [{"job": job}]}))
    say_now(f"{job} is started; see the log of its function, /aws/lambda/{queue}.")


COMMANDS: dict[str, Command] = {
    "admin": _admin,
    "token": _token,
    "deactivate": partial(_set_active, is_active=False),
    "activate": partial(_set_active, is_active=True),
    "redrive": _redrive,
    "settings": _settings,
    "pause": _pause,
    "resume": _resume,
    "job": _job,
}
