"""What `make package` is made of; `infra.package` puts it together."""
