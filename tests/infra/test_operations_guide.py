"""docs/operations.md names commands, settings, pages and log fields that exist."""

import re

from chalicelib.pages import registry
from infra import template
from tests.support.source.code import ROOT

TEXT = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
FIELDS = {"request_id", "address", "user", "method", "path", "status", "ms"}  # of the request line
OF_WORKERS = {"channel_id", "task_id", "receives", "exception"}  # of lines about a message
OF_INSIGHTS = {"message", "audit", "subject"}  # the logger's own, and those of security events


def test_commands_are_in_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z-]+)(?= [A-Z]+=|`| STAGE| …)", TEXT))
    assert {"smoke", "deploy", "settings", "redrive"} <= named
    assert named <= targets


def test_settings_are_parameters_of_the_template() -> None:
    named = set(re.findall(r'SET="([A-Za-z]+)=', TEXT))
    assert "DomainName" in named
    assert named <= set(template.compose()["Parameters"])


def test_pages_exist() -> None:
    named = set(re.findall(r"`(/(?:admin|catalog)/[a-z/-]*)`", TEXT))
    assert "/admin/users/" in named
    assert {path.rstrip("/") for path in named} <= {route.path for route in registry.ROUTES}


def test_log_queries_use_fields_that_are_logged() -> None:
    queries = "\n".join(line for line in TEXT.splitlines() if re.match(r"(filter|fields) ", line))
    assert queries
    filtered = set(re.findall(r"filter (\w+) ", queries)) | set(re.findall(r" and (\w+) [=>]", queries))
    shown = {name.strip() for part in re.findall(r"fields ([^|]+)", queries) for name in part.split(",")}
    assert filtered | (shown - {"@timestamp"}) <= FIELDS | OF_WORKERS | OF_INSIGHTS
