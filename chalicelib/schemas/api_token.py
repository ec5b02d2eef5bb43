"""Request bodies of the caller's API tokens."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from chalicelib.schemas.base import Schema, Title, one_line, refuse

MAX_NAME = 100  # characters
MAX_DAYS = 5 * 366  # that a token with an expiry may last
EXAMPLES = "a date such as 2027-01-31, or a time with its zone such as 2027-01-31T12:00:00Z"


def _expiry(value: Any) -> Any:
    """Parse an expiry as seconds since 1970. A date lasts until its end in UTC."""
    if value is None or value == "":
        return None
    try:
        ends = _parsed(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise refuse(f"Enter {EXAMPLES}, or nothing if the token does not expire.") from error
    moment = datetime.now(UTC)
    if ends <= moment:
        raise refuse(f"This time is over. Enter one in the future: {EXAMPLES}.")
    if ends > moment + timedelta(days=MAX_DAYS):
        last = (moment + timedelta(days=MAX_DAYS)).date()
        raise refuse(f"A token may last until {last} at most. Enter an earlier day, or nothing if it does not expire.")
    return int(ends.timestamp())


def _parsed(value: Any) -> datetime:
    text = value.strip() if isinstance(value, str) else ""
    if len(text) == len("2027-01-31"):
        return datetime.combine(date.fromisoformat(text) + timedelta(days=1), time(), UTC)
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("no zone")
    return moment.astimezone(UTC)


_Written = Annotated[str | None, Field(json_schema_extra={"format": "date-time"})]
Name = Annotated[Title, Field(max_length=MAX_NAME), AfterValidator(one_line)]


class TokenIn(Schema):
    """`POST /api/user/me/tokens`. `expires` is a date, at whose end (UTC) the token expires, a time, or null."""

    name: Annotated[Name, Field(description="What the token is for, to recognise it by.")]
    expires: Annotated[
        int | None,
        BeforeValidator(_expiry, json_schema_input_type=_Written),
        Field(description=f"When the token expires: {EXAMPLES}. Null, as by default, if it does not expire."),
    ] = None
