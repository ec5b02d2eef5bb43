"""Errors of AWS as one sentence that says what to do."""

import re

from botocore import exceptions
from botocore.exceptions import BotoCoreError, ClientError


class DeployError(Exception):
    """A problem, as one sentence for the operator."""


SIGN_IN = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE (after `aws sso login` if you use SSO)"
DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "403"}
CODES = {
    **dict.fromkeys(
        ("ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"),
        f"These AWS credentials have expired: {SIGN_IN}.",
    ),
    **dict.fromkeys(
        (
            "InvalidClientTokenId",
            "UnrecognizedClientException",
            "InvalidAccessKeyId",
            "SignatureDoesNotMatch",
            "AuthFailure",
        ),
        f"AWS does not know these credentials: {SIGN_IN}.",
    ),
    **dict.fromkeys(
        ("OptInRequired", "RegionDisabledException", "SubscriptionRequiredException"),
        "This account cannot use that service in this region yet: enable the region in the account's settings, or "
        "choose another REGION.",
    ),
}
# The first match applies.
KINDS: tuple[tuple[type[BotoCoreError] | tuple[type[BotoCoreError], ...], str], ...] = (
    (exceptions.NoCredentialsError, f"There are no AWS credentials: {SIGN_IN}."),
    (exceptions.PartialCredentialsError, f"The AWS credentials are incomplete: {SIGN_IN}."),
    (exceptions.CredentialRetrievalError, f"The AWS credentials could not be retrieved ({{0}}): {SIGN_IN}."),
    (exceptions.ProfileNotFound, "{0}: set AWS_PROFILE to one of ~/.aws/config."),
    (exceptions.SSOError, "The SSO session has expired: run `aws sso login`, with --profile if AWS_PROFILE is set."),
    (
        exceptions.TokenRetrievalError,
        "The SSO session has expired: run `aws sso login`, with --profile if AWS_PROFILE is set.",
    ),
    (
        (exceptions.EndpointConnectionError, exceptions.ConnectTimeoutError, exceptions.InvalidRegionError),
        "AWS cannot be reached ({0}): check REGION and the network.",
    ),
)
_ACTION = re.compile(r"not authorized to perform:? ([a-z0-9-]+:[A-Za-z*]+)")
# Actions that IAM and botocore name differently.
_ACTIONS = {
    "s3:HeadBucket": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:DeleteObjects": "s3:DeleteObject",
}


def explain(error: BotoCoreError | ClientError, service: str = "") -> str:
    """One sentence about an error of botocore. `service` is the service that was called, by IAM's name."""
    if isinstance(error, ClientError):
        return _of_client(error, service)
    for kind, sentence in KINDS:
        if isinstance(error, kind):
            return sentence.format(str(error).rstrip("."))
    return f"AWS could not be called: {str(error).rstrip('.')}."


def code_of(error: ClientError) -> str:
    """The error code."""
    return str(error.response.get("Error", {}).get("Code", ""))


def is_denied(error: ClientError) -> bool:
    """Whether these credentials lack a permission."""
    return code_of(error) in DENIED


def _of_client(error: ClientError, service: str) -> str:
    if is_denied(error):
        return f"These credentials lack the permission {_action(error, service)}: allow it, or use other credentials."
    said = CODES.get(code_of(error))
    message = str(error.response.get("Error", {}).get("Message") or code_of(error)).strip().rstrip(".")
    return said or f"AWS refused {_action(error, service)}: {message}."


def _action(error: ClientError, service: str) -> str:
    """The action that was refused, as policies name it: AWS names it in the message, except for HEAD requests of S3."""
    found = _ACTION.search(str(error.response.get("Error", {}).get("Message", "")))
    if found:
        return found[1]
    action = f"{service}:{error.operation_name}" if service else error.operation_name
    return _ACTIONS.get(action, action)
