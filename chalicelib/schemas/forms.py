"""Bodies of HTML forms."""

from dataclasses import dataclass
from urllib.parse import parse_qs

from chalicelib.errors import BadRequest

TYPE = "application/x-www-form-urlencoded"
MAX_FIELDS = 200
Sent = tuple[str, bytes]  # (name, content) of a file


@dataclass(frozen=True)
class Form:
    """The fields of a form, each with all values that were sent, in their order, and the file that was sent."""

    fields: dict[str, list[str]]
    file: Sent | None = None

    @classmethod
    def parse(cls, body: bytes) -> "Form":
        """The form that a browser has sent urlencoded. Bytes that are not UTF-8 are replaced.

        Raises BadRequest if it has more than MAX_FIELDS fields.
        """
        try:
            return cls(parse_qs(body.decode(errors="replace"), keep_blank_values=True, max_num_fields=MAX_FIELDS))
        except ValueError as error:
            raise BadRequest(f"The form has too many fields. Send at most {MAX_FIELDS}.") from error

    def get(self, name: str, default: str = "") -> str:
        """The last value of a field."""
        return self.fields.get(name, [default])[-1]

    def all(self, name: str) -> list[str]:
        """All values of a field, as of a group of checkboxes."""
        return self.fields.get(name, [])

    def given(self, *names: str) -> dict[str, str]:
        """The last values of those of the named fields that are not blank: an empty field of a form is no value."""
        return {name: value for name, value in self.filled(*names).items() if value.strip()}

    def filled(self, *names: str) -> dict[str, str]:
        """The last values of those of the named fields that were sent."""
        return {name: self.get(name) for name in names if name in self.fields}
