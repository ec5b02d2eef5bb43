"""`tests.e2e.test_staging` on the deployed application."""

from tests.e2e.test_staging import *  # noqa: F403
