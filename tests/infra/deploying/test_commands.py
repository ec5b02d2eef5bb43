"""Commands for a deployed stage: pause and resume, rotate the secret, start a job, redrive dead letters."""

import io
import itertools
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from chalicelib.domain.jobs import JOBS
from chalicelib.http import origin
from infra import deploy, functions
from infra.deploying import account, admin, commands, pausing, settings, stack
from infra.deploying.problems import DeployError
from infra.resources import QUEUES

OPTIONS = {"STAGE": "dev", "REGION": "eu-central-1"}
PREFIX = "studio-dev-"


@pytest.fixture
def at() -> Iterator[account.Account]:
    with mock_aws():
        yield account.at("eu-central-1")


class TestPausing:
    @pytest.fixture(autouse=True)
    def _soon(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pausing, "POLL", 0)

    @pytest.fixture
    def lambdas(self, at: account.Account) -> Any:
        """A stage's functions with their triggers, and one of another stage."""
        trust = json.dumps({"Version": "2012-10-17", "Statement": []})
        role = at.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            archive.writestr("app.py", "")
        for name in (*(PREFIX + name for name in ("api", *QUEUES)), "studio-prod-publish"):
            at.client("lambda").create_function(
                FunctionName=name, Role=role, Runtime="python3.11", Handler="app.a", Code={"ZipFile": code.getvalue()}
            )
            if name != f"{PREFIX}api":
                at.client("sqs").create_queue(QueueName=name)
                source = f"arn:aws:sqs:eu-central-1:{at.id}:{name}"
                at.client("lambda").create_event_source_mapping(FunctionName=name, EventSourceArn=source)
        return at.client("lambda")

    def states(self, lambdas: Any) -> list[Any]:
        reserved = lambdas.get_function_concurrency(FunctionName=f"{PREFIX}api").get("ReservedConcurrentExecutions")
        mappings = lambdas.list_event_source_mappings()["EventSourceMappings"]
        return [reserved, *(m["State"] for m in sorted(mappings, key=lambda m: m["FunctionArn"]))]

    def test_stops_api_and_triggers_and_starts_them_again(self, lambdas: Any, capsys: Any) -> None:
        for _ in range(2):
            assert deploy.main("pause", OPTIONS) == 0
            assert self.states(lambdas) == [0, *["Disabled"] * len(QUEUES), "Enabled"]
        for _ in range(2):
            assert deploy.main("resume", OPTIONS) == 0
            assert self.states(lambdas) == [None, *["Enabled"] * (len(QUEUES) + 1)]
        assert "make resume STAGE=dev REGION=eu-central-1" in capsys.readouterr().out

    def test_waits_for_triggers_that_change(self) -> None:
        triggers = ChangingTriggers("Enabling", "Enabled", "Enabled", "Disabling", "Disabled")
        pausing._set_triggers(triggers, PREFIX, False)
        assert (triggers.states, triggers.requested) == ([], [False, False])

    def test_a_stage_that_is_not_deployed_is_reported(self, at: account.Account, capsys: Any) -> None:
        for command in ("pause", "resume"):
            assert deploy.main(command, OPTIONS) == 1
            assert capsys.readouterr().err == (
                "studio-dev-api is not deployed in eu-central-1: run make deploy first.\n"
            )

    def test_knows_how_long_functions_may_run(self) -> None:
        assert max(each["timeout"] for each in functions.read().values()) == commands.MAX_MINUTES * 60


class ChangingTriggers:
    """Lambda with one trigger, that of the queue publish, which takes on one state after the other."""

    def __init__(self, *states: str) -> None:
        self.states, self.requested = list(states), []  # type: ignore[var-annotated]

    def get_paginator(self, _: str) -> Any:
        return self

    def paginate(self, FunctionName: str) -> Any:  # noqa: N803 - botocore's
        if not FunctionName.endswith("publish"):
            return []
        return [{"EventSourceMappings": [{"UUID": "1", "State": self.states.pop(0)}]}]

    def update_event_source_mapping(self, UUID: str, Enabled: bool) -> None:  # noqa: N803 - botocore's
        self.requested.append(Enabled)


