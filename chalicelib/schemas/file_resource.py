"""Query and body of the file resource."""

from chalicelib.schemas.base import Id, Schema
from chalicelib.schemas.constants import Language, Preset
from chalicelib.schemas.file import Duration
from chalicelib.schemas.listing import ListQuery
from chalicelib.schemas.parts import Ids, Question, QuestionKeys


class FileQuery(ListQuery):
    """`GET /api/file`: the files of these nodes and of these questions; with `id__in`, only these of them."""

    contentnode: Ids = ()
    contentnode__in: Ids = ()
    assessment_item__in: QuestionKeys = ()
    id__in: Ids = ()


class FileChanges(Schema):
    """`PATCH` and `PUT /api/file/{id}`: what is not given stays as it is.

    A file is part of one node or of one question: giving another `contentnode`, or another `assessment_item`, moves
    it there.
    """

    contentnode: Id | None = None
    assessment_item: Question = None
    language: Language | None = None
    preset: Preset | None = None
    duration: Duration = None
