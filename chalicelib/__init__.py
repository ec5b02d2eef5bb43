"""Kolibri Studio's API. `app.py` imports it; its version is the one that the API shows and `pyproject.toml` reads."""

from datetime import UTC, datetime

__version__ = "0.1.0"  # semantic versioning
RELEASED = datetime(2026, 11, 30, tzinfo=UTC)  # the day of this version's heading in CHANGELOG.md
