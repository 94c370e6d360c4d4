"""Where trusted tables rest. To add a sink: one file beside `parquet`, one line where sinks are chosen, one test."""
