"""Countries that a channel is relevant to: ISO 3166-1 alpha-2 codes, and XK for Kosovo, as Studio knows them."""

from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from chalicelib.schemas import vocabularies
from chalicelib.schemas.base import refuse

_CODES = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO
FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE
JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO
MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW
PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM
TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW
"""
CODES = frozenset(_CODES.split())
MAX_UNKNOWN = 10  # shown in an error


def _code(sent: str) -> str:
    code = sent.upper()
    return code if code in CODES else str(vocabularies.code_of("Country", sent) or code)


def _countries(value: Any) -> list[str]:
    """Check a list of codes, in any case, or names; the result is sorted, without duplicates. Null means none."""
    given = [] if value is None else value
    if not isinstance(given, list) or not all(isinstance(code, str) for code in given):
        raise refuse('Send a list of country codes, such as ["KE", "US"].')
    codes = sorted({_code(sent) for sent in given})
    unknown = [code[:10] for code in codes if code not in CODES]
    if unknown:
        names = ", ".join(unknown[:MAX_UNKNOWN])
        raise refuse(f"Not country codes of ISO 3166 (two letters, such as KE): {names}.")
    return codes


_WRITTEN = {"anyOf": [{"type": "array", "items": {"type": "string", "enum": sorted(CODES)}}, {"type": "null"}]}
Countries = Annotated[list[str], BeforeValidator(_countries), WithJsonSchema(_WRITTEN)]
