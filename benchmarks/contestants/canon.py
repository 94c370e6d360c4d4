"""What the contract of transactions says, for contestants that cannot read it."""

from datetime import date, datetime, time, timedelta

COLUMNS = (
    "transaction_id", "transaction_ts", "user_id", "amount", "currency", "status", "product_id", "payment_method",
)  # fmt: skip
REQUIRED = COLUMNS[:6]
LONG = ("transaction_id", "user_id", "product_id")
LENGTH = 64

MAPS = {
    "currency": {
        "usd": "USD", "us$": "USD", "eur": "EUR", "€": "EUR", "euro": "EUR", "gbp": "GBP", "£": "GBP", "jpy": "JPY",
        "yen": "JPY", "chf": "CHF", "cad": "CAD", "c$": "CAD", "inr": "INR", "aud": "AUD", "a$": "AUD",
    },
    "status": {
        "success": "SUCCESS", "ok": "SUCCESS", "paid": "SUCCESS", "completed": "SUCCESS", "failed": "FAILED",
        "declined": "FAILED", "error": "FAILED", "pending": "PENDING", "waiting": "PENDING", "refunded": "REFUNDED",
        "reversed": "REFUNDED",
    },
    "payment_method": {
        "credit_card": "CREDIT_CARD", "credit card": "CREDIT_CARD", "cc": "CREDIT_CARD", "debit_card": "DEBIT_CARD",
        "debit card": "DEBIT_CARD", "dc": "DEBIT_CARD", "paypal": "PAYPAL", "bank_transfer": "BANK_TRANSFER",
        "wire": "BANK_TRANSFER",
    },
}  # fmt: skip
"""Column → the text in lower case → the value it means."""

FIRST = datetime(2013, 1, 1)
"""Rows before this, or after tomorrow, have clocks gone wrong."""

END = datetime.combine(date.today() + timedelta(days=2), time())
