"""DynamoDB Local, as AWS publishes it: the npm package that brings it, and what runs a command against it."""
