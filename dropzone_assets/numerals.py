"""What the text of a number proves of its decimal sign, as patterns that Python and DuckDB read alike."""

from typing import Literal

Sign = Literal[".", ","]

OTHER: dict[str, Sign] = {".": ",", ",": "."}
"""A decimal sign → the one that stands between thousands beside it."""

SPACES = "[ \u00a0\u202f]"
GROUPS = {" ": SPACES, "'": "['\u2019]"}
"""What stands between thousands and can never be a decimal sign → how it may be written."""

EITHER = "[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}"
"""A number of which nobody knows whether it has thousands or decimals."""

_EXPONENT = "[eE][+-]?[0-9]+"


def proof(decimal: str, *, grouped: bool = True) -> str:
    """What only a number with this decimal sign looks like, signs at both ends of it aside.

    Args:
        grouped: whether the other sign may stand between thousands. Where it cannot, one sign proves itself.
    """
    d, g = f"[{decimal}]", f"[{OTHER[decimal]}]"
    if not grouped:
        return f"[+-]?[0-9]*{d}[0-9]+({_EXPONENT})?"
    many = f"[1-9][0-9]{{0,2}}({g}[0-9]{{3}})"
    length = f"[0-9]*{d}([0-9]{{1,2}}|[0-9]{{4,}})"
    front = f"(0[0-9]*|[0-9]{{4,}}){d}[0-9]+"
    return f"[+-]?({many}+{d}[0-9]+|{many}{{2,}}|{length}|{front}|{d}[0-9]+|[0-9]*{d}[0-9]+{_EXPONENT})"


def number(decimal: str, *, grouped: bool) -> str:
    """All numbers with this decimal sign, whether the other one stands between their thousands or not."""
    d, g = f"[{decimal}]", f"[{OTHER[decimal]}]"
    groups = f"[1-9][0-9]{{0,2}}({g}[0-9]{{3}})+|" if grouped else ""
    return f"[+-]?({groups}[0-9]*)({d}[0-9]*)?|[+-]?[0-9]*{d}?[0-9]*{_EXPONENT}"
