"""`tests.e2e.test_public_imports` on the deployed application."""

from tests.e2e.test_public_imports import *  # noqa: F403
