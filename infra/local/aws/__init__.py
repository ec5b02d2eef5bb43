"""AWS's services on this machine: ministack with what it lacks, and a counter of the calls to it."""
