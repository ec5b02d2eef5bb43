"""The page of an invitation: for the invited user, for another one, and for a visitor without a session."""

import pytest

from chalicelib.models import channel_members, invitations
from chalicelib.models.base import now
from chalicelib.models.channels import Channel
from chalicelib.operations.accounts import registration
from tests.support.aws.calls import counting
from tests.support.existing import existing
from tests.support.http.client import Studio
from tests.support.http.pages import Page, Visitor
from tests.support.worlds.invitations import made

UNKNOWN = "/invitations/" + "5" * 32 + "/"


@pytest.fixture
def channel_id(studio: Studio) -> str:
    return studio.make_channel("Algebra")[0]


@pytest.fixture
def path(studio: Studio, channel_id: str) -> str:
    return f"/invitations/{made(studio, channel_id).rpartition('/')[2]}/"


@pytest.fixture
def guest(studio: Studio, path: str) -> Visitor:
    """The invited user, who registered after the invitation was sent."""
    return Visitor(studio, studio.sign_up("guest")[0])


def answered(guest: Visitor, path: str, choice: str) -> Page:
    return guest.submit(guest.open(path), "", answer=choice)


def invitation(path: str) -> invitations.Invitation:
    return existing(invitations.get(path.split("/")[2]))


def test_the_invited_user_accepts(guest: Visitor, path: str, channel_id: str) -> None:
    page = guest.open(path)
    assert (page.status, page.title) == (200, "Invitation to “Algebra”")
    assert "chef@example.org invites you to edit this channel" in page.text
    page = answered(guest, path, "accept")
    assert (page.path.partition("?")[0], page.status) == (f"/channels/{channel_id}/", 200)
    assert "You have accepted the invitation." in page.text
    assert invitation(path).accepted
    assert "You have accepted this invitation" in guest.open(path).text


def test_it_names_the_sender_as_the_mail_does(studio: Studio, guest: Visitor, path: str) -> None:
    sent = invitation(path)
    sent.sender_name = "Ada Lovelace"
    sent.save()
    assert "Ada Lovelace (chef@example.org) invites you" in guest.open(path).text
    sent.sender_id = "6" * 32  # an account that was deleted
    sent.save()
    assert "Ada Lovelace invites you" in guest.open(path).text


def test_the_invited_user_declines(guest: Visitor, path: str, channel_id: str) -> None:
    assert "You have declined the invitation." in answered(guest, path, "decline").text
    assert invitation(path).declined
    assert "You have declined this invitation" in guest.open(path).text
    assert [one.role for one in channel_members.of_channel(channel_id)] == ["edit"]


def test_a_decided_invitation_is_not_answered_again(guest: Visitor, path: str) -> None:
    page = guest.open(path)
    answered(guest, path, "decline")
    again = guest.submit(page, "", answer="accept")
    assert (again.status, "was already" in again.text) == (409, True)


def test_another_answer_is_refused(guest: Visitor, path: str) -> None:
    assert guest.post(path, answer="steal").status == 400
    assert guest.post(path).status == 400
    assert not invitations.is_decided(invitation(path))


def test_a_revoked_one_and_a_deleted_channel_say_so(guest: Visitor, path: str, channel_id: str) -> None:
    invitations.change(invitation(path), revoked=True)
    assert "was revoked" in guest.open(path).text
    Channel(channel_id).update([Channel.deleted.set(True), Channel.modified.set(now())])
    assert "The channel was deleted" in guest.open(path).text


def test_another_user_sees_the_masked_address_alone(studio: Studio, path: str) -> None:
    other = Visitor(studio, studio.sign_up("other")[0])
    page = other.open(path)
    assert (page.status, page.title) == (200, "This invitation is for somebody else")
    assert "g***@e***.org" in page.text
    assert "other@example.org" in page.text
    for word in ("guest", "Algebra", "chef@"):
        assert word not in page.text
    assert other.post(path, answer="accept").status == 404
    assert not invitations.is_decided(invitation(path))


def test_a_visitor_learns_nothing_and_gets_back_after_signing_in(studio: Studio, visitor: Visitor, path: str) -> None:
    with counting(studio) as watch:
        known = visitor.open(path)
        assert not watch.names
    unknown = visitor.open(UNKNOWN)
    assert known.status == unknown.status == 200
    assert known.text == unknown.text
    assert known.links["Sign in"] in ("/accounts/login/", f"/accounts/login/?next={path}")
    assert f"/accounts/login/?next={path}" in known.answer.text
    for word in ("guest", "Algebra", "chef@"):
        assert word not in known.answer.text
    assert visitor.post(path, answer="accept").status in (303, 401)


@pytest.mark.parametrize(("mode", "is_shown"), [("open", True), ("invitation", True), ("closed", False)])
def test_registering_on_the_way(visitor: Visitor, path: str, mode: str, is_shown: bool, monkeypatch) -> None:
    monkeypatch.setattr(registration, "mode", lambda: mode)
    page = visitor.open(path)
    assert (page.links.get("Register") == f"/accounts/register/?next={path}") == is_shown


@pytest.mark.parametrize("path", [UNKNOWN, "/invitations/nothing/", "/invitations/%00/"])
def test_unknown_ones_are_not_found(user: Visitor, path: str) -> None:
    assert user.open(path).status == 404
    assert user.post(path, answer="accept").status == 404
