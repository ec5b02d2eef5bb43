"""Query parameters that every list of the REST API takes."""

from pydantic import Field

from chalicelib.schemas.query import PageSize, Positive, Query, Text

PAGE_SIZE = 25  # where none is given


class ListQuery(Query):
    """Pages only where `page` or `page_size` is given; `search` and `ordering` where the resource says in what."""

    page: Positive | None = Field(None, description="which page, from 1 on")
    page_size: PageSize | None = Field(None, description="how many on a page, at most 1000")
    search: Text = Field("", description="words that must all be there, in any case")
    ordering: Text = Field("", description="the field to order by")
