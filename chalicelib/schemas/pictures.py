"""The field type of a channel's thumbnail."""

from typing import Annotated

from pydantic import AfterValidator

from chalicelib.domain.pictures import FORMATS, is_picture_name
from chalicelib.schemas.base import refuse


def _picture_name(value: str) -> str:
    if not is_picture_name(value):
        known = ", ".join(sorted(FORMATS))
        raise refuse(f"A channel's thumbnail is a picture: <md5 of the file>.<extension>, one of {known}.")
    return value


PictureName = Annotated[str, AfterValidator(_picture_name)]
