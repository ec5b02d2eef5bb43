"""Styles, scripts and icons of pages: a closed list of files, addressed by fingerprints of what they contain."""

import hashlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

STATIC = Path(__file__).with_name("static")
PATH = "/static"
# The pictures of Bootstrap Icons that pages use.
ICONS = (
    *("folder", "camera-video", "music-note-beamed", "file-earmark-text", "window", "question-circle", "images"),
    *(
        "puzzle",
        "book",
        "people",
        "clock-history",
        "collection-play",
        "exclamation-triangle",
        "file-earmark",
        "bookmark",
        "bookmark-fill",
    ),
)
# A package, folders in it, and a file.
_STYLESHEET = ("flask_bootstrap", "static", "bootstrap5", "css", "bootstrap.min.css")
_ICONS = ("flask_bootstrap", "static", "bootstrap5", "icons", "bootstrap-icons.svg")
_SPARK_MD5 = ("django_chunk_file_upload", "static", "js", "spark-md5.min.js")  # computes MD5s in parts
_DARK = "[data-bs-theme=dark]"
_SOURCE_MAP = "/*# sourceMappingURL="
_SYMBOL, _SYMBOL_END = "<symbol ", "</symbol>"  # of an icon in the file of all icons


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
    own = stylesheet.partition(_SOURCE_MAP)[0]
    rules = [rule.rpartition("{") for rule in own.split("}")]
    chosen = [(head.rpartition("{")[2], body) for head, brace, body in rules if brace]
    repeated = [f"{selector.replace(_DARK, ':root')}{{{body}}}" for selector, body in chosen if _DARK in selector]
    return f"{own}\n@media (prefers-color-scheme:dark){{{''.join(repeated)}}}\n"


def sprite(icons: str) -> str:
    """A picture with only the icons of ICONS; each is a symbol, which a page names by its id."""
    symbols = [part.partition(_SYMBOL)[2] for part in icons.split(_SYMBOL_END)]
    chosen = [one for one in symbols if any(f'id="{name}"' in one.partition(">")[0] for name in ICONS)]
    drawn = "".join(f"{_SYMBOL}{one}{_SYMBOL_END}" for one in chosen)
    return f'<svg xmlns="http://www.w3.org/2000/svg">{drawn}</svg>'


def _packaged(package: str, *parts: str) -> str:
    """A file of a package, which is found without being imported: its framework is not installed on Lambda."""
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise FileNotFoundError(f"The package {package} is not installed.")
    return Path(found.submodule_search_locations[0], *parts).read_text(encoding="utf-8")


ASSETS: dict[str, Asset] = {
    "bootstrap.css": Asset("text/css; charset=utf-8", lambda: by_system(_packaged(*_STYLESHEET))),
    "icons.svg": Asset("image/svg+xml; charset=utf-8", lambda: sprite(_packaged(*_ICONS))),
    "site.css": _own("site.css", "text/css"),
    "site.js": _own("site.js", "text/javascript"),
    "settings.css": _own("settings.css", "text/css"),
    "api.css": _own("api.css", "text/css"),
    "docs.js": _own("docs.js", "text/javascript"),
    "try.js": _own("try.js", "text/javascript"),
    "editing.css": _own("editing.css", "text/css"),
    "tree.js": _own("tree.js", "text/javascript"),
    "progress.js": _own("progress.js", "text/javascript"),
    "drag.js": _own("drag.js", "text/javascript"),
    "upload.js": _own("upload.js", "text/javascript"),
    "md5.js": _own("md5.js", "text/javascript"),
    "spark-md5.js": Asset("text/javascript; charset=utf-8", lambda: _packaged(*_SPARK_MD5)),
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
