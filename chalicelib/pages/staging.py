"""The review of a staged tree, where ricecooker's `--stage` leads, and what follows: deploy it, or discard it."""

from typing import Any

from chalicelib.errors import StudioError
from chalicelib.http.router import Reply, Request
from chalicelib.http.site import page, redirect
from chalicelib.operations.channels import deploy
from chalicelib.operations.trees import staging_review
from chalicelib.operations.trees.staging_review import Review
from chalicelib.schemas.query import last_values

FIELDS = {
    "license": "licence",
    "license_description": "licence description",
    "extra_fields": "settings",
    "content_id": "content ID",
    "assessment_item_count": "number of questions",
    "suggested_duration": "duration in seconds",
    "role_visibility": "visible to",
    "categories": "subjects",
    "grade_levels": "levels",
    "learner_needs": "requirements",
    "accessibility_labels": "accessibility",
    "tags": "tags",
}
DEPLOY, DISCARD = "deploy", "discard"


def show(request: Request) -> Reply:
    """A level of the differences between the live and the staged tree."""
    sent = last_values(request.query)
    number = sent.get("page", "")
    found = _review(request, sent.get("topic", ""), int(number[:9]) if number.isdecimal() else 1)
    return page(request, "staging/review.html", **_values(found))


def confirm_deploy(request: Request) -> Reply:
    return _confirm(request, DEPLOY)


def confirm_discard(request: Request) -> Reply:
    return _confirm(request, DISCARD)


def deploy_tree(request: Request) -> Reply:
    """Deploy the tree that the form names: if another one was staged meanwhile, it must be reviewed first."""
    try:
        deploy.deploy(request.user, request.params["id"], request.form.get("staged"))
    except StudioError as error:
        return _confirm(request, DEPLOY, error)
    return redirect(f"/channels/{request.params['id']}/publish/", "deployed")


def discard_tree(request: Request) -> Reply:
    """Discard the tree that the form names, as `deploy_tree`."""
    try:
        deploy.discard(request.user, request.params["id"], request.form.get("staged"))
    except StudioError as error:
        return _confirm(request, DISCARD, error)
    return redirect(f"/channels/{request.params['id']}/staging/", "discarded")


def _confirm(request: Request, what: str, error: StudioError | None = None) -> Reply:
    return page(request, "staging/confirm.html", error=error, what=what, **_values(_review(request)))


def _review(request: Request, topic: str = "", number: int = 1) -> Review:
    return staging_review.review(request.user, request.params["id"], topic, number)


def _values(found: Review) -> dict[str, Any]:
    shown = found["shown"]
    kinds = sorted({kind for total in shown["summary"]["totals"] for kind in total["kind_count"]}) if shown else []
    return {"review": found, "shown": shown, "kinds": kinds, "field_names": FIELDS}
