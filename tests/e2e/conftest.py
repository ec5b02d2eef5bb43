"""One whole local stack for all end-to-end tests."""

from collections.abc import Iterator

import pytest

from infra.local.stack import Stack, start


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The application on a free port with new data: `url`, `token`, `email`, `password`, `environment`."""
    with start(0, tmp_path_factory.mktemp("stack")) as running:
        yield running


def pytest_itemcollected(item: pytest.Item) -> None:
    """Keep them in one process of pytest-xdist: they share the stack and what the first of them made."""
    item.add_marker(pytest.mark.xdist_group("e2e"))
