"""What `make test-quick` skips: modules, relative to tests/, and single tests, by reason."""

from functools import cache
from pathlib import Path

TESTS = Path(__file__).parents[1]
SKIPPED = {
    "calls every route, or sends every kind of value": (
        "http/test_fuzz.py",
        "http/test_fuzz_bodies.py",
        "http/test_openapi.py",
        "http/test_options.py",
        "http/test_pages.py",
        "handlers/chef/test_add_nodes.py::test_every_field_is_stored",
        "handlers/chef/test_add_nodes.py::test_every_kind_is_stored",
        "handlers/files/test_assessmentitem.py::test_never_fails_with_a_server_error",
        "handlers/*/test_bad_*.py",
        "handlers/accounts/test_credentials.py",
        "handlers/http/test_methods.py",
        "handlers/people/test_people_bad_input.py",
        "handlers/public/test_public_bad_input.py",
        "handlers/publishing/test_publish_anything.py",
        "handlers/http/test_round_trips.py",
        "handlers/accounts/test_session_routes.py",
    ),
    "is slow: large trees or long lists": (
        "**/test_*_machine.py",
        "handlers/chef/test_add_nodes_repeated.py",
        "handlers/nodes/test_contentnode_background.py",
        "handlers/nodes/test_contentnode_limits.py",
        "handlers/nodes/test_node_spacing.py",
        "handlers/public/test_public_large.py",
        "handlers/publishing/test_publish_shapes.py::test_a_tree_of_60_levels",
        "handlers/publishing/test_publish.py::test_long_notes_of_many_versions_do_not_stop_publishing",
        "handlers/accounts/test_session_passwords.py::test_takes_as_long_for_an_unknown_account",
        "handlers/sync/test_sync_order.py",
    ),
    "draws trees and builds a database of each": (
        "content_databases/test_database.py::test_rows_are_in_tree_order_without_gaps",
        "content_databases/test_importing.py::test_pages_add_up_to_the_whole",
        "content_databases/test_tree.py::test_at_most_twelve_children_are_returned_in_tree_order",
        "content_databases/test_tree.py::test_following_more_visits_each_node_once",
        "content_databases/test_where.py::test_a_node_is_retrieved_if_it_matches",
        "content_databases/test_where.py::test_pages_have_each_matching_node_once_in_tree_order",
    ),
    "compares with everything recorded from Studio": (
        "handlers/*/test_*_recorded.py",
        "handlers/*/test_recordings_*.py",
        "export/test_content_db_reference.py",
    ),
    "publishes many channels for each test": (
        "handlers/public/test_public_caching.py",
        "handlers/public/test_public_changes.py",
        "handlers/public/test_public_tokens.py",
        "handlers/public/test_public_visibility.py",
        "handlers/public/test_public_walks.py",
        "handlers/publishing/test_publish_draft.py",
        "handlers/publishing/test_publish_qti.py",
        "handlers/search/test_search.py",
        "handlers/publishing/test_workers_rare_paths.py",
    ),
    "runs pytest in a process of its own": ("test_time_limits.py::test_that_hangs_is_named",),
}


@cache
def modules() -> set[Path]:
    """The modules that are skipped."""
    return {path for name in _names() if "::" not in name for path in TESTS.glob(name)}


def tests() -> set[tuple[Path, str]]:
    """The single tests that are skipped in other modules."""
    return {(TESTS / module, test) for module, _, test in (name.partition("::") for name in _names()) if test}


def _names() -> list[str]:
    return [name for names in SKIPPED.values() for name in names]
