"""`tests.e2e.test_public_lists` on the deployed application."""

from tests.e2e.test_public_lists import *  # noqa: F403
