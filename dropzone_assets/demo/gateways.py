"""The dialects of payment gateways: how they name columns, currencies, statuses and methods."""

from dataclasses import dataclass

COLUMNS = (
    "transaction_id",
    "transaction_ts",
    "user_id",
    "amount",
    "currency",
    "status",
    "product_id",
    "payment_method",
)


@dataclass(frozen=True)
class Dialect:
    """One gateway's header, and the column that stands under each of its names."""

    header: tuple[str, ...]
    columns: tuple[str, ...] = COLUMNS


DIALECTS = (
    Dialect(COLUMNS),
    Dialect(("tranc_id", "ttime", "user_id", "amount", "cur", "status", "product_id", "pay_m")),
    # Other names, another order.
    Dialect(
        ("tdate", "Transaction ID", "Customer-ID", "CCY", "Amt", "State", "Pay-Method", "SKU"),
        (
            "transaction_ts",
            "transaction_id",
            "user_id",
            "currency",
            "amount",
            "status",
            "payment_method",
            "product_id",
        ),
    ),
    # One name for three columns: only their position tells them apart.
    Dialect(("id", "ttime", "id", "amount", "cur", "status", "id", "pay_m")),
    # A column nobody asked for.
    Dialect(
        ("channel", "txn_id", "txn_time", "uid", "total", "currency_code", "stat", "prod_id", "payment_type"),
        ("channel", *COLUMNS),
    ),
)

CURRENCIES = {
    "USD": ("USD", "usd", " USD ", "US$", "us dollar"),
    "EUR": ("EUR", "eur", "€", " Euro"),
    "GBP": ("GBP", "gbp ", "£"),
    "JPY": ("JPY", "Yen"),
    "CHF": ("CHF", " chf"),
    "CAD": ("CAD", "C$"),
}

STATUSES = {
    "SUCCESS": ("SUCCESS", "success", "ok", " OK ", "completed", "Paid"),
    "FAILED": ("FAILED", "failed ", "Declined", "error"),
    "PENDING": ("PENDING", "pending", "In Progress"),
    "REFUNDED": ("REFUNDED", "Refund", " refunded"),
}

METHODS = {
    "CREDIT_CARD": ("CREDIT_CARD", "credit card", "CreditCard", "cc"),
    "DEBIT_CARD": ("DEBIT_CARD", "Debit-Card", "debit"),
    "PAYPAL": ("PAYPAL", "PayPal", "pay pal"),
    "APPLE_PAY": ("APPLE_PAY", "applepay", "ApplePay", " Apple Pay"),
    "GOOGLE_PAY": ("GOOGLE_PAY", "gpay", "GooglePay"),
    "BANK_TRANSFER": ("BANK_TRANSFER", "bank transfer", "wire"),
}
