"""Questions of exercises, addressed by `<contentnode>,<assessment_id>`."""

from chalicelib.http.resources import Listing, Resource, routes_of
from chalicelib.operations.access import node_rights
from chalicelib.operations.exercises import questions
from chalicelib.schemas.assessmentitem import QuestionChanges, QuestionQuery, QuestionWrite
from chalicelib.schemas.responses.content import Question

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
    create=questions.create,
    update=questions.update,
    delete=questions.delete,
    write=QuestionWrite,
    change=QuestionChanges,
    read=Question,
    editable=questions.check_editor,
    within=("contentnode", node_rights.editable),
)
ROUTES = routes_of(ASSESSMENT_ITEM)
