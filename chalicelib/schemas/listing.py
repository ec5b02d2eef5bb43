"""Query parameters that every list of the REST API takes."""

from chalicelib.schemas.query import PageSize, Positive, Query, Text


class ListQuery(Query):
    """Pages only where `page` or `page_size` is given; `search` and `ordering` where the resource says in what."""

    page: Positive | None = None
    page_size: PageSize | None = None
    search: Text = ""
    ordering: Text = ""
