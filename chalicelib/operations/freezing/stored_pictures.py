"""Stored pictures that a publish reads: sources of thumbnails, and of the channel's icon."""

from typing import Any

from chalicelib.aws import storage
from chalicelib.domain.pictures import MAX_PICTURE_BYTES, is_picture, is_picture_name
from chalicelib.domain.storage_keys import split_filename, storage_key
from chalicelib.export import thumbnails


def channel_icon(thumbnail: str | None, encoding: dict[str, Any]) -> str:
    """Return a channel's icon as a data URI: the cropped thumbnail, else the thumbnail file; "" without either."""
    try:
        return thumbnails.icon_from_data_uri(str(encoding.get("base64") or ""))
    except thumbnails.UnusableImage:
        return _icon_of(thumbnail or "")


def read_picture(key: str) -> bytes:
    """Read a stored picture. Raises UnusableImage if it is none, is too large (before it is read), or is not stored."""
    try:
        data = storage.read(key, MAX_PICTURE_BYTES)
    except (KeyError, storage.TooLarge) as error:
        raise thumbnails.UnusableImage(f"{key} is missing or has more than {MAX_PICTURE_BYTES} bytes.") from error
    if not is_picture(data):
        raise thumbnails.UnusableImage(f"{key} is not a picture.")
    return data


def _icon_of(name: str) -> str:
    parts = split_filename(name)
    if not parts or not is_picture_name(name):
        return ""
    try:
        return thumbnails.channel_icon(read_picture(storage_key(*parts)), parts[1])
    except thumbnails.UnusableImage:
        return ""
