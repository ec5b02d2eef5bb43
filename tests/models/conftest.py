"""All tests of the models share one cloud."""

from tests.support.aws.shared_cloud import aws, shared_cloud

__all__ = ["aws", "shared_cloud"]
