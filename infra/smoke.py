"""`make smoke`: whether a stage answers as it should after a deploy, or any other copy of the application by URL=….

It only reads, and needs no account. `python -m infra.smoke` reads URL, or STAGE and REGION, from the environment.
"""

import json
import os
import re
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from infra.deploying import account as accounts
from infra.deploying import stack
from infra.deploying.problems import DeployError

SECONDS = 35  # per request: longer than API Gateway waits
MAX_BYTES = 10_000_000  # of a response that are read
PAGE = "text/html"
JSON = "application/json"


@dataclass(frozen=True)
class Response:
    """What a path answers; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    text: str


Get = Callable[[str, str], Response]  # a path, and what is accepted


class Failed(Exception):
    """What is wrong and what to do, as one or two sentences."""


@dataclass(frozen=True)
class Check:
    """`run` returns what it found, or raises Failed."""

    name: str
    run: Callable[[Get], str]


def health(get: Get) -> str:
    found = get("/healthz", JSON)
    parts = _json(found, (200, 503))
    failing = [name for name, state in parts.items() if state != "ok" and name != "status"]
    if found.status != 200 or failing:
        raise Failed(f"not working: {', '.join(failing) or 'unknown'}. Read the log of the function api.")
    return f"{', '.join(name for name in parts if name != 'status')} answer"


def sign_in(get: Get) -> str:
    found = _page(get, "/accounts/login/")
    if 'name="password"' not in found.text:
        raise Failed("this is not the form to sign in. Is another server or proxy at this address?")
    return "the form to sign in is shown"


def assets(get: Get) -> str:
    paths = sorted(set(re.findall(r'(?:href|src)="(/static/[^"]+)"', _page(get, "/").text)))
    if not paths:
        raise Failed("the first page loads no styles. Deploy again.")
    for path in paths:
        found = get(path, "*/*")
        if found.status != 200 or "immutable" not in found.headers.get("cache-control", ""):
            raise Failed(f"{path} answers {found.status}, or caches may not keep it. Deploy again.")
    return f"{len(paths)} styles, scripts and icons load, and caches may keep them"


def api_root(get: Get) -> str:
    found = _json(get("/api/", JSON), (200,))
    return f"the API lists {len(found)} addresses"


def protection(get: Get) -> str:
    found = get("/api/user/me", JSON)
    if found.status != 401:
        raise Failed(f"/api/user/me answers {found.status} without a token, and should answer 401. Stop the stage.")
    return "the API asks for a token"


def security_headers(get: Get) -> str:
    headers = _page(get, "/").headers
    wanted = {
        "content-security-policy": "default-src 'none'",
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
    }
    wrong = [name for name, value in wanted.items() if value not in headers.get(name, "")]
    if wrong:
        raise Failed(f"pages lack {', '.join(wrong)}. A proxy before the application may remove them.")
    return "pages have a Content-Security-Policy and forbid guessing types"


def public_list(get: Get) -> str:
    found = json.loads(_answered(get("/api/public/v1/channels", JSON), (200,)).text)
    if not isinstance(found, list):
        raise Failed("the list of public channels is no list. Kolibri cannot read it.")
    return f"Kolibri finds {len(found)} public channels" if len(found) != 1 else "Kolibri finds 1 public channel"


def catalog(get: Get) -> str:
    _page(get, "/catalog/")
    return "the catalog is shown"


def unknown(get: Get) -> str:
    found = get("/smoke-test-of-an-unknown-path", PAGE)
    if found.status != 404:
        raise Failed(f"an unknown path answers {found.status}, and should answer 404.")
    return "an unknown path is a page with status 404"


CHECKS = (
    Check("health", health),
    Check("sign-in page", sign_in),
    Check("static files", assets),
    Check("API", api_root),
    Check("protection", protection),
    Check("security headers", security_headers),
    Check("public channels", public_list),
    Check("catalog", catalog),
    Check("unknown paths", unknown),
)


def run(get: Get, say: Callable[[str], None]) -> bool:
    """Run all checks and say the result of each. Returns whether none failed."""
    failed = 0
    for check in CHECKS:
        try:
            say(f"ok      {check.name}: {check.run(get)}")
        except (Failed, OSError, ValueError) as error:
            failed += 1
            say(f"FAILED  {check.name}: {error}")
    say(f"{failed} of {len(CHECKS)} checks failed." if failed else f"All {len(CHECKS)} checks passed.")
    return not failed


def _answered(found: Response, statuses: tuple[int, ...]) -> Response:
    if found.status not in statuses:
        raise Failed(f"the answer is {found.status}: {' '.join(found.text.split())[:200]}")
    return found


def _json(found: Response, statuses: tuple[int, ...]) -> dict[str, object]:
    try:
        body = json.loads(_answered(found, statuses).text)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Failed("the answer is not a JSON object. Is another server or proxy at this address?")
    return body


def _page(get: Get, path: str) -> Response:
    found = _answered(get(path, PAGE), (200,))
    if not found.headers.get("content-type", "").startswith(PAGE):
        raise Failed(f"{path} is not a page. Is another server or proxy at this address?")
    return found


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Follows redirects within the host that is checked."""

    def redirect_request(self, request, response, code, message, headers, target):  # type: ignore[no-untyped-def]
        if urlsplit(target).netloc != urlsplit(request.full_url).netloc:
            raise Failed(
                f"the answer leads to another host, {urlsplit(target).netloc}. Is the setting PublicUrl right?"
            )
        return super().redirect_request(request, response, code, message, headers, target)


def getter(url: str) -> Get:
    """Requests to the application at this address. Raises DeployError if it is none."""
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
        raise DeployError(f"URL must be like https://studio.example.org, not {url!r}.")
    opener = urllib.request.build_opener(_SameHost)

    def get(path: str, accept: str) -> Response:
        request = urllib.request.Request(urljoin(url, path), headers={"Accept": accept, "User-Agent": "studio-smoke"})  # noqa: S310 (checked above)
        try:
            with opener.open(request, timeout=SECONDS) as answer:
                return _read(answer)
        except urllib.error.HTTPError as answer:
            with answer:
                return _read(answer)
        except urllib.error.URLError as error:
            raise Failed(f"{url} does not answer: {error.reason}.") from None

    return get


def _read(answer: object) -> Response:
    headers = {name.lower(): value for name, value in answer.headers.items()}  # type: ignore[attr-defined]
    return Response(answer.status, headers, answer.read(MAX_BYTES).decode(errors="replace"))  # type: ignore[attr-defined]


def url_of(options: Mapping[str, str]) -> str:
    """The address to check. Raises DeployError, one sentence for the operator."""
    if options.get("URL"):
        return options["URL"]
    if not options.get("STAGE"):
        raise DeployError("Set STAGE and REGION, or URL=https://studio.example.org.")
    parameters, at = accounts.parameters_of(options["STAGE"]), accounts.at(options.get("REGION", ""))
    with at.explained():
        found = stack.describe(at, accounts.stack_name(parameters))
    if found is None:
        raise DeployError(f"{options['STAGE']} is not deployed in {at.region}: run make deploy first.")
    return stack.outputs(found)["Url"]


def main(options: Mapping[str, str]) -> int:
    """0 if all checks passed, 1 if not."""
    try:
        url = url_of(options)
        print(f"Checking {url}")
        return 0 if run(getter(url), print) else 1
    except DeployError as error:
        print(error, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(os.environ))
