"""Query parameters shared by all lists of the REST API."""

from pydantic import Field

from chalicelib.schemas.query import PageSize, Positive, Query, Text

PAGE_SIZE = 25  # default


class ListQuery(Query):
    """The list is paginated if `page` or `page_size` is sent. A resource declares what `search` and `ordering` use."""

    page: Positive | None = Field(None, description="number of the page")
    page_size: PageSize | None = Field(None, description="items per page; values above 1000 count as 1000")
    search: Text = Field("", description="words that must all occur, ignoring case")
    ordering: Text = Field("", description="field to order by")
