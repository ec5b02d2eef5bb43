"""Questions of exercises. One is addressed by `<contentnode>,<assessment_id>`."""

from chalicelib.operations import assessment_resource
from chalicelib.resources import Listing, Resource, routes_of
from chalicelib.schemas.answers.content import Question
from chalicelib.schemas.assessmentitem import QuestionChanges, QuestionQuery, QuestionWhole

ASSESSMENT_ITEM = Resource(
    "assessmentitem",
    "question",
    listing=Listing(
        QuestionQuery,
        assessment_resource.find,
        one_of=frozenset({"contentnode", "contentnode__in"}),
        search=("question",),
        ordering=("order", "type"),
    ),
    retrieve=assessment_resource.retrieve,
    create=assessment_resource.create,
    update=assessment_resource.update,
    delete=assessment_resource.delete,
    write=QuestionWhole,
    change=QuestionChanges,
    read=Question,
)
ROUTES = routes_of(ASSESSMENT_ITEM)
