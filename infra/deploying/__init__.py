"""The parts of `make deploy` and the other commands of an operator; `infra.deploy` is the entry point."""
