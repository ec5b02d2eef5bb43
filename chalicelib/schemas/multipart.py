"""Reads the file and the fields of a multipart/form-data body (RFC 7578).

The body is parsed in chunks and within limits. Parts within parts are not parsed: a part's content is its bytes.
"""

import logging
from collections import defaultdict

from chalicelib.errors import BadRequest
from chalicelib.schemas.forms import Form, Sent

TYPE = "multipart/form-data"
MAX_PARTS = 20
MAX_HEADERS = 10  # per part
MAX_HEADER_BYTES = 4096  # of each
MAX_FIELD_BYTES = 100_000  # of all parts but the file
CHUNK = 64 * 1024  # bytes
_INVALID = "Invalid file upload request: "
_PLAIN = ("", "7bit", "8bit", "binary")
logging.getLogger("python_multipart").setLevel(logging.CRITICAL)  # the response says what is wrong with a form


def any_form(content_type: str, body: bytes) -> Form:
    """The form that a browser has sent: with a file, or urlencoded. Raises BadRequest."""
    return form_of(content_type, body) if content_type.strip().lower().startswith(TYPE) else Form.parse(body)


def file_of(content_type: str, body: bytes) -> tuple[str, bytes]:
    """(file name, bytes) of the first field `file` that has a file name.

    Raises BadRequest if the body is not multipart, has no such file, or exceeds a limit.
    """
    found = form_of(content_type, body).file
    if found is None:
        raise BadRequest(f"{_INVALID}send the file with its name in the field `file`.")
    return found


def form_of(content_type: str, body: bytes) -> Form:
    """The fields of a form and the first file in its field `file`. Raises BadRequest as `file_of`."""
    # Imported here because few requests have such a body.
    from python_multipart.exceptions import FormParserError
    from python_multipart.multipart import MultipartParser, parse_options_header

    kind, options = parse_options_header(_latin(content_type))
    if kind != TYPE.encode() or not options.get(b"boundary"):
        raise BadRequest(f"{_INVALID}send multipart/form-data with a boundary and a field `file`.")
    form = _Form()
    try:
        parser = MultipartParser(
            options[b"boundary"],
            {
                "on_part_begin": form.begin_part,
                "on_header_field": form.add_name,
                "on_header_value": form.add_value,
                "on_header_end": form.end_header,
                "on_headers_finished": form.end_headers,
                "on_part_data": form.add_data,
                "on_end": form.end,
            },
            max_header_count=MAX_HEADERS,
            max_header_size=MAX_HEADER_BYTES,
        )
        for at in range(0, len(body), CHUNK):
            parser.write(body[at : at + CHUNK])
    except FormParserError as error:
        raise BadRequest(f"{_INVALID}the body is not valid multipart/form-data ({error}).") from error
    return form.sent()


def _latin(header: str) -> str:
    """The header if it is in ISO 8859-1, as HTTP requires; else "", which is no content type."""
    try:
        header.encode("latin-1")
    except UnicodeEncodeError:
        return ""
    return header


class _Form:
    """Collects the file while the parser reads the parts."""

    def __init__(self) -> None:
        self._parts = self._other_bytes = 0
        self._headers: dict[bytes, bytes] = {}
        self._name = self._value = b""
        self._is_file = self._is_complete = False
        self._field = ""
        self._fields: dict[str, list[list[bytes]]] = defaultdict(list)
        self._found: tuple[str, list[bytes]] | None = None

    def begin_part(self) -> None:
        self._parts += 1
        if self._parts > MAX_PARTS:
            raise BadRequest(f"{_INVALID}the body has more than {MAX_PARTS} parts. Send the file only.")
        self._headers = {}

    def add_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def add_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def end_header(self) -> None:
        self._headers.setdefault(self._name.lower(), self._value)
        self._name = self._value = b""

    def end_headers(self) -> None:
        from python_multipart.multipart import parse_options_header

        encoding = self._headers.get(b"content-transfer-encoding", b"").decode("latin-1").strip().lower()
        if encoding not in _PLAIN:
            raise BadRequest(f"{_INVALID}the transfer encoding {encoding[:60]!r} is not supported. Send plain bytes.")
        kind, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        name, filename = options.get(b"name"), options.get(b"filename")
        self._is_file = self._found is None and kind == b"form-data" and name == b"file" and bool(filename)
        self._field = "" if name is None or filename is not None else name.decode(errors="replace")
        if self._is_file:
            self._found = ((filename or b"").decode(errors="replace"), [])
        elif self._field:
            self._fields[self._field].append([])

    def add_data(self, data: bytes, start: int, end: int) -> None:
        if self._is_file and self._found:
            self._found[1].append(data[start:end])
            return
        self._other_bytes += end - start
        if self._other_bytes > MAX_FIELD_BYTES:
            raise BadRequest(f"{_INVALID}the fields besides `file` have more than {MAX_FIELD_BYTES} bytes. Omit them.")
        if self._field:
            self._fields[self._field][-1].append(data[start:end])

    def end(self) -> None:
        self._is_complete = True

    def sent(self) -> Form:
        """What was sent. Raises BadRequest if the body is not complete."""
        if not self._is_complete:
            raise BadRequest(f"{_INVALID}the body ends before its last boundary. Send it whole.")
        fields = {
            name: [b"".join(parts).decode(errors="replace") for parts in values]
            for name, values in self._fields.items()
        }
        found: Sent | None = (self._found[0], b"".join(self._found[1])) if self._found else None
        return Form(fields, found)


def _text(parts: list[bytes]) -> str:
    return b"".join(parts).decode(errors="replace")
