"""Error messages for the operator: one sentence each, which says what to do."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from botocore import exceptions
from botocore.exceptions import ClientError
from moto import mock_aws

from chalicelib.domain.tokens import digest
from chalicelib.identity import accounts
from infra import deploy, package
from infra.deploying import account, admin, commands, mail, problems
from infra.deploying.problems import DeployError
from tests.infra.deploying import small_build

OPTIONS = {"STAGE": "dev", "REGION": "eu-central-1"}


def refusal(code: str, message: str = "", operation: str = "PutObject") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (exceptions.NoCredentialsError(), "There are no AWS credentials: set AWS_ACCESS_KEY_ID"),
        (exceptions.PartialCredentialsError(provider="env", cred_var="key"), "incomplete"),
        (exceptions.ProfileNotFound(profile="x"), "(x)"),
        (exceptions.UnauthorizedSSOTokenError(), "aws sso login"),
        (exceptions.TokenRetrievalError(provider="sso", error_msg="x"), "aws sso login"),
        (exceptions.EndpointConnectionError(endpoint_url="https://a"), "check REGION"),
        (exceptions.ReadTimeoutError(endpoint_url="https://a"), "AWS could not be called"),
        (refusal("ExpiredToken"), "have expired"),
        (refusal("InvalidClientTokenId"), "does not know these credentials"),
        (refusal("OptInRequired"), "another REGION"),
        (refusal("ValidationError", "Parameter X must be."), "AWS refused s3:PutObject: Parameter X must be."),
        (refusal("Throttled"), "AWS refused s3:PutObject: Throttled."),
    ],
)
def test_an_error_is_one_sentence_that_says_what_to_do(error: Any, said: str) -> None:
    found = problems.explain(error, "s3")
    assert said in found
    assert found.endswith(".")
    assert "\n" not in found


@pytest.mark.parametrize(
    ("error", "action"),
    [
        (
            refusal(
                "AccessDenied",
                "User: arn:aws:iam::1:user/u is not authorized to perform: cloudformation:CreateChangeSet on a",
            ),
            "cloudformation:CreateChangeSet",
        ),
        (refusal("AccessDenied", "Access Denied", "PutBucketVersioning"), "s3:PutBucketVersioning"),
        (refusal("403", "Forbidden", "HeadBucket"), "s3:ListBucket"),
        (refusal("403", "Forbidden", "HeadObject"), "s3:GetObject"),
    ],
)
def test_a_missing_permission_is_named(error: ClientError, action: str) -> None:
    assert problems.explain(error, "s3") == (
        f"These credentials lack the permission {action}: allow it, or use other credentials."
    )


def test_the_service_is_found_by_its_operation() -> None:
    at = account.at("eu-central-1")
    for service in ("ssm", "s3", "cloudformation"):
        at.client(service)
    with pytest.raises(DeployError, match="lack the permission ssm:GetParametersByPath:"), at.explained():
        raise refusal("AccessDeniedException", "no", "GetParametersByPath")


@pytest.mark.parametrize(
    ("command", "options", "said"),
    [
        ("deploy", {}, "STAGE is required: set STAGE to one of dev, staging, prod."),
        ("deploy", {"STAGE": "qa"}, "There is no stage 'qa': set STAGE to one of dev, staging, prod."),
        ("deploy", {"STAGE": "dev", "REGION": "nowhere-1"}, "There is no AWS region 'nowhere-1'"),
        ("destroy", {**OPTIONS, "YES": "prod"}, "Nothing was deleted: type dev, or set YES=dev."),
        ("destroy", {**OPTIONS, "DATA": "all"}, "DATA must be keep or delete."),
        ("admin", OPTIONS, "EMAIL is required: EMAIL=you@example.org."),
        ("token", OPTIONS, "EMAIL is required: EMAIL=you@example.org."),
        (
            "redrive",
            {**OPTIONS, "QUEUE": "x"},
            "QUEUE must be one of publish, export, maintenance, uploads, assembly, failed.",
        ),
        ("redrive", {**OPTIONS, "QUEUE": "publish"}, "There is no queue studio-dev-publish-dlq in eu-central-1"),
        ("settings", {**OPTIONS, "SET": "Typo=1"}, "There is no setting Typo"),
    ],
)
@mock_aws
def test_a_command_names_what_is_missing(
    command: str, options: dict[str, str], said: str, capsys: Any, monkeypatch: Any
) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.setattr(sys, "stdin", open("/dev/null"))  # noqa: SIM115 - not a terminal
    assert deploy.main(command, options) == 1
    out, err = capsys.readouterr()
    assert (out, said in err, err.count("\n")) == ("", True, 1)


def test_a_missing_region_is_reported(capsys: Any, monkeypatch: Any, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    assert deploy.main("deploy", {"STAGE": "dev"}) == 1
    assert capsys.readouterr().err == "REGION is required: REGION=eu-central-1, or any other AWS region.\n"


def test_missing_credentials_are_reported_before_a_build(capsys: Any, monkeypatch: Any, tmp_path: Path) -> None:
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(package, "package", lambda _: pytest.fail("built"))
    assert deploy.main("deploy", OPTIONS) == 1
    assert capsys.readouterr().err.startswith("There are no AWS credentials: set AWS_ACCESS_KEY_ID")


@mock_aws
def test_a_stage_that_was_not_packaged_is_reported(tmp_path: Path) -> None:
    with pytest.raises(DeployError, match="run make package STAGE=dev"):
        deploy.deploy("dev", "eu-central-1", build_dir=tmp_path)


@mock_aws
def test_invalid_settings_are_reported_before_anything_is_created(tmp_path: Path) -> None:
    build = small_build.write(tmp_path)
    with pytest.raises(DeployError, match="There is no setting Typo"):
        deploy.deploy("dev", "eu-central-1", {"Typo": "1"}, build)
    assert account.at("eu-central-1").client("s3").list_buckets()["Buckets"] == []


@mock_aws
def test_settings_are_set_and_listed(capsys: Any) -> None:
    assert deploy.main("settings", {**OPTIONS, "SET": "AlarmEmail=ops@example.org"}) == 0
    assert deploy.main("settings", OPTIONS) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "AlarmEmail is ops@example.org; the next make deploy applies it."
    assert ["AlarmEmail", "ops@example.org", "SSM"] in [line.split() for line in lines]


def test_a_region_without_ses_is_reported_if_mail_is_to_be_sent(monkeypatch: Any) -> None:
    at = account.at("eu-central-1")
    monkeypatch.setattr(at.session, "get_available_regions", lambda *_: ["us-east-1"])
    mail.check(at, "")
    with pytest.raises(DeployError, match="There is no SES in eu-central-1"):
        mail.check(at, "studio@example.org")


class Ses:
    """SES with one state of the account and one of the sender."""

    def __init__(self, production: bool, verified: bool) -> None:
        self.production, self.verified = production, verified

    def get_account(self) -> dict[str, bool]:
        return {"ProductionAccessEnabled": self.production}

    def get_email_identity(self, **_: str) -> dict[str, bool]:
        return {"VerifiedForSendingStatus": self.verified}


@pytest.mark.parametrize(
    ("ses", "said"),
    [(Ses(True, True), []), (Ses(False, True), ["production"]), (Ses(False, False), ["production", "link"])],
)
def test_reasons_against_the_arrival_of_mail_are_reported(ses: Ses, said: list[str]) -> None:
    at = account.Account("eu-central-1", _clients={"sesv2": ses})
    found = mail.hints(at, "studio@example.org")
    assert len(found) == len(said)
    assert all(word in sentence for word, sentence in zip(said, found, strict=True))
    assert mail.hints(at, "") == []


class TestAdministrator:
    """The part that runs in the environment of the deployed API."""

    def test_is_looked_up_and_created(self, aws: Any, capsys: Any) -> None:
        assert admin.main(["look"]) == 0
        assert admin.main(["give", "admin@example.org"]) == 0
        assert admin.main(["look"]) == 0
        before, (password, is_new), after = map(json.loads, capsys.readouterr().out.splitlines())
        assert (before, after, is_new, len(password)) == (False, True, True, 23)

    @pytest.mark.parametrize(("is_admin", "said"), [(False, "is now an administrator"), (True, "is an administrator")])
    def test_is_distinguished_from_a_user_who_becomes_one(
        self, aws: Any, capsys: Any, monkeypatch: Any, is_admin: bool, said: str
    ) -> None:
        accounts.create_user("some@example.org", is_admin=is_admin)

        def here(_: Any, __: str, *arguments: str) -> Any:
            assert admin.main(list(arguments)) == 0
            return json.loads(capsys.readouterr().out)

        monkeypatch.setattr(admin, "_run", here)
        commands.give_password(account.at("eu-central-1"), "studio-dev-", "some@example.org", "https://a.org")
        assert capsys.readouterr().out.startswith(f"some@example.org {said}\n")

    def test_issues_tokens_to_existing_and_new_users(self, aws: Any, capsys: Any) -> None:
        assert [admin.main(["token", address]) for address in ("Chef@example.org", "chef@example.org")] == [0, 0]
        (first, link, is_mailed), (second, none, _) = map(json.loads, capsys.readouterr().out.splitlines())
        assert link.startswith("http://front.example.org/accounts/password/reset/")
        assert (none, is_mailed) == ("", False)
        tokens = {first, second}
        user = accounts.find("chef@example.org")
        assert user is not None
        assert user.token_keys == {digest(token) for token in tokens}
        assert (len(tokens), user.is_admin) == (2, False)

    def test_revokes_tokens_and_deactivates_users(self, aws: Any, capsys: Any, monkeypatch: Any) -> None:
        def here(_: Any, __: str, *arguments: str) -> Any:
            assert admin.main(list(arguments)) == 0
            return json.loads(capsys.readouterr().out)

        _, token = accounts.create_user("chef@example.org")
        monkeypatch.setattr(admin, "_run", here)
        at, said = account.at("eu-central-1"), []
        for command, options in (
            ("token", {"REVOKE": token}),
            ("token", {"EMAIL": "chef@example.org", "REVOKE": "all"}),
            ("deactivate", {"EMAIL": "chef@example.org"}),
            ("activate", {"EMAIL": "chef@example.org"}),
        ):
            commands.COMMANDS[command](at, "dev", options)
            said.append(capsys.readouterr().out)
        assert said == [
            "1 API token is revoked.\n",
            "0 API tokens are revoked.\n",
            "chef@example.org is deactivated; all API tokens and sessions are revoked for good.\n",
            "chef@example.org is active. Earlier API tokens and sessions stay revoked.\n",
        ]

    @pytest.mark.parametrize(
        ("command", "options"), [("token", {"REVOKE": "all"}), ("deactivate", {}), ("activate", {"REVOKE": "all"})]
    )
    def test_needs_an_address(self, command: str, options: dict[str, str]) -> None:
        with pytest.raises(DeployError, match="EMAIL is required"):
            commands.COMMANDS[command](account.at("eu-central-1"), "dev", options)

    def test_with_an_invalid_address_is_reported(self, aws: Any, capsys: Any) -> None:
        assert admin.main(["give", "admin"]) == 1
        assert capsys.readouterr() == ("", "email: Enter a valid e-mail address.\n")

    @mock_aws
    def test_of_a_stage_that_is_not_deployed_is_reported(self) -> None:
        with pytest.raises(DeployError, match="studio-dev-api is not deployed in eu-central-1: run make deploy first"):
            admin.exists(account.at("eu-central-1"), "studio-dev-")
