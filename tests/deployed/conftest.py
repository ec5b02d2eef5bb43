"""The application as deployed, for all tests of this folder: the end-to-end tests use it instead of the local stack.

`make test-deployed` runs them; `make test` leaves them out.
"""

from collections.abc import Iterator

import pytest

from infra.local import deployed
from infra.local.stack import Stack
from tests.deployed.operator import Operator
from tests.e2e.conftest import admin, imported, kolibri, small, uploader, wide

__all__ = ["admin", "imported", "kolibri", "operator", "small", "stack", "uploader", "wide"]


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A CloudFormation stack on a free port, with everything that `tests.e2e` needs."""
    with deployed.start(0, tmp_path_factory.mktemp("deployed")) as running:
        yield running


@pytest.fixture(scope="session")
def operator(stack: Stack) -> Operator:
    """The operator who deployed it."""
    return Operator(stack)
