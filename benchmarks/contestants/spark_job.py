"""The same job in Spark, in this machine's cores; a record is numbered in its partition, after those before."""

import sys
from functools import reduce
from itertools import accumulate
from operator import or_
from pathlib import Path

from canon import COLUMNS, END, FIRST, LENGTH, LONG, MAPS, REQUIRED
from pyspark import StorageLevel
from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as f

INSIDE = 2**33
"""An increasing id of Spark is the partition's number times this, plus the row's number in it."""


def typed(name: str) -> Column:
    """The value of a text, or nothing."""
    if name in MAPS:
        meanings = f.create_map(*[f.lit(each) for pair in MAPS[name].items() for each in pair])
        return f.element_at(meanings, f.lower(f.col(name)))
    if name == "transaction_ts":
        return f.try_to_timestamp(f.col(name), f.lit("yyyy-MM-dd'T'HH:mm:ssXXX"))
    return f.expr(f"try_cast({name} AS DECIMAL(18, 2))") if name == "amount" else f.col(name)


def rules() -> dict[str, Column]:
    """Name → what breaks it, over texts and typed values."""
    broken = {f"{name}:required": f.col(name).isNull() for name in REQUIRED}
    broken |= {f"{name}:maxLength": f.length(name) > LENGTH for name in LONG}
    for name, rule in {**dict.fromkeys(MAPS, "enum"), "transaction_ts": "type", "amount": "type"}.items():
        broken[f"{name}:{rule}"] = f.col(name).isNotNull() & f.col(f"v_{name}").isNull()
    broken["amount:minimum"] = f.col("v_amount") < 0
    broken["transaction_ts:partition"] = (f.col("v_transaction_ts") < FIRST) | (f.col("v_transaction_ts") >= END)
    return dict(sorted(broken.items()))


def validated(spark: SparkSession, source: str) -> DataFrame:
    """Texts, typed values, and the rules each row breaks."""
    schema = ", ".join(f"{name} STRING" for name in COLUMNS)
    rows = spark.read.csv(source, schema=schema, header=True, mode="PERMISSIVE").select(
        *[f.trim(name).alias(name) for name in COLUMNS],
        f.monotonically_increasing_id().alias("id"),
        f.col("_metadata.file_name").alias("file"),
    )
    rows = rows.withColumns({f"v_{name}": typed(name) for name in COLUMNS})
    named = [f.when(broken, f.lit(name)) for name, broken in rules().items()]
    wrong = reduce(or_, [f.coalesce(broken, f.lit(False)) for broken in rules().values()])
    return rows.withColumn("reasons", f.when(wrong, f.array_compact(f.array(*named))))


def main(source: str, target: str) -> None:
    """Read and validate once, keep that, write both halves."""
    spark = SparkSession.builder.master("local[*]").config("spark.driver.memory", "6g").getOrCreate()
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    rows = validated(spark, source).persist(StorageLevel.MEMORY_AND_DISK)
    part = f.floor(f.col("id") / INSIDE).cast("int")
    counts = dict(rows.groupBy(part.alias("p")).count().collect())
    before = list(accumulate((counts.get(n, 0) for n in range(max(counts) + 1)), initial=0))
    record = f.col("id") % INSIDE + 1 + f.array(*[f.lit(n) for n in before])[part]
    refused = rows.where("reasons IS NOT NULL")
    refused.select("file", record.alias("record"), "reasons", f.struct(*COLUMNS).alias("text")).write.parquet(
        str(Path(target) / "quarantine")
    )
    good = rows.where("reasons IS NULL").select(*[f.col(f"v_{name}").alias(name) for name in COLUMNS], "id")
    days = {unit: getattr(f, unit)("transaction_ts") for unit in ("year", "month", "day")}
    good = good.withColumns(days)
    of_key = Window.partitionBy("transaction_id", *days).orderBy("id")
    kept = good.withColumn("nth", f.row_number().over(of_key)).where("nth = 1").drop("nth", "id")
    kept.repartition(*days).write.partitionBy(*days).parquet(str(Path(target) / "lake"), compression="zstd")
    gateway = spark.sparkContext._gateway
    spark.stop()
    gateway.shutdown()
    gateway.proc.stdin.close()
    gateway.proc.wait()  # so that the cpu of the JVM is counted as that of a child


if __name__ == "__main__":
    main(*sys.argv[1:])
