"""The registry of limits per day."""

import re
from typing import get_args

import pytest

from chalicelib.config import SettingMissing, settings
from chalicelib.domain.limits import LIMITS, OF_STRANGERS
from chalicelib.identity.daily_limits import allowed
from chalicelib.schemas.admin import LimitName
from infra import template


@pytest.fixture
def set_limits(monkeypatch):
    """Set DAILY_LIMITS."""

    def set_to(text):
        monkeypatch.setenv("DAILY_LIMITS", text)
        settings.cache_clear()

    yield set_to
    monkeypatch.undo()
    settings.cache_clear()


def test_defaults():
    assert {limit.name: allowed(limit) for limit in LIMITS.values()} == {
        "account_mails": 5,
        "account_requests": 200,
        "channels": 1000,
        "exports": 5,
        "invitations": 100,
        "mails": 20,
        "saved_searches": 1000,
        "storage_requests": 5,
        "tokens": 50,
    }


def test_a_setting_replaces_some(set_limits):
    set_limits("channels=5, mails=0,")
    found = {name: allowed(limit) for name, limit in LIMITS.items()}
    assert (found["channels"], found["mails"], found["tokens"]) == (5, 0, 50)


@pytest.mark.parametrize("text", ["channels", "channels=x", "channels=-1", "channels=1;mails=2", "="])
def test_a_malformed_setting_is_reported(set_limits, text):
    set_limits(text)
    with pytest.raises(SettingMissing, match="DAILY_LIMITS"):
        settings()


def test_requests_and_the_template_take_these_names():
    assert set(get_args(LimitName)) == set(LIMITS) - {limit.name for limit in OF_STRANGERS}
    pattern = re.compile(template.compose()["Parameters"]["DailyLimits"]["AllowedPattern"])
    everything = ",".join(f"{name}=1" for name in LIMITS)
    assert all(pattern.fullmatch(text) for text in ("", everything, "mails=30"))
    assert not any(pattern.fullmatch(text) for text in ("mail=1", "mails", "mails=1;tokens=2", "mails=-1"))
