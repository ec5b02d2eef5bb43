"""The settings of the application. No other module reads the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

REGISTRATION = ("open", "invitation", "closed")


class SettingMissing(Exception):
    """An environment variable is missing or invalid; the message names it."""


@dataclass(frozen=True)
class Settings:
    """All settings, typed. Sizes are in bytes, times in seconds."""

    stage: str
    table_prefix: str
    bucket: str
    publish_queue_url: str
    export_queue_url: str
    maintenance_queue_url: str
    uploads_queue_url: str
    assembly_queue_url: str
    failed_queue_url: str
    public_url: str  # of the CDN, as clients use it; without a trailing slash
    upload_url_seconds: int
    user_quota: int  # of users whom an operator makes
    registered_quota: int  # of users who register themselves
    registration: str  # who may register: one of REGISTRATION, where mail can be sent
    disk_cache: int  # maximum size of the published databases that a process caches on disk
    daily_limits: Mapping[str, int]  # by name; see domain/limits.py, which has the defaults
    retention: Mapping[str, int]  # by name; see domain/storage/retention.py, which has the defaults
    mail_from: str  # the sender of e-mail; empty to send none
    operator_mail: str  # where requests for more storage are sent; empty to send none
    collect_days: int  # after which stored files that nothing uses are deleted; 0 to keep them
    index_seconds: int  # how long a cached public index may be used without checking for a newer one
    origin_secret: str = field(repr=False)  # carried by requests of the CDN; empty to accept any request


@cache
def settings() -> Settings:
    """Read the environment once.

    Raises SettingMissing, naming the variable.
    """
    return Settings(
        stage=_text("STAGE", "dev"),
        table_prefix=_text("TABLE_PREFIX"),
        bucket=_text("BUCKET"),
        publish_queue_url=_text("PUBLISH_QUEUE_URL"),
        export_queue_url=_text("EXPORT_QUEUE_URL"),
        maintenance_queue_url=_text("MAINTENANCE_QUEUE_URL"),
        uploads_queue_url=_text("UPLOADS_QUEUE_URL"),
        assembly_queue_url=_text("ASSEMBLY_QUEUE_URL"),
        failed_queue_url=_text("FAILED_QUEUE_URL"),
        public_url=_text("PUBLIC_URL").rstrip("/"),
        upload_url_seconds=_number("UPLOAD_URL_SECONDS", 3600),
        user_quota=_number("USER_QUOTA", 50 * 1024**3),
        registered_quota=_number("REGISTERED_QUOTA", 500 * 1024**2),
        registration=_choice("REGISTRATION", REGISTRATION),
        disk_cache=_number("DISK_CACHE", 400 * 1024**2),
        daily_limits=_numbers("DAILY_LIMITS", "channels=2000,invitations=500"),
        retention=_numbers("RETENTION", "trash=60,versions=20"),
        mail_from=os.environ.get("MAIL_FROM", ""),
        operator_mail=os.environ.get("OPERATOR_MAIL", ""),
        collect_days=_number("COLLECT_DAYS", 30),
        index_seconds=_number("INDEX_SECONDS", 1),
        origin_secret=os.environ.get("FRONT_KEY", ""),
    )


def _text(name: str, default: str | None = None) -> str:
    value = os.environ.get(name, default)
    if not value:
        raise SettingMissing(f"Set the environment variable {name}.")
    return value


def _number(name: str, default: int) -> int:
    value = os.environ.get(name, str(default))
    if not value.isdigit():
        raise SettingMissing(f"The environment variable {name} must be a whole number, not {value!r}.")
    return int(value)


def _choice(name: str, choices: tuple[str, ...]) -> str:
    """One of the choices, the first by default."""
    value = os.environ.get(name) or choices[0]
    if value not in choices:
        raise SettingMissing(f"The environment variable {name} must be one of {', '.join(choices)}, not {value!r}.")
    return value


def _numbers(name: str, example: str) -> dict[str, int]:
    """`name=number` pairs, separated by commas."""
    pairs = [pair.partition("=") for pair in os.environ.get(name, "").split(",") if pair.strip()]
    if not all(number.strip().isdigit() for _, _, number in pairs):
        raise SettingMissing(f"The environment variable {name} must be like {example}.")
    return {key.strip(): int(number) for key, _, number in pairs}
