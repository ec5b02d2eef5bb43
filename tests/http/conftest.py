"""All tests of the HTTP machinery share one cloud."""

from tests.support.aws.shared_cloud import aws, shared_cloud

__all__ = ["aws", "shared_cloud"]
