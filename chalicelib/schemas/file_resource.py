"""Request bodies and query parameters of the file resource."""

from chalicelib.schemas.base import Id, Schema
from chalicelib.schemas.constants import Language, Preset
from chalicelib.schemas.file import Duration
from chalicelib.schemas.listing import ListQuery
from chalicelib.schemas.parts import Ids, Question, QuestionKeys


class FileQuery(ListQuery):
    """`GET /api/file`: files of these nodes and questions; `id__in` restricts the result."""

    contentnode: Ids = ()
    contentnode__in: Ids = ()
    assessment_item__in: QuestionKeys = ()
    id__in: Ids = ()


class FileChanges(Schema):
    """`PATCH` and `PUT /api/file/{id}`: missing fields are left unchanged.

    A file belongs to one node or to one question: another `contentnode` or `assessment_item` moves it there.
    """

    contentnode: Id | None = None
    assessment_item: Question = None
    language: Language | None = None
    preset: Preset | None = None
    duration: Duration = None
