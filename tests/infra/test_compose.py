"""The composed template: rules for all queues, functions, tables, alarms and stages."""

import json
import re
from typing import Any

import pytest

from chalicelib import config
from chalicelib.domain import storage_keys
from infra import functions, package, resources, template, watch
from infra.local.edge.responses import problem
from infra.local.workers import TIMEOUTS
from infra.package import STAGES
from infra.packaging import finishing
from infra.resources import QUEUES

COMPOSED = template.compose()
PARTS: dict[str, Any] = COMPOSED["Resources"]
WORKERS = {name: rule for name, rule in functions.read().items() if name != "api"}
DOCUMENT = template.HERE.parent / watch.DOCUMENT


def of_type(kind: str) -> dict[str, Any]:
    return {name: part["Properties"] for name, part in PARTS.items() if part.get("Type") == kind}


def alarms_on(metric: str) -> list[Any]:
    alarms = of_type("AWS::CloudWatch::Alarm").values()
    return [alarm["Dimensions"][0]["Value"] for alarm in alarms if alarm["MetricName"] == metric]


@pytest.mark.parametrize("name", QUEUES)
def test_messages_that_keep_failing_are_processed_by_the_function_for_them(name: str) -> None:
    target = "FailedDeadLetters" if name == "failed" else "FailedQueue"
    queue, dead = PARTS[f"{name.capitalize()}Queue"]["Properties"], PARTS[target]["Properties"]
    assert queue["RedrivePolicy"]["deadLetterTargetArn"] == {"Fn::GetAtt": [target, "Arn"]}
    sources = [source["Fn::Sub"].rpartition(":")[2] for source in dead["RedriveAllowPolicy"]["sourceQueueArns"]]
    assert queue["QueueName"]["Fn::Sub"] in sources
    assert dead["MessageRetentionPeriod"] > queue["MessageRetentionPeriod"]


@pytest.mark.parametrize("name", QUEUES)
def test_a_queue_has_its_own_dead_letter_queue_with_an_alarm(name: str) -> None:
    title = name.capitalize()
    queue, dead = PARTS[f"{title}Queue"]["Properties"], PARTS[f"{title}DeadLetters"]["Properties"]
    assert dead["MessageRetentionPeriod"] > queue["MessageRetentionPeriod"]
    assert queue["SqsManagedSseEnabled"]
    assert dead["SqsManagedSseEnabled"]
    assert dead["QueueName"] in alarms_on("ApproximateNumberOfMessagesVisible")


