"""DynamoDB Local, as AWS publishes it: the npm package that installs it, and a runner for commands that use it."""
