"""What `dropzone up` does: it starts the code server, the webserver and the daemon, watches them, and ends with them.

The three are Dagster's public commands, each in a process of its own that ends when `up` does, however that ends
(`child`). To add one, add a `Service` to `services` and what it is to be waited for to `supervisor`. How runs are
launched stays in `launcher`, how lines are printed in `cli`.
"""
