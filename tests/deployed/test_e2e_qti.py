"""`tests.e2e.test_qti` on the deployed application."""

from tests.e2e.test_qti import *  # noqa: F403
