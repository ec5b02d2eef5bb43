"""The page to continue at after signing in (`?next=`), which anybody may have written into a link."""

from urllib.parse import unquote

MAX_NEXT = 1000  # characters
HOME = "/"
_FILES = "/content/"  # of users


def safe_next(wanted: str | None) -> str:
    r"""The path on this host that `wanted` names, with its query; the start page if it names anything else.

    Browsers take `//host` and `/\host` as another host, ignore tabs and line ends in addresses, and resolve dots. So a
    path is refused if it has two slashes at the beginning, a backslash, a control character or dots as a segment, also
    after it is decoded, however often. Files of users are no pages.
    """
    if not wanted or len(wanted) > MAX_NEXT or not (wanted.isascii() and wanted.isprintable()) or " " in wanted:
        return HOME
    path = wanted.partition("?")[0].partition("#")[0]
    while _is_page(path):
        decoded = unquote(path, errors="replace")
        if decoded == path:
            return HOME if "\\" in wanted else wanted
        path = decoded
    return HOME


def _is_page(path: str) -> bool:
    is_local = path.startswith("/") and not path.startswith(("//", _FILES))
    return is_local and path.isprintable() and "\\" not in path and not {".", ".."} & set(path.split("/"))
