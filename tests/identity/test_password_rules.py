"""Which passwords are accepted."""

import time

import pytest

from chalicelib.domain.tokens import new_password
from chalicelib.identity import password_rules
from chalicelib.identity.password_rules import MAX_PASSWORD, MIN_PASSWORD, problem

EMAIL = "someone@example.org"
# Makes zxcvbn try hundreds of substitutions.
CRAFTED = "4@8({[<36&9!1|i7+$5%20"


@pytest.mark.parametrize(
    "password",
    [
        "correct horse",
        "battery staple",
        "maria gonzalez lives here",
        "3847561920473",
        "qwzxvkjhgpn",
        "ünïcödé wörds äre fine",
        "名前は何ですかと聞いた",
        new_password(),
        "v7!qZm2#kLp9" * 80,
    ],
    ids=range(9),
)
def test_long_uncommon_passwords_of_any_characters_are_accepted(password):
    assert problem(password, EMAIL) is None


@pytest.mark.parametrize(
    "password",
    [
        "password1234",
        "P@ssw0rd123",
        "Password2026!",
        "1234567890",
        "qwertyuiop",
        "iloveyou2024",
        "sunshine123",
        "aaaaaaaaaaaa",
        "abababababab",
        "hunter2hunter2",
        "someone@example.org",
        "SomeoneExample",
        "kolibristudio",
        "\0" * 12,
        " " * 12,
    ],
)
def test_common_ones_are_refused_with_a_reason(password):
    said = problem(password, EMAIL) or ""
    assert said.startswith("This password is too easy to guess. ")
    assert said.endswith("Use several uncommon words, or a password manager.")
    assert password not in said


def test_the_length_is_limited():
    short, long = "v7!qZm2#kLp9x"[: MIN_PASSWORD - 1], "v7!qZm2#kLp9x" * 80
    assert f"at least {MIN_PASSWORD} characters" in (problem(short, EMAIL) or "")
    assert f"at most {MAX_PASSWORD} characters" in (problem(long[: MAX_PASSWORD + 1], EMAIL) or "")
    assert problem("v7!qZm2#kL", EMAIL) is None


def test_a_long_crafted_password_takes_no_longer_than_what_is_looked_at(monkeypatch):
    def seconds(password):
        started = time.process_time()
        problem(password, EMAIL)
        return time.process_time() - started

    problem("warmed up", EMAIL)
    looked_at = seconds((CRAFTED * 40)[: password_rules.MAX_ESTIMATED])
    assert seconds((CRAFTED * 40)[:MAX_PASSWORD]) < 3 * looked_at
