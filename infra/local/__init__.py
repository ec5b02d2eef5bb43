"""The local stack: ministack for AWS, a gateway with the CDN's rules before the app, and the workers.

`python -m infra.local` runs it (`make run`); tests and benchmarks use `infra.local.stack.start`.
"""
