"""The permissions of every route, for every kind of caller. A route that is missing in the table fails the tests."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chalicelib.domain.ids import parse_id
from chalicelib.http.router import Route
from chalicelib.identity.cookies import CSRF
from chalicelib.models.channel_members import EDIT, VIEW
from tests.support.aws.cloud import Cloud, empty_cloud
from tests.support.aws.request_data import (
    FORM,
    State,
    channel,
    channel_of,
    exercise_of,
    form,
    in_parts,
    in_root,
    live_root,
    new_account,
    new_clipboard_entry,
    new_file,
    new_id,
    new_invitation,
    new_late_task,
    new_node,
    new_question,
    new_saved_search,
    new_set,
    new_token,
    new_upload,
    new_viewer,
    node_of,
    public_of,
    question,
    required,
    requiring_node,
    source,
    staged_channel,
    trashed_node,
    upload_url,
)
from tests.support.http import requests
from tests.support.http.client import Studio
from tests.support.http.pages import Visitor
from tests.support.source import routes
from tests.support.worlds import nodes

# In one process and in order: a row may need what the row before has made, such as a request that is withdrawn.
pytestmark = pytest.mark.xdist_group("permissions")

WHO = ("anonymous", "stranger", "viewer", "editor", "editor of another channel", "administrator")
EVERYONE = (200,) * 6
SIGNED_IN = (401, *(200,) * 5)
ADMINISTRATORS = (401, 403, 403, 403, 403, 200)
NOBODY = (404,) * 6
EDITORS = (401, 403, 403, 200, 403, 200)
MEMBERS = (401, 404, 200, 200, 404, 200)
TO_READ = (401, 412, 412, 412, 412, 412)  # without a filter


def to_write(status: int) -> tuple[int, ...]:
    """Viewers may not write."""
    return (401, 404, 403, status, 404, status)


EDITORS_ONLY_KNOW_OF_IT = (401, 404, 404, 200, 404, 200)

BASE = "/api/internal"
Body = Callable[[State], Any]
# route, body, parameter of the path, statuses in the order of WHO
Row = tuple[str, Body | None, Callable[[State], str] | None, tuple[int, ...]]


NO_KEY = {"key": "a", "password": "correct horse", "new_password": "correct horse"}
NOT_THE_PASSWORD = {"old_password": "wrong", "new_password": "correct horse"}
SESSION, ACCOUNTS = "/api/auth/session", "/en/accounts"
# Signing in and out, which needs no authentication: as TABLE.
SESSIONS: list[Row] = [
    (f"GET {SESSION}/current", None, None, EVERYONE),
    (f"POST {SESSION}", new_account, None, (201,) * 6),
    (f"DELETE {SESSION}/current", None, None, (204,) * 6),
    (f"GET {ACCOUNTS}", None, None, EVERYONE),
    (f"POST {ACCOUNTS}/login", new_account, None, (302,) * 6),
    (f"POST {ACCOUNTS}/logout", None, None, (302,) * 6),
    # In a stage that sends no mail, and with a key that was never sent.
    ("GET /api/auth/register", None, None, EVERYONE),
    ("POST /api/auth/register", lambda _: {"email": "a@example.org", "password": "correct horse"}, None, (403,) * 6),
    ("POST /api/auth/activate", lambda _: NO_KEY, None, (403,) * 6),
    ("POST /api/auth/password/reset", lambda _: {"email": "a@example.org"}, None, (403,) * 6),
    (
        "POST /api/auth/password/reset/confirm",
        lambda _: {"key": "a", "new_password": "correct horse"},
        None,
        (400,) * 6,
    ),
    ("POST /api/user/me/password", lambda _: NOT_THE_PASSWORD, None, (401, *(400,) * 5)),
]


OF_NOBODY_ELSE = (401, *(404,) * 5)
ADMINISTRATORS_ONLY_KNOW_OF_IT = (401, 404, 404, 404, 404, 200)
INVITATION = "/api/invitation/{id}"
# Members of channels, and administration: as TABLE.
PEOPLE: list[Row] = [
    ("GET /api/user", None, None, SIGNED_IN),
    ("GET /api/user/me", None, None, SIGNED_IN),
    ("GET /api/user/me/tokens", None, None, SIGNED_IN),
    ("POST /api/user/me/tokens", lambda _: {"name": "t"}, None, (401, *(403,) * 5)),
    ("DELETE /api/user/me/tokens/{id}", None, new_token, (401, *(403,) * 5)),
    ("GET /api/user/me/sessions", None, None, (401, *(403,) * 5)),
    ("DELETE /api/user/me/sessions", None, None, (401, *(403,) * 5)),
    ("DELETE /api/user/me/sessions/{id}", None, new_viewer, (401, *(403,) * 5)),
    ("GET /api/user/me/storage", None, None, SIGNED_IN),
    ("POST /api/user/me/storage/request", lambda _: {"bytes": 1, "reason": "r"}, None, (401, *(201,) * 5)),
    ("DELETE /api/user/me/storage/request", None, None, (401, *(204,) * 5)),
    ("PATCH /api/user/me", lambda _: {"first_name": "n"}, None, SIGNED_IN),
    ("GET /api/user/me/deletion", None, None, SIGNED_IN),
    # These send API tokens, which may not do this.
    ("GET /api/user/me/export", None, None, (401, *(403,) * 5)),
    ("POST /api/user/me/export", None, None, (401, *(403,) * 5)),
    ("POST /api/user/me/deletion", lambda _: {"password": "correct horse"}, None, (401, *(403,) * 5)),
    ("GET /api/user/{id}", None, new_viewer, (401, *(404,) * 5)),
    ("GET /api/channeluser", None, None, TO_READ),
    ("POST /api/channeluser/{id}/make_editor", channel, new_viewer, to_write(200)),
    ("DELETE /api/channeluser/{id}", None, lambda s: f"{new_viewer(s)}?channel={s.channel_id}", to_write(204)),
    ("DELETE /api/channeluser/{id}/remove_self", None, new_viewer, (401, *(400,) * 5)),
    ("GET /api/invitation", None, None, SIGNED_IN),
    ("POST /api/invitation", lambda s: {"email": f"{new_id()}@a.org", "channel": s.channel_id}, None, to_write(201)),
    (f"GET {INVITATION}", None, new_invitation, EDITORS_ONLY_KNOW_OF_IT),
    (
        f"PUT {INVITATION}",
        lambda s: {"email": "a@example.org", "channel": s.channel_id},
        new_invitation,
        EDITORS_ONLY_KNOW_OF_IT,
    ),
    (f"PATCH {INVITATION}", lambda _: {"revoked": True}, new_invitation, EDITORS_ONLY_KNOW_OF_IT),
    (f"POST {INVITATION}/accept", None, new_invitation, (401, 404, 404, 403, 404, 403)),
    (f"POST {INVITATION}/decline", None, new_invitation, (401, 404, 404, 403, 404, 403)),
    ("GET /api/channelset", None, None, SIGNED_IN),
    ("POST /api/channelset", lambda _: {"name": "s"}, None, (401, *(201,) * 5)),
    ("GET /api/channelset/{id}", None, new_set, ADMINISTRATORS_ONLY_KNOW_OF_IT),
    ("PUT /api/channelset/{id}", lambda _: {"name": "s"}, new_set, ADMINISTRATORS_ONLY_KNOW_OF_IT),
    ("PATCH /api/channelset/{id}", lambda _: {"name": "s"}, new_set, ADMINISTRATORS_ONLY_KNOW_OF_IT),
    ("DELETE /api/channelset/{id}", None, new_set, (401, 404, 404, 404, 404, 204)),
    ("GET /api/admin-users", None, None, ADMINISTRATORS),
    ("GET /api/admin-users/{id}", None, new_viewer, ADMINISTRATORS),
    ("PUT /api/admin-users/{id}", lambda _: {"is_active": False}, new_viewer, ADMINISTRATORS),
    ("PATCH /api/admin-users/{id}", lambda _: {"is_active": False}, new_viewer, ADMINISTRATORS),
    ("DELETE /api/admin-users/{id}/sessions", None, new_viewer, (401, 403, 403, 403, 403, 204)),
    ("DELETE /api/admin-users/{id}/tokens", None, new_viewer, (401, 403, 403, 403, 403, 204)),
    ("GET /api/admin-channels", None, None, (401, 403, 403, 403, 403, 412)),
    ("GET /api/admin-channels/{id}", None, channel_of, ADMINISTRATORS),
    ("GET /api/admin-tasks", None, None, ADMINISTRATORS),
    ("GET /api/admin-queues", None, None, ADMINISTRATORS),
    ("POST /api/admin-tasks/{id}/end", None, new_late_task, (401, 403, 403, 403, 403, 204)),
    ("POST /api/admin-queues/{id}/redrive", None, lambda _: "uploads", (401, 403, 403, 403, 403, 204)),
    # These change nothing: other rows need one public channel and one that is not.
    ("PATCH /api/admin-channels/{id}", lambda _: {"public": True}, public_of, ADMINISTRATORS),
    ("PUT /api/admin-channels/{id}", lambda _: {"public": False}, channel_of, ADMINISTRATORS),
]


NODE = "/api/contentnode/{id}"
CONTENT_NODES: list[Row] = [
    ("GET /api/contentnode", None, None, TO_READ),
    (
        "POST /api/contentnode",
        lambda s: {"parent": live_root(s), "kind": "topic", "title": "t"},
        None,
        to_write(201),
    ),
    (f"GET {NODE}", None, exercise_of, MEMBERS),
    (f"PUT {NODE}", lambda s: {"parent": live_root(s), "kind": "topic", "title": "t"}, new_node, to_write(200)),
    (f"PATCH {NODE}", lambda _: {"title": "t"}, new_node, to_write(200)),
    (f"DELETE {NODE}", None, new_node, to_write(204)),
    (f"GET {NODE}/requisites", None, exercise_of, MEMBERS),
    (f"GET {NODE}/size", None, live_root, MEMBERS),
    (f"POST {NODE}/move", in_root, new_node, to_write(200)),
    (f"POST {NODE}/restore", in_root, trashed_node, to_write(200)),
    (f"POST {NODE}/copy", in_root, exercise_of, to_write(201)),
    (f"POST {NODE}/prerequisites", required, new_node, to_write(201)),
    (f"DELETE {NODE}/prerequisites", required, requiring_node, to_write(204)),
]

TABLE: list[Row] = [
    ("GET /api", None, None, EVERYONE),
    ("GET /api/openapi.json", None, None, EVERYONE),
    ("GET /api/docs", None, None, EVERYONE),
    ("GET /api/docs/{subject}", None, lambda _: "channels", EVERYONE),
    (f"GET {BASE}/authenticate_user_internal", None, None, SIGNED_IN),
    (f"POST {BASE}/authenticate_user_internal", None, None, SIGNED_IN),
    (f"POST {BASE}/check_version", lambda _: {"version": "0.8.0"}, None, SIGNED_IN),
    (f"POST {BASE}/file_diff", lambda _: [], None, SIGNED_IN),
    (f"POST {BASE}/file_upload", form, None, SIGNED_IN),
    (f"POST {requests.UPLOAD_URL}", upload_url, None, SIGNED_IN),
    (f"POST {BASE}/create_channel", lambda _: {"channel_data": {"id": new_id(), "name": "n"}}, None, SIGNED_IN),
    (f"POST {BASE}/create_channel", lambda s: {"channel_data": {"id": s.channel_id, "name": "n"}}, None, EDITORS),
    (f"POST {BASE}/add_nodes", lambda s: {"root_id": s.root, "content_data": [nodes.topic("t")]}, None, EDITORS),
    (f"POST {BASE}/add_nodes", lambda s: {"root_id": s.root, "content_data": []}, None, EDITORS),
    (f"POST {BASE}/finish_channel", channel, None, EDITORS),
    (f"POST {BASE}/publish_channel", channel, None, EDITORS),
    (f"POST {BASE}/check_user_is_editor", channel, None, EDITORS),
    (f"POST {BASE}/get_channel_status_bulk", lambda s: {"channel_ids": [s.channel_id]}, None, EDITORS),
    (f"POST {BASE}/get_tree_data", channel, None, EDITORS),
    (f"POST {BASE}/get_node_tree_data", channel, None, EDITORS),
    ("GET /api/task/{task_id}", None, lambda s: s.task_id, MEMBERS),
    ("GET /api/task", None, None, TO_READ),
    ("GET /api/channel", None, None, TO_READ),
    ("POST /api/channel", lambda _: {"name": "n"}, None, (401, *(201,) * 5)),
    ("GET /api/channel/{id}", None, channel_of, MEMBERS),
    ("PUT /api/channel/{id}", lambda _: {"name": "n"}, channel_of, to_write(200)),
    ("PATCH /api/channel/{id}", lambda _: {"name": "n"}, channel_of, to_write(200)),
    ("DELETE /api/channel/{id}", None, channel_of, to_write(204)),
    ("POST /api/channel/{id}/restore", None, channel_of, to_write(200)),
    ("DELETE /api/channel/{id}/draft", None, staged_channel, to_write(204)),
    ("DELETE /api/channel/{id}/staging", None, staged_channel, to_write(204)),
    ("GET /api/channel/{id}/languages", None, channel_of, MEMBERS),
    ("GET /api/channel/{id}/language_exists", None, channel_of, MEMBERS),
    ("GET /api/channel/{id}/version_detail", None, channel_of, MEMBERS),
    ("GET /api/channel/{id}/diff", None, staged_channel, (401, 404, 202, 202, 404, 202)),
    ("GET /api/get_channel_details/{id}", None, channel_of, MEMBERS),
    ("GET /api/get_node_details/{id}", None, live_root, MEMBERS),
    ("POST /api/channel/{id}/deploy", None, staged_channel, to_write(200)),
    ("POST /api/channel/{id}/rollback", None, staged_channel, to_write(200)),
    ("POST /api/channel/{id}/publish", None, staged_channel, to_write(200)),
    ("POST /api/channel/{id}/publish_draft", None, staged_channel, to_write(200)),
    ("GET /api/channel/{id}", None, public_of, SIGNED_IN),
    ("GET /api/channelversion", None, None, TO_READ),
    ("GET /api/search", None, None, SIGNED_IN),
    ("GET /api/search/search", None, None, SIGNED_IN),
    ("GET /api/search/saved-search", None, None, SIGNED_IN),
    ("POST /api/search/saved-search", lambda _: {"name": "s"}, None, (401, *(201,) * 5)),
    ("GET /api/search/saved-search/{id}", None, new_saved_search, OF_NOBODY_ELSE),
    ("PUT /api/search/saved-search/{id}", lambda _: {"name": "s"}, new_saved_search, OF_NOBODY_ELSE),
    ("PATCH /api/search/saved-search/{id}", lambda _: {"name": "s"}, new_saved_search, OF_NOBODY_ELSE),
    ("DELETE /api/search/saved-search/{id}", None, new_saved_search, OF_NOBODY_ELSE),
    ("GET /api/catalog", None, None, (412,) * 6),
    ("GET /api/catalog/{id}", None, public_of, EVERYONE),
    ("GET /api/clipboard", None, None, TO_READ),
    ("POST /api/clipboard", source, None, (401, 400, 201, 201, 400, 201)),
    ("GET /api/clipboard/{id}", None, new_clipboard_entry, OF_NOBODY_ELSE),
    ("PUT /api/clipboard/{id}", source, new_clipboard_entry, (401, *(404,) * 5)),
    ("PATCH /api/clipboard/{id}", lambda _: {}, new_clipboard_entry, OF_NOBODY_ELSE),
    ("DELETE /api/clipboard/{id}", None, new_clipboard_entry, OF_NOBODY_ELSE),
    ("GET /api/bookmark", None, None, SIGNED_IN),
    ("POST /api/bookmark", lambda s: {"channel": s.channel_id}, None, (401, 404, 201, 201, 404, 201)),
    ("DELETE /api/bookmark/{id}", None, public_of, (401, *(404,) * 5)),
    ("POST /api/upload", in_parts, None, SIGNED_IN),
    ("GET /api/upload/{id}", None, new_upload, OF_NOBODY_ELSE),
    ("POST /api/upload/{id}/urls", lambda _: {"parts": [{"number": 1}]}, new_upload, OF_NOBODY_ELSE),
    ("POST /api/upload/{id}/complete", None, new_upload, OF_NOBODY_ELSE),
    ("DELETE /api/upload/{id}", None, new_upload, OF_NOBODY_ELSE),
    ("GET /api/file", None, None, TO_READ),
    ("GET /api/file/{id}", None, new_file, MEMBERS),
    ("PUT /api/file/{id}", lambda _: {"language": "en"}, new_file, to_write(200)),
    ("PATCH /api/file/{id}", lambda _: {"language": "en"}, new_file, to_write(200)),
    ("DELETE /api/file/{id}", None, new_file, to_write(204)),
    ("GET /api/assessmentitem", None, None, TO_READ),
    ("POST /api/assessmentitem", question, None, to_write(201)),
    ("GET /api/assessmentitem/{id}", None, new_question, MEMBERS),
    ("PUT /api/assessmentitem/{id}", question, new_question, to_write(200)),
    ("PATCH /api/assessmentitem/{id}", lambda _: {"question": "?"}, new_question, to_write(200)),
    ("DELETE /api/assessmentitem/{id}", None, new_question, to_write(204)),
    *SESSIONS,
    ("POST /api/sync", lambda s: {"changes": [], "channel_revs": {s.channel_id: 0}}, None, SIGNED_IN),
    *PEOPLE,
    *CONTENT_NODES,
    ("GET /api/public/info", None, None, EVERYONE),
    ("GET /api/public/v1/channels", None, None, EVERYONE),
    ("GET /api/public/v1/channels/lookup/{identifier}", None, channel_of, EVERYONE),
    ("GET /api/public/channel/{channel_id}", None, channel_of, EVERYONE),
    *(
        (f"GET /api/public/{path}", None, public_of if "{" in path else None, EVERYONE)
        for path in (
            "v1/channelmetadata",
            "v1/channelmetadata/{channel_id}",
            "v1/contentnode",
            "v1/contentnode/{node_id}",
            "v1/contentnode_tree/{node_id}",
            "v2/channel",
            "v2/channel/labels",
            "v2/channel/{channel_id}",
            "v2/contentnode",
            "v2/contentnode/{node_id}",
            "v2/contentnode_tree/{node_id}",
            "v2/importmetadata/{node_id}",
        )
    ),
    *(
        (f"GET /api/public/{path}", None, channel_of if "{" in path else None, NOBODY)
        for path in (
            "v2/channels",
            "v2/channels/lookup/{identifier}",
            "{version}/channels",
            "{version}/channels/lookup/{identifier}",
            "{version}/{resource}",
            "{version}/{resource}/{identifier}",
        )
    ),
]


REDIRECTED = (303,) * 6
OF_MEMBERS = (303, 404, 200, 200, 404, 200)
BY_EDITORS = (303, 404, 403, 303, 404, 303)
USERS = (303, *(200,) * 5)  # visitors without a session are led to the page to sign in
OF_EDITORS = (303, 404, 403, 200, 404, 200)
OF_MEMBERS = (303, 404, 200, 200, 404, 200)
BY_EDITORS = (303, 404, 403, 303, 404, 303)
NODE = "/channels/{id}/nodes/{node}"
# Pages for the editors of a channel, and what their forms do.
EDITING: list[Row] = [
    *((f"GET {NODE}/{page}", None, node_of, OF_EDITORS) for page in ("edit", "add", "move", "delete", "several")),
    (f"GET {NODE}/copy", None, node_of, OF_MEMBERS),
    *((f"POST {NODE}/{page}", lambda _: {"title": "t"}, node_of, BY_EDITORS) for page in ("edit", "add", "delete")),
    *((f"POST {NODE}/{page}", lambda s: {"into": live_root(s)}, node_of, BY_EDITORS) for page in ("move", "copy")),
    (f"GET {NODE}/files", None, node_of, OF_EDITORS),
    *((f"POST {NODE}/{page}", None, node_of, (303, 404, 403, 400, 404, 400)) for page in ("files", "upload")),
    ("POST /channels/{id}/thumbnail", lambda _: {"remove": "1"}, channel_of, BY_EDITORS),
    ("GET /channels/{id}/selected", None, channel_of, (303, 404, 403, 400, 404, 400)),  # without a selection
    ("POST /channels/{id}/selected", lambda s: {"node": new_node(s), "do": "delete"}, channel_of, BY_EDITORS),
    ("GET /channels/{id}/trash", None, channel_of, OF_EDITORS),
    ("POST /channels/{id}/trash", lambda s: {"node": trashed_node(s)}, channel_of, BY_EDITORS),
    ("POST /channels/{id}/trash/delete", lambda s: {"node": trashed_node(s)}, channel_of, BY_EDITORS),
    ("GET /channels/{id}/edit-details", None, channel_of, OF_EDITORS),
    ("POST /channels/{id}/edit-details", None, channel_of, BY_EDITORS),
]
ADMIN_PAGES = (303, 403, 403, 403, 403, 200)
ADMIN_FORMS = (303, 403, 403, 403, 403, 303)
ADMINISTRATION: list[Row] = [
    ("GET /admin", None, None, ADMIN_FORMS),
    ("GET /admin/work", None, None, ADMIN_PAGES),
    ("GET /admin/work/tasks/{id}/{action}", None, lambda s: f"{new_late_task(s)}/end", ADMIN_PAGES),
    ("POST /admin/work/tasks/{id}/{action}", None, lambda s: f"{new_late_task(s)}/end", ADMIN_FORMS),
    ("GET /admin/work/queues/{id}/{action}", None, lambda _: "uploads/redrive", ADMIN_PAGES),
    ("POST /admin/work/queues/{id}/{action}", None, lambda _: "uploads/redrive", ADMIN_FORMS),
    ("GET /admin/users", None, None, ADMIN_PAGES),
    ("GET /admin/users/{id}", None, new_viewer, ADMIN_PAGES),
    ("POST /admin/users/{id}", lambda _: {"quota": "1"}, new_viewer, ADMIN_FORMS),
    ("GET /admin/users/{id}/{action}", None, lambda s: f"{new_viewer(s)}/deactivate", ADMIN_PAGES),
    ("POST /admin/users/{id}/{action}", None, lambda s: f"{new_viewer(s)}/deactivate", ADMIN_FORMS),
    ("GET /admin/channels", None, None, ADMIN_PAGES),
    ("GET /admin/channels/{id}", None, channel_of, ADMIN_PAGES),
    ("POST /admin/channels/{id}", lambda _: {"priority": "1"}, channel_of, ADMIN_FORMS),
    ("GET /admin/channels/{id}/{action}", None, lambda s: f"{channel_of(s)}/delete", ADMIN_PAGES),
    ("POST /admin/channels/{id}/{action}", None, lambda s: f"{channel_of(s)}/restore", ADMIN_FORMS),
]
# Pages, by session: as TABLE; the body is the fields of a form.
PAGES: list[Row] = [
    ("GET /", None, None, (200, *(303,) * 5)),
    ("GET /healthz", None, None, EVERYONE),
    ("GET /robots.txt", None, None, EVERYONE),
    ("GET /favicon.ico", None, None, EVERYONE),
    ("GET /static/{fingerprint}/{name}", None, lambda _: "site.css", EVERYONE),
    ("GET /accounts/login", None, None, (200, *(303,) * 5)),
    ("POST /accounts/login", None, None, (400,) * 6),
    ("GET /accounts/logout", None, None, (303, *(200,) * 5)),
    ("POST /accounts/logout", None, None, (303,) * 6),
    ("GET /accounts/register", None, None, (200, *(303,) * 5)),
    ("POST /accounts/register", None, None, (400,) * 6),
    ("GET /accounts/sent", None, None, EVERYONE),
    ("GET /accounts/activate/{key}", None, lambda _: "a" * 40, (403,) * 6),
    ("POST /accounts/activate/{key}", None, lambda _: "a" * 40, (403,) * 6),
    ("GET /accounts/password/reset", None, None, EVERYONE),
    ("POST /accounts/password/reset", None, None, (400,) * 6),
    ("GET /accounts/password/reset/{key}", None, lambda _: "a" * 40, NOBODY),
    ("POST /accounts/password/reset/{key}", None, lambda _: "a" * 40, NOBODY),
    ("GET /accounts/password/change", None, None, USERS),
    ("POST /accounts/password/change", None, None, (303, *(400,) * 5)),
    ("GET /invitations/{id}", None, new_invitation, EVERYONE),
    ("POST /invitations/{id}", lambda _: {"answer": "accept"}, new_invitation, (303, 404, 404, 403, 404, 403)),
    ("GET /settings/account", None, None, USERS),
    ("POST /settings/account/export", None, None, (303,) * 6),
    ("GET /settings/account/delete", None, None, USERS),
    ("POST /settings/account/delete", lambda _: {"password": "wrong"}, None, (303, *(400,) * 5)),
    ("GET /channels", None, None, USERS),
    ("GET /channels/new", None, None, USERS),
    ("POST /channels/new", lambda _: {"name": "n"}, None, REDIRECTED),
    ("GET /channels/{id}", None, channel_of, OF_MEMBERS),
    ("GET /channels/{id}", None, public_of, USERS),
    ("POST /channels/{id}/bookmark", lambda _: {"remove": "1"}, public_of, (303, *(404,) * 5)),  # there is none
    ("POST /channels/{id}/bookmark", None, channel_of, (303, 404, 303, 303, 404, 303)),
    ("GET /channels/{id}/edit", None, channel_of, OF_MEMBERS),
    ("GET /channels/{id}/view", None, channel_of, OF_MEMBERS),
    ("GET /channels/{id}/nodes/{node}", None, node_of, OF_MEMBERS),
    ("GET /channels/{id}/versions", None, channel_of, OF_MEMBERS),
    ("GET /channels/{id}/people", None, channel_of, OF_MEMBERS),
    ("GET /channels/{id}/people", None, public_of, (303, 403, 403, 403, 403, 200)),
    (
        "POST /channels/{id}/people",
        lambda _: {"email": f"{new_id()}@a.org", "share_mode": "view"},
        channel_of,
        (303, 404, 403, 303, 404, 303),
    ),
    ("GET /channels/{id}/staging", None, staged_channel, OF_MEMBERS),
    ("GET /channels/{id}/staging/deploy", None, staged_channel, OF_MEMBERS),
    ("POST /channels/{id}/staging/deploy", None, staged_channel, BY_EDITORS),
    ("GET /channels/{id}/staging/discard", None, staged_channel, OF_MEMBERS),
    ("POST /channels/{id}/staging/discard", None, staged_channel, BY_EDITORS),
    ("GET /channels/{id}/publish", None, channel_of, OF_MEMBERS),
    ("POST /channels/{id}/publish", None, channel_of, BY_EDITORS),
    *EDITING,
    *ADMINISTRATION,
    ("GET /catalog", None, None, EVERYONE),
    ("GET /search", None, None, USERS),
    ("GET /settings", None, None, USERS),
    ("POST /settings", lambda _: {"first_name": "n"}, None, REDIRECTED),
    ("GET /settings/tokens", None, None, USERS),
    ("POST /settings/tokens", lambda _: {"name": "t", "once": new_id()}, None, (303, *(201,) * 5)),
    ("POST /settings/tokens/{id}/revoke", None, new_token, (303, *(404,) * 5)),
    ("GET /settings/storage", None, None, USERS),
    ("POST /settings/storage", lambda _: {"gigabytes": "1", "reason": "r"}, None, REDIRECTED),
    ("POST /settings/storage/withdraw", None, None, REDIRECTED),
    ("GET /settings/sessions", None, None, USERS),
    ("POST /settings/sessions", None, None, REDIRECTED),
    ("POST /settings/sessions/{id}/end", None, new_viewer, (303, *(404,) * 5)),
]


def _route(name: str) -> Route:
    return next(route for route in (*routes.ALL, *routes.PAGES) if routes.name(route) == name)


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with empty_cloud() as cloud:
        yield cloud


@pytest.fixture(scope="module")
def studio(cloud: Cloud) -> Studio:
    return Studio(cloud)


@pytest.fixture(scope="module")
def people(studio: Studio) -> dict[str, tuple[str, str | None]]:
    """(user id, token) by kind of caller."""
    known: dict[str, tuple[str, str | None]] = {who: studio.sign_up(who.replace(" ", "-")) for who in WHO[1:-1]}
    return {**known, "anonymous": ("", None), "administrator": studio.sign_up("admin", is_admin=True)}


@pytest.fixture(scope="module")
def published(studio: Studio, people: dict[str, tuple[str, str | None]]) -> str:
    """The requested channel. The editor of another channel is not a member."""
    channel_id, root = studio.make_channel()
    studio.add(root, nodes.exercise("e", nodes.question("q")))
    studio.finish(channel_id)
    assert studio.publish(channel_id)["status"] == "SUCCESS"
    studio.share(channel_id, people["viewer"][0], VIEW)
    studio.share(channel_id, people["editor"][0], EDIT)
    studio.share(studio.make_channel()[0], people["editor of another channel"][0], EDIT)
    return channel_id


@pytest.fixture(scope="module")
def public_id(studio: Studio) -> str:
    channel_id, root = studio.make_channel()
    studio.add(root, nodes.exercise("e", nodes.question("q")))
    studio.finish(channel_id)
    assert studio.publish(channel_id)["status"] == "SUCCESS"
    studio.make_public(channel_id)
    return channel_id


@pytest.fixture(scope="module")
def task_id(studio: Studio, published: str) -> str:
    answer = studio.post(f"{BASE}/publish_channel", {"channel_id": published})
    return str(answer.json["task_id"])


def test_every_route_is_in_the_table() -> None:
    missing = set(map(routes.name, routes.ALL)) - {name for name, *_ in TABLE}
    assert not missing, "add a row to TABLE"
    assert {name for name, *_ in TABLE} <= set(map(routes.name, routes.ALL)), "remove rows of routes that are gone"


def test_every_page_is_in_the_table() -> None:
    assert set(map(routes.name, routes.PAGES)) == {name for name, *_ in PAGES}, "add a row to PAGES, or remove one"


@pytest.mark.parametrize(
    ("name", "fields", "parameter", "statuses"), PAGES, ids=[f"{number} {row[0]}" for number, row in enumerate(PAGES)]
)
def test_pages_for_every_visitor(
    studio: Studio,
    people: dict[str, tuple[str, str | None]],
    published: str,
    public_id: str,
    task_id: str,
    name: str,
    fields: Body | None,
    parameter: Callable[[State], str] | None,
    statuses: tuple[int, ...],
) -> None:
    route, answered = _route(name), {}
    for who in WHO:
        state = State(published, public_id, studio.make_channel(channel_id=published)[1], task_id)
        visitor = Visitor(studio, people[who][0] or None)
        path = routes.url(route, parameter(state) if parameter else "")
        answered[who] = (
            visitor.post(path, **(fields(state) if fields else {})).status
            if route.method == "POST"
            else (visitor.send(route.method, path).status)
        )
    assert answered == dict(zip(WHO, statuses, strict=True))


@pytest.mark.parametrize("name", [name for name, *_ in PAGES if name.startswith("POST")])
def test_forms_need_the_csrf_token_of_the_visitor(studio: Studio, name: str) -> None:
    for visitor in (Visitor(studio), Visitor(studio, studio.user_id)):
        visitor.open("/robots.txt")
        answer = visitor.send("POST", routes.url(_route(name)), b"csrfmiddlewaretoken=" + b"0" * 64)
        assert (answer.status, "CSRF token missing or incorrect" in answer.text) == (403, True)


@pytest.mark.parametrize("name", [name for name, *_ in PAGES if name.startswith("POST")])
def test_forms_of_other_sites_are_refused(studio: Studio, name: str) -> None:
    """Even with the token."""
    visitor = Visitor(studio, studio.user_id)
    body = f"csrfmiddlewaretoken={visitor.browser.cookies[CSRF]}".encode()
    for foreign in ({"origin": "https://other.example"}, {"sec_fetch_site": "cross-site"}, {"origin": "null"}):
        answer = visitor.send("POST", routes.url(_route(name)), body, **foreign)
        assert (answer.status, "comes from another site" in answer.text) == (403, True)


@pytest.mark.parametrize(("name", "parameter"), [(name, parameter) for name, _, parameter, _ in (*TABLE, *PAGES)])
def test_rows_with_an_id_have_a_builder(name: str, parameter: Callable[[State], str] | None) -> None:
    advice = f"write a function in tests/support/aws/request_data.py that stores one and returns its id: {name}"
    assert ("{" not in name) == (parameter is None), advice


@pytest.mark.parametrize(
    ("name", "body", "parameter", "statuses"), TABLE, ids=[f"{number} {row[0]}" for number, row in enumerate(TABLE)]
)
def test_statuses_for_every_caller(
    studio: Studio,
    people: dict[str, tuple[str, str | None]],
    published: str,
    public_id: str,
    task_id: str,
    name: str,
    body: Body | None,
    parameter: Callable[[State], str] | None,
    statuses: tuple[int, ...],
) -> None:
    route = _route(name)
    answered = {}
    _, root = studio.make_channel(channel_id=published)
    for who in WHO:
        if name.endswith("finish_channel"):  # it closes the upload
            _, root = studio.make_channel(channel_id=published)
        state = State(published, public_id, root, task_id)
        path = routes.url(route, parameter(state) if parameter else "")
        sent = body(state) if body else None
        headers = {"content_type": FORM} if isinstance(sent, bytes) else {}
        answered[who] = studio.call(route.method, path, sent, people[who][1], **headers).status
    assert answered == dict(zip(WHO, statuses, strict=True))


BODIES = [row for row in TABLE if row[0].split()[0] in ("POST", "PUT", "PATCH", "DELETE") and _route(row[0]).body]


@pytest.mark.parametrize(
    ("name", "body", "parameter", "statuses"), BODIES, ids=[f"{number} {row[0]}" for number, row in enumerate(BODIES)]
)
def test_rights_come_before_bodies(
    studio: Studio,
    people: dict[str, tuple[str, str | None]],
    published: str,
    public_id: str,
    task_id: str,
    name: str,
    body: Body | None,
    parameter: Callable[[State], str] | None,
    statuses: tuple[int, ...],
) -> None:
    """Callers who may not do something get the same answer to a malformed body as to a valid one."""
    route = _route(name)
    _, root = studio.make_channel(channel_id=published)
    state = State(published, public_id, root, task_id)
    path, valid = routes.url(route, parameter(state) if parameter else ""), body(state) if body else {}
    for who, status in zip(WHO, statuses, strict=True):
        if status in (401, 403, 404):
            right = studio.call(route.method, path, valid, people[who][1])
            assert right.status == status
            for wrong in _malformed(route, valid):
                answer = studio.call(route.method, path, wrong, people[who][1])
                assert (answer.status, answer.text) == (status, right.text), (who, wrong)


def _malformed(route: Route, valid: Any) -> Iterator[Any]:
    """Bodies that are not JSON, or in which all is wrong but the ids.

    Where an id in the body decides who may send it, that must be readable: without an id in the path, for copies, which
    their target decides, and for members.
    """
    if "{" in route.path and not route.path.endswith(("/copy", "/make_editor")):
        yield b"{"
        yield []
    if isinstance(valid, dict):
        every = {**dict.fromkeys(getattr(route.body, "model_fields", ()), None), **valid}
        yield {**{field: _wrong(value) for field, value in every.items()}, "unheard_of": 1}


def _wrong(value: Any) -> Any:
    if isinstance(value, dict):
        return {**{field: _wrong(inner) for field, inner in value.items()}, "unheard_of": [[[]]]}
    is_id = parse_id(value) or (isinstance(value, list) and value and all(map(parse_id, value)))
    return value if is_id else [[[]]]
