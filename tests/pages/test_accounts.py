"""Pages to register, to sign in and out, and to choose a password."""

from urllib.parse import quote

import pytest

from chalicelib.config import settings
from chalicelib.domain.tokens import digest
from chalicelib.identity import accounts
from chalicelib.identity.cookies import CSRF, DEVICE, SESSION
from chalicelib.models.account_links import AccountLink
from chalicelib.models.sessions import MAX_AGE
from tests.support.existing import existing
from tests.support.http.client import Browser
from tests.support.http.pages import Visitor
from tests.support.worlds.accounts import EMAIL, OTHER_PASSWORD, PASSWORD, last_key, register, send_mail

LOGIN, REGISTER, RESET, CHANGE = (
    "/accounts/login/",
    "/accounts/register/",
    "/accounts/password/reset/",
    "/accounts/password/change/",
)
HOSTILE = (
    "//evil.example",
    "/\\evil.example",
    "https:evil.example",
    "/%2F%2Fevil.example",
    "/\t/evil.example",
    "javascript:x",
)


@pytest.fixture(autouse=True)
def _mail(studio, monkeypatch):
    send_mail(studio, monkeypatch)
    yield
    monkeypatch.undo()
    settings.cache_clear()


@pytest.fixture
def account(studio):
    return accounts.create_user(EMAIL, PASSWORD)[0]


def sign_in(visitor, password=PASSWORD, query="", **more):
    return visitor.submit(visitor.open(LOGIN + query), LOGIN, username=EMAIL, password=password, **more)


def signed_in_as(visitor):
    return visitor.browser.call("GET", "/api/auth/session/current").json["username"]


class TestSigningIn:
    def test_leads_to_the_channels_and_out_again(self, visitor, account):
        page = sign_in(visitor)
        assert page.path == "/channels/"
        assert signed_in_as(visitor) == EMAIL
        page = visitor.submit(visitor.open("/accounts/logout/"), "/accounts/logout/")
        assert "You have signed out." in page.text
        assert set(visitor.browser.cookies) == {CSRF, DEVICE}
        assert visitor.open("/accounts/logout/").path == "/"

    def test_leads_back(self, visitor, account):
        page = visitor.open("/channels/?page=1")
        assert page.path.startswith(LOGIN)
        page = visitor.submit(page, LOGIN, username=EMAIL, password="wrong one")
        assert page.form(LOGIN).fields["next"] == ["/channels/?page=1"]
        page = visitor.submit(page, LOGIN, username=EMAIL, password=PASSWORD)
        assert page.path == "/channels/?page=1"
        assert visitor.open(f"{LOGIN}?next=/api/").path == "/api/"

    @pytest.mark.parametrize("wanted", HOSTILE)
    def test_leads_to_no_other_host(self, studio, visitor, account, wanted):
        answer = visitor.post(LOGIN.rstrip("/"), username=EMAIL, password=PASSWORD, next=wanted)
        assert (answer.status, answer.headers["Location"]) == (303, "/")
        answer = visitor.send("GET", f"{LOGIN}?next={quote(wanted)}")
        assert (answer.status, answer.headers["Location"]) == (303, "/")

    def test_starts_a_new_session_whatever_the_browser_had(self, studio, visitor, account):
        planted = "a" * 64
        visitor.browser.cookies[SESSION] = planted
        sign_in(visitor)
        first = visitor.browser.cookies[SESSION]
        assert first != planted
        visitor.post(LOGIN.rstrip("/"), username=EMAIL, password=PASSWORD)
        assert visitor.browser.cookies[SESSION] not in (planted, first)
        assert Browser(studio, {SESSION: planted}).call("GET", "/api/user/me").status == 401

    def test_sets_the_cookies_of_a_session(self, visitor, account):
        answer = visitor.post(LOGIN.rstrip("/"), username=EMAIL, password=PASSWORD)
        session, csrf, device = answer.cookies
        assert (
            session
            == f"{SESSION}={visitor.browser.cookies[SESSION]}; Path=/; Max-Age={MAX_AGE}; SameSite=Lax; HttpOnly"
        )
        assert csrf.endswith("; SameSite=Lax")
        assert device.endswith("; SameSite=Lax; HttpOnly")

    def test_with_a_wrong_password_shows_the_form_again(self, visitor, account):
        page = sign_in(visitor, OTHER_PASSWORD)
        assert (page.status, page.title) == (401, "Sign in")
        assert "Wrong e-mail address or password" in page.text
        assert page.form(LOGIN).fields["username"] == [EMAIL]
        assert OTHER_PASSWORD not in page.answer.text
        assert SESSION not in visitor.browser.cookies

    def test_needs_the_csrf_token(self, visitor, account):
        visitor.open(LOGIN)
        for token in ("", "0" * 64):
            answer = visitor.post(LOGIN.rstrip("/"), username=EMAIL, password=PASSWORD, csrfmiddlewaretoken=token)
            assert (answer.status, answer.cookies) == (403, [])

    def test_with_a_one_time_password_leads_to_choosing_one(self, visitor):
        once = accounts.give_one_time_password(EMAIL)
        page = sign_in(visitor, once, "?next=/api/")
        assert page.title == "Change your password"
        assert "one-time password" in page.text
        page = visitor.submit(page, CHANGE, old_password=once, new_password=PASSWORD, again=PASSWORD)
        assert page.path.startswith("/api/")

    def test_tells_browsers_how_to_fill_it_in(self, visitor):
        text = visitor.open(LOGIN).answer.text
        assert 'autocomplete="username"' in text
        assert 'autocomplete="current-password"' in text
        assert visitor.open(REGISTER).answer.text.count('autocomplete="new-password"') == 1


