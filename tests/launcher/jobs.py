"""Jobs for forked processes: one that ends, one that takes its time, one that does not want to stop."""

import signal
import time

import dagster as dg


@dg.op
def greet() -> None:
    print("good morning")


@dg.op
def rest() -> None:
    time.sleep(60)


@dg.op
def insist() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    time.sleep(60)


@dg.job(executor_def=dg.in_process_executor)
def quick() -> None:
    greet()


@dg.job(executor_def=dg.in_process_executor)
def slow() -> None:
    rest()


@dg.job(executor_def=dg.in_process_executor)
def stubborn() -> None:
    insist()


JOBS = {job.name: job for job in (quick, slow, stubborn)}
