"""The catalog of public channels, without authentication (specification: Resource Shapes, catalog)."""

from chalicelib.http.resources import Listing, Resource, routes_of
from chalicelib.http.router import Access
from chalicelib.operations.channels import catalog
from chalicelib.schemas.listing import ListQuery
from chalicelib.schemas.responses.search import CatalogChannel
from chalicelib.schemas.search import CatalogQuery

ROUTES = routes_of(
    Resource(
        name="catalog",
        title="a public channel",
        listing=Listing(
            CatalogQuery,
            catalog.listed,
            one_of=frozenset(CatalogQuery.model_fields) - frozenset(ListQuery.model_fields),
            search=("name", "description"),
            ordering=("name", "last_published", "language", "id"),
            refusals=(429,),
        ),
        retrieve=catalog.one,
        access=Access.ANYONE,
        read=CatalogChannel,
    )
)
