"""The local stack: ministack for AWS, the app behind a front that follows the same rules as CloudFront, the workers.

`python -m infra.local` runs it (`make run`); `infra.local.stack.start` does for tests and benchmarks.
"""
