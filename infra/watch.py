"""Alarms, the topic that they notify, and the dashboard, from `watch.yaml`."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from infra import cfn, functions

FILE = Path(__file__).with_name("watch.yaml")
DOCUMENT = "docs/operations.md"
TOPIC = "Alarms"
WIDTH, HEIGHT, COLUMNS = 8, 6, 3  # of a chart; CloudWatch's grid is 24 wide

WORDS = {"Fn::Split": ["-", {"Ref": "Prefix"}]}  # a search splits names at hyphens
STAGE = {"Fn::Select": [1, WORDS]}

Metric = list[Any]  # [namespace, name, {dimension: value}]


def read() -> dict[str, Any]:
    """`{"alarms": {kind: alarm}, "refusals": pattern, "failed-sign-ins": pattern, "charts": [chart]}`."""
    return cfn.read(FILE)


def resources() -> dict[str, Any]:
    """Topic, subscription, alarms, log filters and dashboard by logical id."""
    found = read()
    return (
        {TOPIC: {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Fn::Sub": "${Prefix}alarms"}}}}
        | {"AlarmSubscription": _subscription()}
        | _filters("Refusals", found["refusals"], found["alarms"]["refusals"]["metric"], functions.read())
        | _filters("FailedSignIns", found["failed-sign-ins"], found["alarms"]["sign-ins"]["metric"], ["api"])
        | {_id(name, kind): _alarm(kind, name, rule) for kind, rule in found["alarms"].items() for name in rule["for"]}
        | {"Dashboard": _dashboard(found)}
    )


def _subscription() -> dict[str, Any]:
    properties = {"TopicArn": {"Ref": TOPIC}, "Protocol": "email", "Endpoint": {"Ref": "AlarmEmail"}}
    return {"Type": "AWS::SNS::Subscription", "Condition": "HasAlarmEmail", "Properties": properties}


def _id(name: str, kind: str) -> str:
    """`PublishDeadLettersAlarm`"""
    return "".join(part.capitalize() for part in (name, *kind.split("-"), "alarm"))


def _alarm(kind: str, name: str, rule: dict[str, Any]) -> dict[str, Any]:
    namespace, metric, dimensions = rule["metric"]
    enough, periods = rule.get("of", [1, 1])
    statistic = "ExtendedStatistic" if rule["statistic"].startswith("p") else "Statistic"
    properties = {
        "AlarmName": f"${{Prefix}}{name}-{kind}",
        "AlarmDescription": f"{rule['says']} See {DOCUMENT}: {rule['section']}.",
        "Namespace": namespace,
        "MetricName": metric,
        "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
        statistic: rule["statistic"],
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "Threshold": rule["at_least"],
        "Period": rule["minutes"] * 60,
        "EvaluationPeriods": periods,
        "DatapointsToAlarm": enough,
        "TreatMissingData": "notBreaching",
        "AlarmActions": [{"Ref": TOPIC}],
        "OKActions": [{"Ref": TOPIC}],
    }
    return {"Type": "AWS::CloudWatch::Alarm", "Properties": _named(properties, name)}


def _named(value: Any, name: str) -> Any:
    """The value with `{name}` filled in, and with `Fn::Sub` around each text that contains `${…}`."""
    if isinstance(value, dict):
        return {key: _named(part, name) for key, part in value.items()}
    if isinstance(value, list):
        return [_named(part, name) for part in value]
    if not isinstance(value, str):
        return value
    text = value.replace("{name}", name)
    if "${Stage}" in text:
        return {"Fn::Sub": [text, {"Stage": STAGE}]}
    return {"Fn::Sub": text} if "${" in text else text


def _filters(what: str, pattern: str, metric: Metric, names: Iterable[str]) -> dict[str, Any]:
    """The lines of these functions' logs that match the pattern are counted into one metric."""
    transformation = {"MetricNamespace": metric[0], "MetricName": {"Fn::Sub": metric[1]}, "MetricValue": "1"}
    return {
        f"{name.capitalize()}{what}": {
            "Type": "AWS::Logs::MetricFilter",
            "Properties": {
                "LogGroupName": {"Ref": f"{name.capitalize()}Logs"},
                "FilterPattern": pattern,
                "MetricTransformations": [transformation],
            },
        }
        for name in names
    }


def _dashboard(found: dict[str, Any]) -> dict[str, Any]:
    charts = [*_charts_of(found["alarms"]), *(_chart(chart) for chart in found["charts"])]
    widgets = [
        {
            "type": "metric",
            "x": index % COLUMNS * WIDTH,
            "y": index // COLUMNS * HEIGHT,
            "width": WIDTH,
            "height": HEIGHT,
            "properties": {"region": "${AWS::Region}", "period": 300, "view": "timeSeries", **chart},
        }
        for index, chart in enumerate(charts)
    ]
    values = {"Stage": STAGE, "Words": {"Fn::Join": [" ", WORDS]}}
    body = {"Fn::Sub": [json.dumps({"widgets": widgets}), values]}
    properties = {"DashboardName": {"Fn::Sub": "${Prefix}studio"}, "DashboardBody": body}
    return {"Type": "AWS::CloudWatch::Dashboard", "Properties": properties}


def _charts_of(alarms: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for kind, rule in alarms.items():
        chart = _chart({"title": kind, "metrics": [rule["metric"]], **rule})
        yield chart | {"annotations": {"horizontal": [{"label": "alarm", "value": rule["at_least"]}]}}


def _chart(chart: dict[str, Any]) -> dict[str, Any]:
    """A widget's properties. Its metrics are repeated for each of `for`, or found by `search`."""
    if "search" in chart:
        search = f"SEARCH('{chart['search']}', 'Sum', 300)"
        return {"title": chart["title"], "metrics": [[{"expression": search, "id": "found"}]]}
    metrics = [_line(metric, name) for name in chart.get("for", [""]) for metric in chart["metrics"]]
    own = {"region": chart["region"]} if "region" in chart else {}
    return {"title": chart["title"], "stat": chart["statistic"], "metrics": metrics, **own}


def _line(metric: Metric, name: str) -> list[Any]:
    """A metric in the format of dashboards: `[namespace, name, dimension, value, …, {"label"}]`."""
    namespace, title, dimensions = metric
    pairs = [text.replace("{name}", name) for pair in dimensions.items() for text in pair]
    return [namespace, title, *pairs, *([{"label": name}] if name else [])]
