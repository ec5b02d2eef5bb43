"""Changes for sync clients that describe writes of prerequisites, questions and files.

They contain the state after the write, with whole fields as in responses.
"""

from chalicelib.identity.authentication import Identity
from chalicelib.models.changes import Change
from chalicelib.operations.changes.feed import by_request
from chalicelib.operations.changes.fields import fitting
from chalicelib.schemas.assessmentitem import QuestionChanges, QuestionWrite
from chalicelib.schemas.responses.content import File, Question, Requisite
from chalicelib.schemas.sync import CREATED, DELETED, UPDATED

_PARENTS = frozenset({"contentnode", "assessment_item"})  # fields of files


def prerequisite_added(user: Identity, channel_id: str, pair: Requisite) -> list[Change]:
    key = [pair["target_node"], pair["prerequisite"]]
    return [by_request(user, channel_id, CREATED, "contentnode_prerequisite", key, obj=pair)]


def prerequisite_removed(user: Identity, channel_id: str, pair: Requisite) -> list[Change]:
    key = [pair["target_node"], pair["prerequisite"]]
    return [by_request(user, channel_id, DELETED, "contentnode_prerequisite", key)]


def question_created(user: Identity, channel_id: str, row: Question) -> list[Change]:
    return [by_request(user, channel_id, CREATED, "assessmentitem", _key(row), obj=fitting(row, row))]


def question_updated(user: Identity, channel_id: str, row: Question, sent: QuestionChanges) -> list[Change]:
    given = set(row) if isinstance(sent, QuestionWrite) else sent.model_fields_set
    mods = fitting(row, given - {"contentnode", "assessment_id", "deleted"})
    return [by_request(user, channel_id, UPDATED, "assessmentitem", _key(row), mods=mods)] if mods else []


def question_deleted(user: Identity, channel_id: str, row: Question) -> list[Change]:
    return [by_request(user, channel_id, DELETED, "assessmentitem", _key(row))]


def _key(row: Question) -> list[str]:
    return [row["contentnode"], row["assessment_id"]]


def file_updated(user: Identity, row: File, before: str | None, after: str, given: set[str]) -> list[Change]:
    """An update or move of a file. For a channel that did not have the file, it is CREATED.

    `before` and `after` are the ids of the file's old channel (None: none) and new channel.
    """
    if before == after:
        mods = fitting(row, given | (_PARENTS if given & _PARENTS else set()))
        return [by_request(user, after, UPDATED, "file", row["id"], mods=mods)] if mods else []
    made = file_deleted(user, row["id"], before) if before else []
    obj = fitting(row, row.keys() - {"uploaded_by"})
    return [*made, by_request(user, after, CREATED, "file", row["id"], obj=obj)]


def file_deleted(user: Identity, file_id: str, channel_id: str) -> list[Change]:
    return [by_request(user, channel_id, DELETED, "file", file_id)]
