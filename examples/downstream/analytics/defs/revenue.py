"""What each currency earned on a day."""

import dagster as dg
import pandas as pd

DAYS = dg.DailyPartitionsDefinition("2013-01-01", end_offset=2)
"""The partitions of the platform's assets, from its `DROPZONE_START_DATE` on."""


@dg.asset(ins={"payments": dg.AssetIn(["lake", "transactions"])}, partitions_def=DAYS)
def revenue(context: dg.AssetExecutionContext, payments: pd.DataFrame) -> pd.DataFrame:
    """One row a currency: payments and their sum."""
    found = payments.groupby("currency", as_index=False).agg(payments=("amount", "size"), amount=("amount", "sum"))
    context.add_output_metadata({"currencies": len(found), "amount": float(found["amount"].sum())})
    return found
