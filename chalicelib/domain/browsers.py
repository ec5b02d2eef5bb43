"""What a User-Agent says in words, such as "Firefox on Windows". Nothing of it is repeated, as anybody may send any."""

MAX_READ = 400  # characters
UNKNOWN = "Unknown device"
# The first part that occurs decides: browsers also name those that they descend from.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
_PROGRAMS = (("curl/", "curl"), ("python", "a Python program"), ("Wget/", "Wget"), ("PostmanRuntime/", "Postman"))


def described(agent: str) -> str:
    """The browser and system that a User-Agent names, or the program."""
    text = agent[:MAX_READ]
    browser, system, program = (_first(text, parts) for parts in (_BROWSERS, _SYSTEMS, _PROGRAMS))
    if browser and system:
        return f"{browser} on {system}"
    found = browser or program or system
    return found[0].upper() + found[1:] if program and not browser else found or UNKNOWN


def _first(text: str, parts: tuple[tuple[str, str], ...]) -> str:
    return next((name for part, name in parts if part in text), "")
