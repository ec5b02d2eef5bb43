"""Check of a chef's ricecooker version. The messages are Kolibri Studio's."""

from dataclasses import dataclass

from packaging.version import InvalidVersion, Version

NEWEST = "0.7.3"


@dataclass(frozen=True)
class Level:
    """The status of versions from `since` up to the next higher level."""

    since: Version
    status: int
    message: str


LEVELS = (
    Level(Version(NEWEST), 0, "Ricecooker v{version} is up-to-date."),
    Level(
        Version("0.6.31"),
        1,
        "You are using Ricecooker v{version}, however v{newest} is available. "
        "You should consider upgrading your Ricecooker.",
    ),
    Level(
        Version("0.6.21"),
        2,
        "Ricecooker v{version} is deprecated. Any channels created with this version will be unlinked "
        "with any future upgrades. You are strongly recommended to upgrade to v{newest}.",
    ),
    Level(
        Version("0.dev0"),
        3,
        "Ricecooker v{version} is no longer compatible. You must upgrade to v{newest} to continue.",
    ),
)


def check(text: str) -> tuple[int, str]:
    """Check a version: (status from 0 to 3, message).

    Raises ValueError if the text is not a version.
    """
    try:
        version = Version(text)
    except InvalidVersion as error:
        raise ValueError(f"{text!r} is not a version; send one like {NEWEST!r}.") from error
    level = next((level for level in LEVELS if version >= level.since), LEVELS[-1])
    return level.status, level.message.format(version=text, newest=NEWEST)
