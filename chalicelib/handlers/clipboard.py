"""Clipboards (specification: Resource Shapes, clipboard)."""

from chalicelib.http.resources import Listing, Resource, routes_of
from chalicelib.operations.users import clipboard
from chalicelib.schemas.clipboard import ClipboardChange, ClipboardIn, ClipboardQuery
from chalicelib.schemas.responses.clipboard import ClipboardEntry

ROUTES = routes_of(
    Resource(
        name="clipboard",
        title="a clipboard entry",
        plural="clipboard entries",
        listing=Listing(ClipboardQuery, clipboard.listed, one_of=frozenset({"parent"}), fill=clipboard.fill),
        retrieve=clipboard.one,
        create=clipboard.create,
        update=clipboard.update,
        delete=clipboard.delete,
        write=ClipboardIn,
        change=ClipboardChange,
        read=ClipboardEntry,
    )
)
