"""The running process, with its wiring, loop, scheduler, following of the files, and logs."""
