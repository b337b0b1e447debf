"""The running process: wiring, the loop, the scheduler, and keeping the queue true to the files."""