class TestRotating:
    @pytest.fixture
    def deployed(self, at: account.Account, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
        """The environment of the deployed API."""
        found = {"FRONT_KEY": settings.make_secret(at, "dev")}
        monkeypatch.setattr(stack, "describe", lambda *_: {"StackStatus": "UPDATE_COMPLETE"})
        monkeypatch.setattr(admin, "environment_of", lambda *_: found)
        return found

    def stored(self, at: account.Account) -> str:
        return settings.read(at, "dev")["FrontKey"]

    def test_takes_two_steps_that_share_a_secret_with_the_previous_state(
        self, at: account.Account, deployed: dict[str, str], capsys: Any
    ) -> None:
        (old,) = known = [deployed["FRONT_KEY"]]
        for _ in range(2):
            assert deploy.main("settings", {**OPTIONS, "ROTATE": "1"}) == 0
            known.append(self.stored(at))
            assert origin._share_secret(known[-1], known[-2])
            assert origin._share_secret(known[-2], known[-1])
            deployed["FRONT_KEY"] = known[-1]  # as a deploy does
        new = known[-1]
        assert known == [old, f"{new},{old}", new]
        assert len(new) == 64
        out = capsys.readouterr().out
        assert out.count("make deploy STAGE=dev REGION=eu-central-1") == 3
        assert not [key for key in (old, new) if key in out]

    def test_replaces_only_the_api_key_that_cloudfront_does_not_send(
        self, at: account.Account, deployed: dict[str, str]
    ) -> None:
        first = settings.make_secret(at, "dev", "ApiKeyA")
        second = settings.make_secret(at, "dev", "ApiKeyB")
        seen = [("A", first, second)]
        for _ in range(4):
            commands.COMMANDS["settings"](at, "dev", {"ROTATE": "1"})
            known = settings.read(at, "dev")
            deployed["FRONT_KEY"] = known["FrontKey"]  # as a deploy does
            seen.append((known["ApiKeySent"], known["ApiKeyA"], known["ApiKeyB"]))
        assert [sent for sent, *_ in seen] == ["A", "B", "B", "A", "A"]
        for (sent, *before), (_, *after) in itertools.pairwise(seen):
            at_edge = "AB".index(sent)
            assert before[at_edge] == after[at_edge]  # what CloudFront sends is valid until it sends another
            assert before[1 - at_edge] != after[1 - at_edge]

    def test_leaves_no_setting_that_an_earlier_version_would_refuse(
        self, at: account.Account, deployed: dict[str, str]
    ) -> None:
        settings.make_secret(at, "dev", "ApiKeyA")
        commands.COMMANDS["settings"](at, "dev", {"ROTATE": "1"})
        found = at.client("ssm").get_parameters_by_path(Path="/studio/dev/", Recursive=False)["Parameters"]
        assert [parameter["Name"] for parameter in found] == ["/studio/dev/FrontKey"]

    @pytest.mark.parametrize("name", ["ApiKeyA", "ApiKeyB", "ApiKeySent"])
    def test_is_the_only_way_to_change_an_api_key(self, at: account.Account, name: str) -> None:
        for value in ("", "B"):
            with pytest.raises(DeployError, match=f"There is no setting {name}"):
                settings.change(at, "dev", {name: {}}, f"{name}={value}")

    def test_refuses_a_second_step_before_the_first_is_deployed(
        self, at: account.Account, deployed: dict[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        options = {"ROTATE": "1"}
        commands.COMMANDS["settings"](at, "dev", options)
        before = self.stored(at)
        with pytest.raises(DeployError, match="run make deploy first"):
            commands.COMMANDS["settings"](at, "dev", options)
        deployed["FRONT_KEY"] = before
        monkeypatch.setattr(stack, "describe", lambda *_: {"StackStatus": "UPDATE_IN_PROGRESS"})
        with pytest.raises(DeployError, match="not deployed, or being deployed"):
            commands.COMMANDS["settings"](at, "dev", options)
        assert self.stored(at) == before


class TestJob:
    def test_is_sent_to_the_queue(self, at: account.Account) -> None:
        url = at.client("sqs").create_queue(QueueName=f"{PREFIX}maintenance")["QueueUrl"]
        assert deploy.main("job", {**OPTIONS, "JOB": "rebuild_public_index"}) == 0
        (message,) = at.client("sqs").receive_message(QueueUrl=url)["Messages"]
        assert json.loads(message["Body"]) == {"jobs": [{"job": "rebuild_public_index"}]}

    def test_is_known_to_the_worker(self) -> None:
        assert set(commands.JOBS) <= JOBS.keys()

    @pytest.mark.parametrize(
        ("job", "said"),
        [
            ("remove_tree", f"JOB must be one of {', '.join(commands.JOBS)}.\n"),
            ("", f"JOB must be one of {', '.join(commands.JOBS)}.\n"),
            ("rebuild_search_index", "There is no queue studio-dev-maintenance in eu-central-1: is the stage deployed"),
        ],
    )
    def test_with_another_name_is_refused(self, at: account.Account, capsys: Any, job: str, said: str) -> None:
        assert deploy.main("job", {**OPTIONS, "JOB": job}) == 1
        assert capsys.readouterr().err.startswith(said)
