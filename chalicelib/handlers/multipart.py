"""Reads the file of a multipart/form-data body."""

from email.parser import BytesParser
from email.policy import HTTP

from chalicelib.errors import BadRequest
from chalicelib.http.router import Request


def file_of(request: Request) -> tuple[str, bytes]:
    """(file name, bytes) of the field `file`.

    Raises BadRequest if the body is not multipart or has no such file.
    """
    content_type = request.headers.get("content-type", "")
    if not content_type.lower().startswith("multipart/form-data") or not content_type.isascii():
        raise BadRequest("Invalid file upload request: send multipart/form-data with a field `file`.")
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + request.body)
    for part in message.iter_parts() if message.is_multipart() else ():
        if part.get_param("name", header="content-disposition") == "file" and part.get_filename():
            data = part.get_payload(decode=True)
            return str(part.get_filename()), data if isinstance(data, bytes) else b""
    raise BadRequest("Invalid file upload request: send the file with its name in the field `file`.")
