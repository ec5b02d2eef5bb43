"""The first steps of a publish, for tests of later ones."""


def only(messages):
    (message,) = messages
    return message


def sent(publishing):
    return [(message.task_id, message.stage) for message in publishing.waiting]


def begin(publishing, **request):
    """Return (task ID, worker that holds the lease of its first stage)."""
    task_id = publishing.request(**request)
    return task_id, publishing.receive(only(publishing.waiting))


def at_export(publishing):
    """Return (task ID, worker that holds the lease of its second stage)."""
    task_id, worker = begin(publishing)
    publishing.succeed(worker)
    return task_id, publishing.receive(only(publishing.waiting))
