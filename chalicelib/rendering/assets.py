"""Styles, scripts and icons of pages: a closed list of files, addressed by fingerprints of what they contain."""

import hashlib
import importlib.util
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

STATIC = Path(__file__).with_name("static")
PATH = "/static"
_STYLESHEET = Path("static", "bootstrap5", "css", "bootstrap.min.css")  # of the package flask_bootstrap
_DARK = "[data-bs-theme=dark]"
_RULE = re.compile(r"([^{}]*)\{([^{}]*)\}")
_SOURCE_MAP = re.compile(r"/\*# sourceMappingURL=.*?\*/\s*$")


@dataclass(frozen=True)
class Asset:
    """A file that pages may load: its type, and what makes its text."""

    content_type: str
    read: Callable[[], str]


def _own(name: str, content_type: str) -> Asset:
    return Asset(f"{content_type}; charset=utf-8", lambda: (STATIC / name).read_text(encoding="utf-8"))


def by_system(stylesheet: str) -> str:
    """Bootstrap's stylesheet with its dark colours where the system prefers them.

    Bootstrap has them for pages whose root says `data-bs-theme=dark`, which takes a script or a setting. So the rules
    for such pages are repeated for all pages, in a media query at the end. The comment that names a source map goes.
    """
    chosen = _RULE.findall(stylesheet)
    repeated = [f"{selector.replace(_DARK, ':root')}{{{body}}}" for selector, body in chosen if _DARK in selector]
    own = _SOURCE_MAP.sub("", stylesheet)
    return f"{own}\n@media (prefers-color-scheme:dark){{{''.join(repeated)}}}\n"


def _bootstrap() -> str:
    """The package is found without being imported: it belongs to a framework that is not installed on Lambda."""
    found = importlib.util.find_spec("flask_bootstrap")
    if found is None or not found.submodule_search_locations:
        raise FileNotFoundError("The package Bootstrap-Flask is not installed.")
    return by_system(Path(found.submodule_search_locations[0], _STYLESHEET).read_text(encoding="utf-8"))


ASSETS: dict[str, Asset] = {
    "bootstrap.css": Asset("text/css; charset=utf-8", _bootstrap),
    "site.css": _own("site.css", "text/css"),
    "site.js": _own("site.js", "text/javascript"),
    "api.css": _own("api.css", "text/css"),
    "docs.js": _own("docs.js", "text/javascript"),
    "try.js": _own("try.js", "text/javascript"),
    "editing.css": _own("editing.css", "text/css"),
    "icon.svg": _own("icon.svg", "image/svg+xml"),
}


@cache
def text(name: str) -> str:
    """The text of an asset. Raises KeyError for other names."""
    return ASSETS[name].read()


@cache
def fingerprint(name: str) -> str:
    """What changes with an asset's text."""
    return hashlib.sha256(text(name).encode()).hexdigest()[:16]


def url(name: str) -> str:
    """The path of an asset, which caches may keep for ever."""
    return f"{PATH}/{fingerprint(name)}/{name}"
