"""`tests.e2e.test_public_browsing` on the deployed application."""

from tests.e2e.test_public_browsing import *  # noqa: F403
