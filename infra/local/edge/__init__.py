"""CloudFront, API Gateway and Lambda on this machine: one host for content and API."""
