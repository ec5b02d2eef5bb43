"""`make public`: makes a published channel of the running stack public, or private again.

`python -m infra.local.public CHANNEL [--private]` finds the stack of DATA_DIR by its `stack.json`.
`--inside` is the part that runs in the stack's environment.
"""

import argparse
import sys

from infra.local.running import run_inside


def change(identifier: str, public: bool) -> int:
    """Make the channel with this id or token public or private, and wait until the public lists show it."""
    from chalicelib.errors import StudioError
    from chalicelib.operations.public import channel_lookup, public_index, public_index_update

    try:
        channel_id = channel_lookup.channel_id_of(identifier)
        channel = public_index_update.set_public(channel_id, public)
        public_index_update.refresh([channel_id])
    except StudioError as error:
        print(error.detail, file=sys.stderr)
        return 1
    count = len(public_index.current().channels)
    print(f"{channel.name} is {'public' if public else 'private'} now: {count} on the public list.")
    return 0


def main() -> int:
    """Exit status of the command line."""
    arguments = argparse.ArgumentParser(prog="make public", description=__doc__)
    arguments.add_argument("channel")
    arguments.add_argument("--private", action="store_true")
    arguments.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.inside:
        return change(given.channel, not given.private)
    private = ["--private"] if given.private else []
    return run_inside("infra.local.public", "--inside", given.channel, *private)


if __name__ == "__main__":
    from chalicelib.telemetry import by_operator

    by_operator()
    sys.exit(main())
