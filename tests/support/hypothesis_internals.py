"""The reach into hypothesis' internals: fewer examples for tests that say how many they want.

A profile changes only tests that do not say it: https://github.com/HypothesisWorks/hypothesis/issues/2310 (profiles are
the only way), https://github.com/HypothesisWorks/hypothesis/issues/2434 (no option for it is wanted). `@settings` keeps
its choice on the test's function. `tests/test_library_internals.py` fails where an update changes that.
"""

from typing import Any

import hypothesis

SETTINGS = "_hypothesis_internal_use_settings"


def limit_examples(test: Any, most: int) -> None:
    """Let a test of hypothesis run this many examples at most; any other one stays as it is."""
    wanted = getattr(test, SETTINGS, None)
    if wanted is not None:
        few = hypothesis.settings(wanted, max_examples=min(most, wanted.max_examples))
        setattr(getattr(test, "__func__", test), SETTINGS, few)
