"""What stands for AWS's services on this machine: ministack, what it lacks, and a count of the calls to it."""
