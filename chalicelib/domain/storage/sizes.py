"""Sizes in human units."""

UNITS = ("bytes", "kB", "MB", "GB", "TB")
STEP = 1000


def human(size: int | float | None) -> str:
    """A number of bytes in words, as in 1.5 MB; units are powers of 1000, as in file managers."""
    number, unit = float(size or 0), 0
    while round(number, 1) >= STEP and unit < len(UNITS) - 1:
        number, unit = number / STEP, unit + 1
    if unit == 0:
        return "1 byte" if number == 1 else f"{number:.0f} bytes"
    return f"{number:.1f}".removesuffix(".0") + f" {UNITS[unit]}"
