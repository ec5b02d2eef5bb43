"""What `make test-quick` leaves to `make test`: modules, relative to tests/, and tests of others, after why."""

from functools import cache
from pathlib import Path

TESTS = Path(__file__).parents[1]
LEFT_OUT = {
    "asks every route, sends every kind of value": (
        "api/test_fuzz.py",
        "api/test_openapi.py",
        "api/test_options.py",
        "api/test_pages.py",
        "handlers/test_add_nodes.py::test_every_field_is_kept",
        "handlers/test_add_nodes.py::test_every_kind_is_kept",
        "handlers/test_assessmentitem.py::test_never_fails_whatever_is_sent",
        "handlers/test_bad_*.py",
        "handlers/test_credentials.py",
        "handlers/test_methods.py",
        "handlers/test_people_bad_input.py",
        "handlers/test_public_bad_input.py",
        "handlers/test_publish_anything.py",
        "handlers/test_round_trips.py",
        "handlers/test_session_routes.py",
    ),
    "plays long, with large trees or long lists": (
        "*/test_*_machine.py",
        "handlers/test_add_nodes_repeated.py",
        "handlers/test_contentnode_background.py",
        "handlers/test_contentnode_limits.py",
        "handlers/test_node_spacing.py",
        "handlers/test_public_large.py",
        "handlers/test_publish.py::test_long_notes_of_many_versions_do_not_stop_publishing",
        "handlers/test_session_passwords.py::test_takes_as_long_where_nobody_is",
        "handlers/test_sync_order.py",
        "export/test_content_db.py::test_twenty_thousand_nodes_take_seconds",
    ),
    "compares with everything that was recorded of Studio": (
        "handlers/test_*_recorded.py",
        "handlers/test_recordings_*.py",
        "export/test_content_db_reference.py",
    ),
    "publishes many channels for each test": (
        "handlers/test_public_caching.py",
        "handlers/test_public_changes.py",
        "handlers/test_public_tokens.py",
        "handlers/test_public_visibility.py",
        "handlers/test_public_walks.py",
        "handlers/test_publish_draft.py",
        "handlers/test_publish_qti.py",
        "handlers/test_search.py",
        "handlers/test_workers_seldom.py",
    ),
}


@cache
def modules() -> set[Path]:
    """The modules that are left out."""
    return {path for name in _names() if "::" not in name for path in TESTS.glob(name)}


def tests() -> set[tuple[Path, str]]:
    """The tests that are left out of other modules."""
    return {(TESTS / module, test) for module, _, test in (name.partition("::") for name in _names()) if test}


def _names() -> list[str]:
    return [name for names in LEFT_OUT.values() for name in names]
