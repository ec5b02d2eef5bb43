"""`tests.e2e.test_publish` on the deployed application."""

from tests.e2e.test_publish import *  # noqa: F403
