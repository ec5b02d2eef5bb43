"""Structured logs and metrics, printed in the formats of CloudWatch."""

from aws_lambda_powertools import Logger, single_metric
from aws_lambda_powertools.metrics import MetricUnit

from chalicelib.config import settings

NAMESPACE = "KolibriStudio"

log = Logger(service="studio")


def count(name: str, value: float = 1) -> None:
    """Record a count metric."""
    _emit(name, MetricUnit.Count, value)


def seconds(name: str, value: float) -> None:
    """Record a duration metric."""
    _emit(name, MetricUnit.Seconds, value)


def _emit(name: str, unit: MetricUnit, value: float) -> None:
    with single_metric(name=name, unit=unit, value=value, namespace=NAMESPACE) as metric:
        metric.add_dimension(name="service", value="studio")
        metric.add_dimension(name="stage", value=settings().stage)
