"""Questions of exercises, addressed by `<contentnode>,<assessment_id>`."""

from chalicelib.http.resources import Listing, Resource, routes_of
from chalicelib.identity.authentication import Identity
from chalicelib.operations.changes import rest_changes
from chalicelib.operations.exercises import questions
from chalicelib.schemas.assessmentitem import QuestionChanges, QuestionQuery, QuestionWhole
from chalicelib.schemas.responses.content import Question


def create(user: Identity, sent: QuestionWhole) -> Question:
    row = questions.create(user, sent)
    rest_changes.question_created(user, row)
    return row


def update(user: Identity, id: str, sent: QuestionChanges) -> Question:
    row = questions.update(user, id, sent)
    rest_changes.question_updated(user, row, sent)
    return row


def delete(user: Identity, id: str) -> None:
    questions.delete(user, id)
    rest_changes.question_deleted(user, id)


ASSESSMENT_ITEM = Resource(
    "assessmentitem",
    "a question",
    listing=Listing(
        QuestionQuery,
        questions.find,
        one_of=frozenset({"contentnode", "contentnode__in"}),
        search=("question",),
        ordering=("order", "type"),
    ),
    retrieve=questions.retrieve,
    create=create,
    update=update,
    delete=delete,
    write=QuestionWhole,
    change=QuestionChanges,
    read=Question,
)
ROUTES = routes_of(ASSESSMENT_ITEM)