class TestRegistering:
    def form(self, visitor, query="", **more):
        given = {"first_name": "Ada", "last_name": "Lovelace", "email": EMAIL, "password": PASSWORD, **more}
        return visitor.submit(visitor.open(REGISTER + query), REGISTER, **given)

    def test_by_mail_in_another_browser_leads_on(self, studio, visitor):
        page = visitor.click(visitor.open(f"{LOGIN}?next=/channels/%3Fpage%3D1"), "Register")
        page = visitor.submit(page, REGISTER, email=EMAIL, password=PASSWORD)
        assert page.title == "Look for our mail"
        other = Visitor(studio)
        link = f"/accounts/activate/{last_key(studio)}/"
        page = other.open(link)
        assert page.title == "Confirm your address"
        assert EMAIL in page.answer.text
        page = other.submit(page, "", password=PASSWORD)
        assert page.path == "/channels/?page=1&message=registered"
        assert "Your address is confirmed" in page.text
        assert signed_in_as(other) == EMAIL
        used = other.open(link)
        assert (used.status, used.title) == (404, "This link is not valid")
        assert other.post(link.rstrip("/"), password=PASSWORD).status == 404

    def test_opening_the_link_uses_nothing_up(self, studio, visitor):
        """Mail scanners open links."""
        self.form(visitor)
        link = f"/accounts/activate/{last_key(studio)}/"
        for method in ("GET", "HEAD", "GET"):
            assert visitor.send(method, link).status == 200
        assert accounts.find(EMAIL) is None
        assert visitor.submit(visitor.open(link), "", password=PASSWORD).status == 200
        assert existing(accounts.find(EMAIL)).first_name == "Ada"

    def test_is_not_confirmed_without_the_password(self, studio, visitor):
        register(studio, password=OTHER_PASSWORD)
        page = visitor.open(f"/accounts/activate/{last_key(studio)}/")
        page = visitor.submit(page, "", password=PASSWORD)
        assert page.status == 400
        assert "not the password that was chosen" in page.text
        assert accounts.find(EMAIL) is None

    def test_of_an_address_that_got_an_account_meanwhile_says_so(self, studio, visitor):
        register(studio)
        accounts.create_user(EMAIL, OTHER_PASSWORD)
        page = visitor.submit(visitor.open(f"/accounts/activate/{last_key(studio)}/"), "", password=PASSWORD)
        assert page.status == 409
        assert "has an account already" in page.text
        assert signed_in_as(visitor) == ""

    def test_looks_the_same_with_an_account(self, studio, visitor, account):
        known = self.form(visitor)
        unknown = self.form(visitor, email="other@example.org")
        assert (known.status, known.path, known.text) == (unknown.status, unknown.path, unknown.text)
        assert [mail.subject for mail in studio.cloud.mails()] == [
            "You already have an account",
            "Confirm your e-mail address",
        ]

    @pytest.mark.parametrize(
        ("given", "said"),
        [
            ({"email": "someone@localhost"}, "Enter a valid e-mail address"),
            ({"password": "short"}, "at least 10 characters"),
            ({"password": "password123"}, "too easy to guess"),
            ({"first_name": "a" * 101}, "at most 100 characters"),
        ],
    )
    def test_with_mistakes_shows_the_form_again(self, visitor, given, said):
        page = self.form(visitor, **given)
        assert page.status == 400
        assert said in page.text
        assert page.form(REGISTER).fields["last_name"] == ["Lovelace"]
        assert page.form(REGISTER).fields["password"] == [""]

    @pytest.mark.parametrize("setting", [{"REGISTRATION": "closed"}, {"MAIL_FROM": ""}])
    def test_may_be_closed(self, studio, visitor, monkeypatch, setting):
        page = visitor.open(REGISTER)
        send_mail(studio, monkeypatch, **setting)
        assert visitor.submit(page, REGISTER, email=EMAIL, password=PASSWORD).status == 403
        page = visitor.open(REGISTER)
        assert "Registration is closed here" in page.text
        assert [form for form in page.forms if form.method == "POST"] == []
        assert "Register" not in visitor.open(LOGIN).links

    def test_leads_to_no_other_host(self, studio, visitor):
        self.form(visitor, f"?next={HOSTILE[0]}")
        page = visitor.submit(visitor.open(f"/accounts/activate/{last_key(studio)}/"), "", password=PASSWORD)
        assert page.path == "/channels/?message=registered"

    def test_is_not_for_those_who_are_signed_in(self, user):
        assert user.open(REGISTER).path == "/channels/"


