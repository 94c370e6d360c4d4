"""Proof: a table is made again from the raw zone in a scratch place, and compared with what is there.

The scratch place is a home of its own with the raw zone of the real one, so what makes it is the pipeline itself. To
compare one thing more, add a module that writes what it finds into a `Proof`, and call it in `prove`.
"""
