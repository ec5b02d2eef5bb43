"""Names that users chose, as they may appear in mail: short, on one line, without links or hidden characters."""

import re
import unicodedata

MAX_NAME = 60  # characters
NOTHING = "(no name)"
SCHEME = re.compile(r"\b\w{1,20}:(?=/)|/{2}")
DOT = re.compile(r"(?<=\w)[.\u3002](?=[^\W\d_])")
# Marks and letters that show nothing: fillers, and selectors of variants.
INVISIBLE = re.compile(r"[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
_REPLACED = str.maketrans({"@": " at ", '"': "'", "<": "(", ">": ")"})
_SEPARATORS = ("Cc", "Zl", "Zp", "Zs")  # categories of characters that become spaces
_HIDDEN = ("Cf", "Cn", "Co", "Cs")  # and of those that are left out: directions, joiners, unassigned


def plain_name(name: str) -> str:
    """The name for a mail. Compatibility forms of characters (full-width dots) become plain ones, dots within words get
    a space, so that no mail reader makes a link of them, and quotation marks become single ones.
    """
    text = INVISIBLE.sub("", unicodedata.normalize("NFKC", name[: 4 * MAX_NAME]))
    kinds = [(character, unicodedata.category(character)) for character in text]
    text = "".join(" " if kind in _SEPARATORS else character for character, kind in kinds if kind not in _HIDDEN)
    text = DOT.sub(". ", SCHEME.sub(" ", text)).translate(_REPLACED)
    text = " ".join(text.split())
    if len(text) > MAX_NAME:
        text = text[: MAX_NAME - 1].rstrip() + "…"
    return text or NOTHING
