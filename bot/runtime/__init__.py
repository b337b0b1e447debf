"""The running process: wiring, loop and scheduler, the queue kept true to the files, logs."""
