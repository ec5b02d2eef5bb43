"""The request body of `upload_url`."""

import math
from typing import Annotated, Any

from le_utils.constants import content_kinds
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from chalicelib.domain.files.upload_parts import (
    MAX_FILE_BYTES,
    MAX_PART_BYTES,
    MAX_PARTS,
    MEGABYTE,
    MIN_PART_BYTES,
    PART_BYTES,
)
from chalicelib.schemas.base import Schema, Text, refuse
from chalicelib.schemas.constants import PRESETS, FileFormat, Preset

MAX_UPLOAD = 5 * 1024 * MEGABYTE  # bytes: S3's limit for one PUT
MAX_PART_URLS = 100  # of one request
TOO_LARGE = f"Files larger than {MAX_UPLOAD // MEGABYTE} MB cannot be uploaded by one PUT. Use POST /api/upload."
_TIMED = frozenset({content_kinds.AUDIO, content_kinds.VIDEO})


def positive_seconds(value: Any) -> Any:
    """Truncate a positive duration to whole seconds, at least 1."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise refuse("A valid number is required.")
    if value <= 0:
        raise refuse("File duration is equal to or less than 0")
    return max(1, int(value))


_Positive = Annotated[float, Field(gt=0, json_schema_extra={"x-unit": "seconds"})]
Duration = Annotated[int | None, BeforeValidator(positive_seconds, json_schema_input_type=_Positive | None)]


class DescribedFile(Schema):
    """Description of a file that the client is about to upload. Sizes are in bytes, durations in seconds."""

    size: Annotated[int, Field(ge=0, json_schema_extra={"x-unit": "bytes"})]
    checksum: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    name: Annotated[Text, Field(min_length=1), AfterValidator(lambda name: name[:255])]
    file_format: FileFormat
    preset: Preset | None  # ricecooker sends null for the thumbnail of a node of another channel
    duration: Duration = None

    @model_validator(mode="after")
    def _fits(self) -> "DescribedFile":
        preset = PRESETS.get(self.preset or "")
        if preset and self.file_format not in preset.allowed_formats:
            raise refuse(f"File format {self.file_format} is not an allowed format for this preset {self.preset}")
        timed = preset and preset.kind in _TIMED and not preset.supplementary
        if timed and self.duration is None:
            raise refuse("Duration is required for audio/video files")
        return self


class UploadUrl(DescribedFile):
    """Description of a file that the client is about to upload by one PUT."""

    resumable: bool = False

    @model_validator(mode="after")
    def _is_one_put(self) -> "UploadUrl":
        if self.size > MAX_UPLOAD and not self.resumable:
            raise refuse(TOO_LARGE)
        return self


class BeginUpload(DescribedFile):
    """Description of a file that the client is about to upload in parts, each of `part_size` bytes but the last one."""

    part_size: Annotated[int, Field(ge=MIN_PART_BYTES, le=MAX_PART_BYTES, json_schema_extra={"x-unit": "bytes"})] = (
        PART_BYTES
    )

    @model_validator(mode="after")
    def _can_be_read(self) -> "BeginUpload":
        if self.size > MAX_FILE_BYTES:
            raise refuse(f"Files larger than {MAX_FILE_BYTES // MEGABYTE} MB cannot be uploaded. Split the file.")
        if self.size == 0:
            raise refuse("An empty file has no parts. Upload it by upload_url.")
        return self


class WantedPart(Schema):
    """A part that the client is about to send. S3 refuses bytes that have another MD5, if it is given."""

    number: Annotated[int, Field(ge=1, le=MAX_PARTS)]
    md5: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")] | None = None


class WantedParts(Schema):
    """Parts of an upload whose URLs are requested."""

    parts: Annotated[list[WantedPart], Field(min_length=1, max_length=MAX_PART_URLS)]
