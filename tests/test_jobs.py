"""The jobs of the maintenance queue: whatever is sent is registered and handled by a worker."""

import ast
import inspect

import pytest

from chalicelib.domain import jobs
from chalicelib.domain.jobs import JOBS, Job
from chalicelib.handlers.workers import WORK
from infra.deploying import commands
from tests.support.source.code import PACKAGE, modules

REGISTRY = f"{PACKAGE}.domain.jobs"


def test_every_job_is_registered():
    assert {job for job in vars(jobs).values() if isinstance(job, Job)} == set(JOBS.values())


def test_names_are_those_of_sent_messages():
    assert {(job.name, job.arguments) for job in JOBS.values()} == {
        ("apply_changes", ("owner",)),
        ("clear_copy", ("node_id", "attempt")),
        ("collect_files", ()),
        ("collect_step", ("after", "began", "counts")),
        ("copy_nodes", ("task_id",)),
        ("count_storage", ("user_id",)),
        ("delete_user", ("user_id",)),
        ("details", ("task_id",)),
        ("diff", ("task_id",)),
        ("end_retention", ()),
        ("end_task", ("task_id",)),
        ("end_trash", ("channel_id", "after")),
        ("end_uses", ("channel_id", "uses")),
        ("end_versions", ("channel_id",)),
        ("expire_uploads", ()),
        ("export_user", ("task_id",)),
        ("index_channels", ("channel_ids",)),
        ("list_channels", ("channel_ids",)),
        ("note_files", ()),
        ("note_files_of_channel", ("channel_id",)),
        ("pass_on_channel", ("channel_id",)),
        ("pass_on_channels", ("user_id",)),
        ("place_all_databases", ()),
        ("place_databases", ("channel_id",)),
        ("purge_channel", ("channel_id",)),
        ("purge_nodes", ("node_id",)),
        ("rebuild_public_index", ()),
        ("rebuild_search_index", ()),
        ("reconcile_channel", ("channel_id", "user_id", "start")),
        ("reconcile_files", ("user_id", "names")),
        ("recount_step", ("step", "id", "start", "began")),
        ("recount_storage", ()),
        ("redrive", ("queue",)),
        ("remove_tree", ("channel_id", "root_id")),
        ("retention_step", ("step", "after")),
        ("settle_collected", ("names",)),
        ("settle_nodes", ("node_id", "rev")),
        ("space_children", ("parent_id",)),
        ("tree_data", ("task_id",)),
        ("tree_facts", ("root_id",)),
    }


@pytest.mark.parametrize("job", JOBS.values(), ids=JOBS.keys())
def test_a_worker_does_every_job_with_its_arguments(job):
    assert tuple(inspect.signature(WORK[job]).parameters) == job.arguments


def test_workers_do_no_other_jobs():
    assert set(WORK) == set(JOBS.values())


def test_only_registered_jobs_are_sent():
    """Messages are created by their jobs: no other module writes {"job": …}."""
    others = [
        (name, node.lineno)
        for name, tree in modules().items()
        if name != REGISTRY
        for node in ast.walk(tree)
        if isinstance(node, ast.Dict) and any(isinstance(key, ast.Constant) and key.value == "job" for key in node.keys)
    ]
    assert not others


def test_a_message_names_the_job_and_its_arguments():
    assert jobs.PROPAGATE_MOVE.message(node_id="n", rev=3) == {"job": "settle_nodes", "node_id": "n", "rev": 3}
    assert list(jobs.PROPAGATE_MOVE.message(node_id="n", rev=3)) == ["job", "node_id", "rev"]


@pytest.mark.parametrize("arguments", [{}, {"node_id": "n"}, {"node_id": "n", "rev": 3, "more": 1}])
def test_a_message_has_all_arguments_of_its_job_and_no_others(arguments):
    with pytest.raises(TypeError, match="The job settle_nodes takes node_id, rev"):
        jobs.PROPAGATE_MOVE.message(**arguments)


def test_operators_may_request_the_manual_jobs():
    assert set(commands.JOBS) == {job.name for job in JOBS.values() if job.is_manual}
