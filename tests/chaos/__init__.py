"""Chaos: a small world whose every step may die or fail at every place where it meets the outside.

`crossings` counts the meetings and makes them fail, `boundaries` names them, `world` is what senders and the platform
do, `account` what a home comes to, `scenario` a list of steps with faults, `campaign` many of those, `kills` and
`operators` what befalls real processes. To add an operation, add a method to `world.World` and a line to
`scenario.ACTS`; to add a boundary, a line to `boundaries`.
"""
