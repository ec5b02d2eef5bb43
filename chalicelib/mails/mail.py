"""E-mails as text and as HTML, both made from the same sentences by the two templates.

A mail has no text that its sender chose but names in their plain form (`domain.plain_names`), and no link but ours.
Jinja2 is imported when the first mail is made.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).with_name("templates")


@dataclass(frozen=True)
class Mail:
    """A subject, and the body in both forms."""

    subject: str
    text: str
    html: str


def compose(subject: str, *paragraphs: str, action: str, url: str, after: tuple[str, ...] = ()) -> Mail:
    """A mail of paragraphs around one link, `action`, to `url`. Values are escaped in HTML."""
    values = {"subject": subject, "paragraphs": paragraphs, "action": action, "url": url, "after": after}
    text, html = (_environment().get_template(f"mail.{kind}").render(values) for kind in ("txt", "html"))
    return Mail(subject, text, html)


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