class TestForgottenPassword:
    def ask(self, studio, visitor, email=EMAIL):
        page = visitor.click(visitor.open(LOGIN), "I have forgotten my password")
        page = visitor.submit(page, RESET, email=email)
        assert page.title == "Look for our mail"
        return f"{RESET}{last_key(studio)}/" if "/reset/" in studio.cloud.mails()[-1].body else ""

    def test_is_replaced_by_a_link(self, studio, visitor, account):
        link = self.ask(studio, visitor)
        for method in ("GET", "HEAD", "GET"):
            assert visitor.send(method, link).status == 200
        page = visitor.open(link)
        assert (page.title, EMAIL in page.answer.text) == ("Choose a new password", True)
        page = visitor.submit(page, "", new_password=OTHER_PASSWORD, again=OTHER_PASSWORD)
        assert page.title == "Sign in"
        assert "Your password was saved." in page.text
        assert signed_in_as(visitor) == ""
        assert sign_in(visitor, OTHER_PASSWORD).path == "/channels/"
        assert visitor.open(link).status == 404

    @pytest.mark.parametrize("revoke", ["", "1"])
    def test_keeps_tokens_unless_they_shall_be_revoked(self, studio, visitor, revoke):
        _, token = accounts.create_user(EMAIL, PASSWORD)
        page = visitor.open(self.ask(studio, visitor))
        assert page.form("").fields["revoke_tokens"] == []
        visitor.submit(page, "", new_password=OTHER_PASSWORD, again=OTHER_PASSWORD, revoke_tokens=revoke)
        assert studio.get("/api/user/me", token).status == (401 if revoke else 200)

    @pytest.mark.parametrize(
        ("new", "again", "said"), [("short", "short", "too short"), (OTHER_PASSWORD, PASSWORD, "are different")]
    )
    def test_with_mistakes_shows_the_form_again(self, studio, visitor, account, new, again, said):
        page = visitor.open(self.ask(studio, visitor))
        page = visitor.submit(page, "", new_password=new, again=again)
        assert page.status == 400
        assert said in page.text
        assert visitor.submit(page, "", new_password=OTHER_PASSWORD, again=OTHER_PASSWORD).title == "Sign in"

    def test_looks_the_same_without_an_account(self, studio, visitor):
        assert self.ask(studio, visitor, "nobody@example.org") == ""

    def test_of_a_new_user_is_a_first_one(self, studio, visitor):
        accounts.create_user(EMAIL)
        assert visitor.open(self.ask(studio, visitor)).title == "Choose your password"

    def test_link_that_is_late_is_not_found(self, studio, visitor, account):
        link = self.ask(studio, visitor)
        AccountLink(digest(last_key(studio))).update([AccountLink.expires.set(1)])
        page = visitor.open(link)
        assert page.status == 404
        assert "Request another link" in page.text


class TestChangingThePassword:
    def test_ends_the_other_sessions(self, studio, visitor, account):
        sign_in(visitor)
        other = studio.sign_in(account)
        page = visitor.open(CHANGE)
        page = visitor.submit(page, CHANGE, old_password=PASSWORD, new_password=OTHER_PASSWORD, again=OTHER_PASSWORD)
        assert "Your password was changed." in page.text
        assert signed_in_as(visitor) == EMAIL
        assert other.call("GET", "/api/user/me").status == 401

    @pytest.mark.parametrize(
        ("old", "new", "said"), [(PASSWORD, "short", "too short"), ("wrong one", OTHER_PASSWORD, "not your current")]
    )
    def test_with_mistakes_shows_the_form_again(self, visitor, account, old, new, said):
        sign_in(visitor)
        page = visitor.submit(visitor.open(CHANGE), CHANGE, old_password=old, new_password=new, again=new)
        assert page.status == 400
        assert said in page.text

    def test_requires_signing_in(self, visitor):
        assert visitor.open(CHANGE).path == f"{LOGIN}?next={CHANGE}"


class TestPagesWithKeys:
    def test_send_no_address_in_referer_and_are_not_cached(self, studio, visitor):
        register(studio)
        for path in (f"/accounts/activate/{last_key(studio)}/",):
            headers = visitor.open(path).answer.headers
            assert (headers["Referrer-Policy"], headers["Cache-Control"]) == ("strict-origin", "no-store")

    def test_accept_forms_of_ours_alone(self, studio, visitor):
        register(studio)
        path = f"/accounts/activate/{last_key(studio)}"
        visitor.open(path)
        for headers in ({"origin": "https://evil.example"}, {"origin": "null"}, {"sec_fetch_site": "cross-site"}):
            token = visitor.browser.cookies[CSRF]
            body = f"csrfmiddlewaretoken={token}&password={PASSWORD}".encode()
            assert visitor.send("POST", path, body, **headers).status == 403
        assert accounts.find(EMAIL) is None
