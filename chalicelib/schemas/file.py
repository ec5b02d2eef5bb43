"""The request body of `upload_url`."""

import math
from typing import Annotated, Any

from le_utils.constants import content_kinds
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from chalicelib.schemas.base import Schema, Text, refuse
from chalicelib.schemas.constants import PRESETS, FileFormat, Preset

MEGABYTE = 1024 * 1024
MAX_UPLOAD = 5 * 1024 * MEGABYTE  # bytes: S3's limit for one PUT
TOO_LARGE = f"Files larger than {MAX_UPLOAD // MEGABYTE} MB cannot be uploaded. Split the file."
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


class UploadUrl(Schema):
    """Description of a file that the client is about to upload. Sizes are in bytes, durations in seconds."""

    size: Annotated[int, Field(ge=0, json_schema_extra={"x-unit": "bytes"})]
    checksum: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    name: Annotated[Text, Field(min_length=1), AfterValidator(lambda name: name[:255])]
    file_format: FileFormat
    preset: Preset | None  # ricecooker sends null for the thumbnail of a node of another channel
    duration: Duration = None
    resumable: bool = False

    @model_validator(mode="after")
    def _fits(self) -> "UploadUrl":
        preset = PRESETS.get(self.preset or "")
        if preset and self.file_format not in preset.allowed_formats:
            raise refuse(f"File format {self.file_format} is not an allowed format for this preset {self.preset}")
        timed = preset and preset.kind in _TIMED and not preset.supplementary
        if timed and self.duration is None:
            raise refuse("Duration is required for audio/video files")
        if self.size > MAX_UPLOAD and not self.resumable:
            raise refuse(TOO_LARGE)
        return self
