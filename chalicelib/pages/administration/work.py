"""What is running or stuck."""

from chalicelib.config import settings
from chalicelib.http.pagination import page_of
from chalicelib.http.router import Reply, Request
from chalicelib.http.site import page, redirect
from chalicelib.operations.administration import queue_lengths, running_tasks
from chalicelib.schemas.admin import AdminTaskList
from chalicelib.schemas.listing import ListQuery
from chalicelib.schemas.query import parse_query

PAGE_SIZE = 50


def start(_: Request) -> Reply:
    """The first of these pages."""
    return redirect("/admin/users/")


def show(request: Request) -> Reply:
    """The tasks that have not ended, oldest first, and the lengths of the queues."""
    query = parse_query(AdminTaskList, request.query)
    rows = running_tasks.listed(request.user, query)
    found = page_of(rows, query.page or 1, PAGE_SIZE, "/admin/work/", {})
    tasks = running_tasks.fill(request.user, found["results"])
    queues = queue_lengths.listed(request.user, parse_query(ListQuery, {}))
    return page(request, "admin/work.html", found=found, tasks=tasks, queues=queues, stage=settings().stage)
