"""Sizes in human units."""

_UNITS = ("kB", "MB", "GB", "TB", "PB")
_STEP = 1024


def human(size: int) -> str:
    """A number of bytes as people read it, such as "1.5 GB". A kB has 1024 bytes, as in the settings."""
    value, unit = float(max(0, size)), "bytes"
    for larger in _UNITS:
        if value < _STEP:
            break
        value, unit = value / _STEP, larger
    shown = f"{value:.0f}" if unit == "bytes" or value >= 100 else f"{value:.1f}".removesuffix(".0")
    return f"{shown} {'byte' if size == 1 else unit}"