@pytest.mark.parametrize("name", QUEUES)
def test_a_worker_reads_its_own_queue_and_has_a_sixth_of_its_visibility_timeout(name: str) -> None:
    title, rule = name.capitalize(), WORKERS[name]
    ((source, event),) = PARTS[rule["id"]]["Properties"]["Events"].items()
    assert source == f"{title}SqsEventSource"
    assert event["Properties"]["Queue"] == {"Fn::Sub": f"${{{title}Queue.Arn}}"}
    assert event["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert PARTS[f"{title}Queue"]["Properties"]["VisibilityTimeout"] == 6 * rule["timeout"]
    assert rule["timeout"] == TIMEOUTS[name]
    assert PARTS[rule["id"]]["Properties"]["RecursiveLoop"] == "Allow"  # it sends to its own queue while it waits


@pytest.mark.parametrize("name", functions.read())
def test_a_function_has_its_own_name_role_logs_and_alarms(name: str) -> None:
    properties = PARTS[functions.read()[name]["id"]]["Properties"]
    title, own = name.capitalize(), {"Fn::Sub": f"${{Prefix}}{name}"}
    assert properties["FunctionName"] == own
    assert properties["Role"] == {"Fn::GetAtt": [f"{title}Role", "Arn"]}
    assert properties["LoggingConfig"] == {"LogGroup": {"Ref": f"{title}Logs"}}
    logs = PARTS[f"{title}Logs"]["Properties"]
    assert logs == {
        "LogGroupName": {"Fn::Sub": f"/aws/lambda/${{Prefix}}{name}"},
        "RetentionInDays": {"Ref": "LogDays"},
    }
    assert own in alarms_on("Errors")
    assert own in alarms_on("Throttles")


def test_no_two_functions_have_the_same_permissions() -> None:
    (statements) = [
        json.dumps(PARTS[f"{name.capitalize()}Role"]["Properties"]["Policies"]) for name in functions.read()
    ]
    assert len(set(statements)) == len(statements)


HAVE_DEFAULTS = {"UPLOAD_URL_SECONDS", "INDEX_SECONDS", "FRONT_KEY", "DISK_CACHE", "OPERATOR_MAIL"}


def test_functions_have_the_variables_that_the_settings_read() -> None:
    read = set(
        re.findall(r'_?(?:text|numbers?|choice|get)\("([A-Z_]+)"', (template.HERE.parent / config.__file__).read_text())
    )
    for name in functions.read():
        given = functions.environment(name).keys()
        assert given - read == {"POWERTOOLS_LOG_LEVEL"}
        assert read - given <= HAVE_DEFAULTS
    assert functions.environment("api").keys() >= {"FRONT_KEY", "DISK_CACHE", "OPERATOR_MAIL"}


def test_the_disk_cache_of_the_api_fits_its_disk() -> None:
    assert int(functions.environment("api")["DISK_CACHE"]) <= 0.8 * functions.read()["api"]["disk"] * 1024**2


@pytest.mark.parametrize("name", of_type("AWS::DynamoDB::Table"))
def test_a_table_can_be_restored_and_outlives_its_stack(name: str) -> None:
    table = PARTS[name]
    assert table["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["Properties"]["DeletionProtectionEnabled"] == {"Ref": "DeletionProtection"}
    assert table["DeletionPolicy"] == table["UpdateReplacePolicy"] == "Retain"


def test_items_with_an_expiry_are_deleted() -> None:
    expiring = {
        name: table for name, table in of_type("AWS::DynamoDB::Table").items() if "TimeToLiveSpecification" in table
    }
    alone = {"SessionsTable", "AccountLinksTable", "CountersTable"}
    assert expiring.keys() == alone | {
        *("TasksTable", "ChangesTable", "FilePlacesTable", "StoredObjectsTable", "ResumableUploadsTable"),
    }
    assert {json.dumps(table["TimeToLiveSpecification"]) for table in expiring.values()} == {
        '{"AttributeName": "expires", "Enabled": true}'
    }


def old_versions() -> dict[str, dict[str, Any]]:
    """The rules for old versions, by prefix."""
    rules = PARTS["ContentBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    return {rule["Prefix"]: rule for rule in rules if "NoncurrentVersionExpiration" in rule}


def test_objects_that_nothing_collects_are_retained() -> None:
    key = storage_keys.raw_data_key("digest")
    (rule,) = [rule for prefix, rule in old_versions().items() if key.startswith(prefix)]
    assert rule["NoncurrentVersionExpiration"]["NewerNoncurrentVersions"] == 1
    assert "ExpirationInDays" not in rule


def test_each_rule_of_the_bucket_has_a_name_and_place_of_its_own() -> None:
    """S3 refuses rules with the same id, and says nothing of a place that has two for old versions."""
    rules = PARTS["ContentBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert len({rule["Id"] for rule in rules}) == len(rules)
    assert len(old_versions()) == len([rule for rule in rules if "NoncurrentVersionExpiration" in rule])


@pytest.mark.parametrize(
    ("key", "goes"),
    [
        (storage_keys.storage_key("0" * 32, "pdf"), False),
        (storage_keys.database_key("channel"), False),
        (storage_keys.database_key("channel", 1), False),
        (storage_keys.withdrawn_key("channel", 1), False),
        (storage_keys.retained_files_key("channel"), False),
        (storage_keys.index_key("name"), False),
        (storage_keys.search_index_key("name"), False),
        (storage_keys.search_part_key("channel", 1), False),
        (storage_keys.frozen_tree_key("worker"), True),
        (storage_keys.cached_result_key("name"), True),
        (storage_keys.answer_key("digest"), True),
    ],
)
def test_old_versions_of_other_objects_expire(key: str, goes: bool) -> None:
    (rule,) = [rule for prefix, rule in old_versions().items() if key.startswith(prefix)]
    assert ("ExpirationInDays" in rule) == goes
    assert (rule["NoncurrentVersionExpiration"]["NoncurrentDays"] > 35) == (not goes)  # the restore period of tables


def test_the_bucket_is_private_and_outlives_its_stack() -> None:
    bucket = PARTS["ContentBucket"]
    assert bucket["DeletionPolicy"] == bucket["UpdateReplacePolicy"] == "Retain"
    assert bucket["Properties"]["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert all(bucket["Properties"]["PublicAccessBlockConfiguration"].values())


def test_api_gateway_has_the_error_format_of_the_application() -> None:
    answers = PARTS["RestAPI"]["Properties"]["GatewayResponses"]
    statuses = {kind: answer.get("StatusCode") for kind, answer in answers.items()}
    assert statuses["MISSING_AUTHENTICATION_TOKEN"] == statuses["RESOURCE_NOT_FOUND"] == "404"
    assert (statuses["REQUEST_TOO_LARGE"], statuses["THROTTLED"]) == ("413", "429")
    assert (statuses["INTEGRATION_FAILURE"], statuses["INTEGRATION_TIMEOUT"]) == ("502", "504")
    assert statuses["DEFAULT_4XX"] is statuses["DEFAULT_5XX"] is None
    shape = json.loads(problem(404, "Not found", "").body).keys()
    for answer in answers.values():
        assert json.loads(answer["ResponseTemplates"]["application/json"]).keys() == shape


def test_the_greedy_path_declares_its_parameter() -> None:
    """Chalice leaves it out."""
    greedy = PARTS["RestAPI"]["Properties"]["DefinitionBody"]["paths"]["/{proxy+}"]
    assert greedy["parameters"] == [{"name": "proxy", "in": "path", "required": True, "type": "string"}]


def test_the_access_log_is_json_with_the_requests_id() -> None:
    line = json.loads(PARTS["RestAPI"]["Properties"]["AccessLogSetting"]["Format"])
    assert line["request_id"] == "$context.requestId"
    assert not any("ip" in name or "query" in name for name in line)


@pytest.mark.parametrize("name", of_type("AWS::CloudWatch::Alarm"))
def test_an_alarm_notifies_the_topic_and_refers_to_its_section(name: str) -> None:
    alarm = PARTS[name]["Properties"]
    assert alarm["AlarmActions"] == [{"Ref": "Alarms"}]
    says, _, section = alarm["AlarmDescription"].rpartition(f" See {watch.DOCUMENT}: ")
    assert len(says) > 40
    assert re.search(rf"^#+ {re.escape(section.removesuffix('.'))}$", DOCUMENT.read_text(), re.MULTILINE)


@pytest.mark.parametrize("kind", watch.read()["alarms"])
def test_every_kind_of_alarm_is_explained(kind: str) -> None:
    assert f"`{kind}`" in DOCUMENT.read_text()


def test_delays_that_users_notice_are_monitored() -> None:
    assert alarms_on("ApproximateAgeOfOldestMessage") == [
        {"Fn::Sub": "${Prefix}publish"},
        {"Fn::Sub": "${Prefix}export"},
    ]


def test_the_dashboard_is_json_and_shows_every_kind_of_alarm() -> None:
    body, values = PARTS["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    widgets = json.loads(body)["widgets"]
    assert {widget["properties"]["title"] for widget in widgets} >= watch.read()["alarms"].keys()
    places = [(widget["x"], widget["y"]) for widget in widgets]
    assert len(set(places)) == len(places)
    assert set(re.findall(r"\$\{(\w+)\}", body)) <= {"Prefix", "Distribution", *values}


def test_stages_differ_in_parameters_only() -> None:
    stages, parameters = json.loads(STAGES.read_text()), COMPOSED["Parameters"]
    assert stages.keys() == {"dev", "staging", "prod"}
    assert len({tuple(sorted(stage)) for stage in stages.values()}) == 1
    assert len({stage["Prefix"] for stage in stages.values()}) == len(stages)
    for stage in stages.values():
        for name, value in stage.items():
            allowed = parameters[name]
            assert value in [str(one) for one in allowed.get("AllowedValues", [value])]
            assert re.fullmatch(allowed.get("AllowedPattern", ".*"), value)
    assert stages["prod"]["DeletionProtection"] == "true"


def test_large_numbers_are_text_as_cloudformation_would_write_them_with_an_exponent() -> None:
    defaults = [parameter["Default"] for parameter in COMPOSED["Parameters"].values()]
    assert max(default for default in defaults if isinstance(default, int)) < 10_000_000
    assert "53687091200" in defaults


def test_every_parameter_has_a_default_and_a_description() -> None:
    assert all({"Default", "Description"} <= parameter.keys() for parameter in COMPOSED["Parameters"].values())
    for name in ("FrontKey", "ApiKeyA", "ApiKeyB"):
        assert COMPOSED["Parameters"][name]["NoEcho"]


def test_two_api_keys_are_valid_before_cloudfront_sends_one() -> None:
    keys, plans = of_type("AWS::ApiGateway::ApiKey"), of_type("AWS::ApiGateway::UsagePlanKey")
    values = {name: key["Value"]["Fn::If"][1]["Ref"] for name, key in keys.items()}
    assert sorted(values.values()) == ["ApiKeyA", "ApiKeyB"]
    assert {key["Enabled"] for key in keys.values()} == {True}
    assert {plan["KeyId"]["Ref"] for plan in plans.values()} == values.keys()
    assert {plan["UsagePlanId"]["Ref"] for plan in plans.values()} == {"FrontPlan"}
    stages = PARTS["FrontPlan"]["Properties"]["ApiStages"]
    assert stages == [{"ApiId": {"Ref": "RestAPI"}, "Stage": {"Ref": "RestAPI.Stage"}}]
    assert {*PARTS["Distribution"]["DependsOn"]} == plans.keys()


def test_every_method_of_the_deployed_api_requires_an_api_key() -> None:
    body = json.loads(package.template_text())["Resources"]["RestAPI"]["Properties"]["DefinitionBody"]
    methods = [
        (path, name, method)
        for path, each in body["paths"].items()
        for name, method in each.items()
        if name in finishing.METHODS
    ]
    assert len(methods) > 300
    assert [found[:2] for found in methods if found[2].get("security") != [{finishing.KEY: []}]] == []
    assert body["securityDefinitions"][finishing.KEY]["name"] == "x-api-key"


def test_outputs_are_those_that_operators_need() -> None:
    queues = {f"{name}Url" for name in of_type("AWS::SQS::Queue")}
    assert COMPOSED["Outputs"].keys() == {"Url", "Bucket", "DistributionId", *queues}


def test_a_name_cannot_be_defined_twice() -> None:
    whole: dict[str, Any] = {section: {} for section in template.SECTIONS} | {"Resources": {"One": {}}}
    with pytest.raises(ValueError, match="One"):
        template._add(whole, {"Resources": {"One": {}, "Two": {}}})


def test_the_local_stack_and_the_template_name_the_same_queues() -> None:
    names = {queue["QueueName"]["Fn::Sub"] for queue in of_type("AWS::SQS::Queue").values()}
    assert names == {f"${{Prefix}}{name}{end}" for name in resources.QUEUES for end in ("", "-dlq")}


def test_second_versions_of_files_are_monitored_in_this_stage() -> None:
    """The metric is the function's own, so its dimensions are those of `telemetry.count`."""
    [stored] = [alarm for alarm in of_type("AWS::CloudWatch::Alarm").values() if alarm["MetricName"] == "StoredAgain"]
    stage = {"Fn::Select": [1, {"Fn::Split": ["-", {"Ref": "Prefix"}]}]}
    dimensions = {found["Name"]: found["Value"] for found in stored["Dimensions"]}
    assert dimensions == {"service": "studio", "stage": {"Fn::Sub": ["${Stage}", {"Stage": stage}]}}
