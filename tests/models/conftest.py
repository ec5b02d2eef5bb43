"""All tests of models share one mock of AWS."""

from tests.support.aws.shared_cloud import aws, shared_cloud

__all__ = ["aws", "shared_cloud"]
