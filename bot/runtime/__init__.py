"""The running process: wiring, loop, scheduler, the queue's following of the files, logs."""
