"""What administrators can do with a task that is late, and with the dead letters of a queue."""

from chalicelib.http.router import Reply, Request
from chalicelib.operations.administration import repairs, running_tasks
from chalicelib.pages.administration import confirming
from chalicelib.pages.administration.confirming import Action, Subject

WORK = "/admin/work/"


def ask_task(request: Request) -> Reply:
    """Ask before an action on a task."""
    return confirming.ask(request, OF_TASKS, _task(request))


def do_task(request: Request) -> Reply:
    """What was confirmed."""
    return confirming.do(request, OF_TASKS, _task(request))


def ask_queue(request: Request) -> Reply:
    """Ask before an action on a queue."""
    return confirming.ask(request, OF_QUEUES, _queue(request))


def do_queue(request: Request) -> Reply:
    """What was confirmed."""
    return confirming.do(request, OF_QUEUES, _queue(request))


def _task(request: Request) -> Subject:
    return Subject(f"task of {running_tasks.channel_of(request.user, request.params['id'])}", WORK)


def _queue(request: Request) -> Subject:
    repairs.require_queue(request.params["id"])
    return Subject(request.params["id"], WORK)


OF_TASKS = {
    "end": Action(
        "End",
        "The task fails, and what waits for it begins. A published version stays as it is. Do this if no worker will "
        "come any more: a task whose worker was killed is usually taken up by another within an hour and a half.",
        repairs.request_end,
        "task-ends",
    ),
}
OF_QUEUES = {
    "redrive": Action(
        "Move the dead letters back",
        f"Up to {repairs.MAX_MOVED:,} messages are processed again. Those whose cause is not fixed fail again and come "
        "back. This is safe to repeat.",
        repairs.request_redrive,
        "redrive-started",
        is_harmless=True,
    ),
}
