"""Signing in."""

from chalicelib.http.router import Reply, Request
from chalicelib.http.site import redirect


def sign_in(_: Request) -> Reply:
    return redirect("/en/accounts/")
