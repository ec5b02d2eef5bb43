"""The job that writes the export of a user's data into the bucket, at a secret key.

A run writes its own file, and the first one that ends gives its address to the task: a second delivery finds a finished
task, and the file of a killed worker has an address that nobody knows, until it expires.
"""

import secrets
import tempfile

from chalicelib.aws import storage
from chalicelib.domain.storage_keys import export_key
from chalicelib.models import tasks, user_deletion, users
from chalicelib.models.base import now
from chalicelib.operations.accounts import export_files

PRIVATE = "private, no-store"


def run(task_id: str) -> None:
    """Write the export of the user of a task, and finish it."""
    task = tasks.get(task_id)
    if task is None or task.status in tasks.FINISHED:
        return
    user = users.get(task.user_id)
    if user is None or user_deletion.is_marked(user):
        tasks.finish(task, tasks.FAILURE, "The account is deleted.")
        return
    tasks.advance(task, 1, "Your data is being collected.")
    key = export_key(user.id, secrets.token_hex(32))
    with tempfile.TemporaryFile() as file:
        size = export_files.write(user, file)
        file.seek(0)
        storage.put(key, file, "application/zip", PRIVATE)
    if user_deletion.is_marked(users.get(user.id)):  # its job may have looked for exports before this one was written
        storage.delete(key)
    result = {"key": key, "size": size, "made": now().isoformat()}
    tasks.finish(task, tasks.SUCCESS, "Your data is ready for download.", result)
