"""The use of hypothesis' internals: fewer examples for tests that set their number of examples.

A profile does not change these tests: https://github.com/HypothesisWorks/hypothesis/issues/2310 (profiles are the only
way), https://github.com/HypothesisWorks/hypothesis/issues/2434 (an option for it was declined). `@settings` stores its
choice on the test's function. `tests/test_library_internals.py` fails when an update changes that.
"""

from typing import Any

import hypothesis

SETTINGS = "_hypothesis_internal_use_settings"


def limit_examples(test: Any, maximum: int) -> None:
    """Limit the examples of a hypothesis test; other tests are not changed."""
    wanted = getattr(test, SETTINGS, None)
    if wanted is not None:
        few = hypothesis.settings(wanted, max_examples=min(maximum, wanted.max_examples))
        setattr(getattr(test, "__func__", test), SETTINGS, few)
