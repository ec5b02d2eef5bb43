"""First steps of a publish, for tests that begin in its middle."""


def only(messages):
    (message,) = messages
    return message


def sent(publishing):
    return [(message.task_id, message.stage) for message in publishing.waiting]


def begin(publishing, **request):
    """(id of a task, worker that has its first lease)."""
    task_id = publishing.request(**request)
    return task_id, publishing.receive(only(publishing.waiting))


def at_export(publishing):
    """(id of a task, worker that has the lease of its second stage)."""
    task_id, worker = begin(publishing)
    publishing.succeed(worker)
    return task_id, publishing.receive(only(publishing.waiting))
