"""What `make deploy` and the commands beside it are made of; `infra.deploy` puts it together."""
