"""Content types of stored files."""

import mimetypes

from le_utils.constants import file_formats

OCTET_STREAM = "application/octet-stream"
# Python's built-in table only: the system's tables differ between machines.
_KNOWN = mimetypes.MimeTypes()
_LE_UTILS = {form.id: form.mimetype for form in file_formats.FORMATLIST if "/" in form.mimetype}


def mimetype_of(extension: str) -> str:
    """The content type of a file format, such as "video/mp4" for "mp4"."""
    known = _KNOWN.guess_type(f"file.{extension}")[0]
    return known or _LE_UTILS.get(extension) or OCTET_STREAM
