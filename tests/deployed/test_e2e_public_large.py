"""`tests.e2e.test_public_large` on the deployed application."""

from tests.e2e.test_public_large import *  # noqa: F403
