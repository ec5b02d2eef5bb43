"""`tests.e2e.test_clients_small` on the deployed application."""

from tests.e2e.test_clients_small import *  # noqa: F403
