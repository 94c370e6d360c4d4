"""A file's columns are found by their names or by their places, and what is doubtful is refused, never guessed."""

from pathlib import Path
from typing import Any

import pytest

from dropzone_assets.contracts import Contract, match_columns
from dropzone_assets.errors import Refused
from tests.cases.validated import Validated, contract_of, validate_bytes

BOTH = ["by_name", "by_position"]


def orders(folder: Path, **block: Any) -> Contract:
    """id and amount must be there, note may be."""
    return contract_of(
        folder / "contracts",
        {"name": "id", "required": True, "synonyms": [{"synonym": "order_id"}, {"synonym": "Order Nr"}]},
        {"name": "amount", "required": True, "synonyms": [{"synonym": "total"}]},
        {"name": "note"},
        table="orders",
        **block,
    )


def validate(folder: Path, header: str, line: str, **block: Any) -> Validated:
    """What becomes of a file of one record."""
    return validate_bytes(folder, orders(folder, **block), f"{header}\n{line}\n".encode())


@pytest.mark.parametrize(
    ("header", "line"),
    [
        ("id,amount,note", "1,2,x"),
        ("note,amount,id", "x,2,1"),
        ("ID,Amount,NOTE", "1,2,x"),
        (" id ,\tamount,note ", "1,2,x"),
        ("order_id,total,note", "1,2,x"),
        ("Order-ID,TOTAL,note", "1,2,x"),
        ("order id,amount,note", "1,2,x"),
        ("ORDER_NR,amount,note", "1,2,x"),
        ('"id","amount","note"', '"1","2","x"'),
    ],
)
@pytest.mark.parametrize("columns", [["by_name"], BOTH])
def test_a_name_matches_however_it_is_written(tmp_path: Path, header: str, line: str, columns: list[str]) -> None:
    validated = validate(tmp_path, header, line, columns=columns)
    assert validated.rows[0].values == {"id": "1", "amount": "2", "note": "x", "_rescued": None}


def test_a_column_that_is_not_required_may_be_missing(tmp_path: Path) -> None:
    assert validate(tmp_path, "amount,id", "2,1").rows[0].values["note"] is None


@pytest.mark.parametrize(
    ("header", "line", "found"),
    [
        ("id,total,order_id,note", "1,2,3,x", "several columns for id: id (column 1), order_id (column 3)"),
        ("id,amount,Amount", "1,2,3", "several columns for amount: amount (column 2), Amount (column 3)"),
        ("id,note", "1,x", "lacks column amount; it has id, note"),
        ("a,b,c,d", "1,2,3,4", "lacks column id, amount, note; it has a, b, c, d"),
        ("1,2,x", "3,4,y", "lacks column id, amount"),
    ],
)
def test_doubtful_names_are_refused_with_what_was_found(tmp_path: Path, header: str, line: str, found: str) -> None:
    validated = validate(tmp_path, header, line)
    assert not validated.rows
    assert found in validated.refused[0].found


def test_the_cure_of_a_missing_column_names_the_candidates_and_the_contract(tmp_path: Path) -> None:
    cure = validate(tmp_path, "id,sum,note", "1,2,x").refused[0].cure
    assert "If it is there as sum, add that to the synonyms of amount in " in cure
    assert cure.endswith("t.odcs.yaml (`synonyms: [{synonym: 'sum'}]`), then: dropzone replay orders.")


def optional(folder: Path, content: bytes, **block: Any) -> Validated:
    """What becomes of a file of a table none of whose columns must be there."""
    columns = [{"name": "id"}, {"name": "note", "synonyms": [{"synonym": "remark"}]}]
    return validate_bytes(folder, contract_of(folder / "contracts", *columns, **block), content)


@pytest.mark.parametrize("columns", ["by_name", ["by_name"]])
def test_a_header_that_gives_no_name_at_all_is_refused(tmp_path: Path, columns: Any) -> None:
    validated = optional(tmp_path, b"nr,text\n1,a\n2,b\n", columns=columns, format={"kind": "csv", "header": True})
    assert not validated.rows
    found = validated.refused[0].found
    assert "gives none of the contract's columns" in found
    assert "it has nr, text. Wanted: id, note (or remark)." in found


@pytest.mark.parametrize(
    ("header", "refused"),
    [("id,note", False), ("id", True), ("id,text", True), ("remark,ID", False), ("note,text,id", False)],
)
def test_a_contract_may_want_all_its_columns(tmp_path: Path, header: str, refused: bool) -> None:
    line = ",".join("1" for _ in header.split(","))
    validated = optional(tmp_path, f"{header}\n{line}\n".encode(), missing_columns="refuse")
    assert bool(validated.refused) == refused
    if refused:
        assert "lacks column note" in validated.refused[0].found
        assert "missing_columns: null" in validated.refused[0].cure


@pytest.mark.parametrize("said", [None, "null"])
def test_a_column_that_may_be_missing_while_another_is_unknown_is_told(tmp_path: Path, said: str | None) -> None:
    validated = optional(tmp_path, b"id,text,x\n1,a,b\n", missing_columns=said)
    assert validated.rows[0].values["note"] is None
    assert "lacks note and has text, x, which the contract does not know" in str(validated.tallies[0])


@pytest.mark.parametrize("content", [b"id\n1\n", b"id,note\n1,a\n", b"id,note,x\n1,a,b\n"])
def test_a_header_that_only_lacks_or_only_has_more_is_not_doubtful(tmp_path: Path, content: bytes) -> None:
    assert not optional(tmp_path, content).tallies[0].odd


def test_a_name_that_may_be_two_columns_is_refused(tmp_path: Path) -> None:
    contract = contract_of(
        tmp_path / "contracts",
        {"name": "a", "synonyms": [{"synonym": "x"}]},
        {"name": "b", "synonyms": [{"synonym": "x"}]},
    )
    with pytest.raises(Refused, match="a column x that could be several"):
        match_columns(contract, ["x", "y"], exact=True)


@pytest.mark.parametrize(
    ("header", "line"),
    [
        ("x,y,z", "1,2,n"),
        ("id,id,id", "1,2,n"),
        ("id,amount,remark", "1,2,n"),
        (",,", "1,2,n"),
        ("id,other,note", "1,2,n"),
    ],
)
def test_by_position_the_place_counts(tmp_path: Path, header: str, line: str) -> None:
    validated = validate(tmp_path, header, line, columns="by_position")
    assert validated.rows[0].values == {"id": "1", "amount": "2", "note": "n", "_rescued": None}


@pytest.mark.parametrize(
    ("header", "line", "found"),
    [
        ("id,amount", "1,2", "has 2 columns (id, amount), the contract has 3"),
        ("id,amount,note,more", "1,2,n,m", "has 4 columns"),
        ("amount,id,note", "2,1,n", "has amount (that is amount) as column 1, not 2"),
        ("x,Order ID,z", "1,2,n", "has Order ID (that is id) as column 2, not 1"),
    ],
)
def test_by_position_a_name_that_contradicts_its_place_is_refused(
    tmp_path: Path, header: str, line: str, found: str
) -> None:
    assert found in validate(tmp_path, header, line, columns="by_position").refused[0].found


def test_the_second_way_is_tried_where_the_first_does_not_work(tmp_path: Path) -> None:
    validated = validate(tmp_path, "id,id,id", "1,2,n", columns=BOTH)
    assert validated.rows[0].values == {"id": "1", "amount": "2", "note": "n", "_rescued": None}


def test_where_no_way_works_the_first_one_says_why(tmp_path: Path) -> None:
    assert "lacks column amount" in validate(tmp_path, "id,x", "1,2", columns=BOTH).refused[0].found


@pytest.mark.parametrize("answer", ["rescue", "ignore", "refuse"])
def test_a_column_the_contract_does_not_know(tmp_path: Path, answer: str) -> None:
    validated = validate(tmp_path, "id,mood,amount,Mood", '1,"so ""so""",2,', unknown_columns=answer)
    if answer == "refuse":
        assert "does not know: mood, Mood" in validated.refused[0].found
    elif answer == "ignore":
        assert validated.rows[0].values == {"id": "1", "amount": "2", "note": None}
    else:
        assert validated.of("_rescued") == ['{"mood":"so \\"so\\"","Mood (2)":null}']


def test_files_with_different_headers_are_one_table(tmp_path: Path) -> None:
    contents = (b"id,amount\n1,2\n", b"total,order_id,x\n4,3,y\n", b"id,amount\n5,6\n", b"nothing\n7\n")
    validated = validate_bytes(tmp_path, orders(tmp_path), *contents)
    assert [(row.file, row.values["id"], row.values["amount"]) for row in validated.rows] == [
        (0, "1", "2"),
        (1, "3", "4"),
        (2, "5", "6"),
    ]
    assert list(validated.refused) == [3]
    assert len(validated.load.parts) == 2


TWICE = "id,amount,currency,amount,currency"


def money(folder: Path, *columns: dict[str, Any], **block: Any) -> Validated:
    """What becomes of a file in which names come twice."""
    contract = contract_of(folder / "contracts", {"name": "id"}, *columns, **block)
    return validate_bytes(folder, contract, f"{TWICE}\n1,10.5,USD,9.8,EUR\n".encode())


def also(*names: str) -> dict[str, Any]:
    """Synonyms."""
    return {"synonyms": [{"synonym": name} for name in names]}


def test_a_name_that_comes_twice_is_refused_with_both_ways_out(tmp_path: Path) -> None:
    refused = money(tmp_path, {"name": "amount"}).refused[0]
    assert "several columns for amount: amount (column 2), amount (column 4)" in refused.found
    assert "amount#1" in refused.cure and "amount#2" in refused.cure and "by_position" in refused.cure


@pytest.mark.parametrize("name", ["amount#2", "Amount#2", "AMOUNT#2"])
def test_the_second_column_of_a_name_is_taken_by_its_number(tmp_path: Path, name: str) -> None:
    first, second = {"name": "amount"}, {"name": "euro", **also(name)}
    (row,) = money(tmp_path, first, second).rows
    assert (row.values["amount"], row.values["euro"]) == ("10.5", "9.8")


@pytest.mark.parametrize(("number", "value"), [(1, "10.5"), (2, "9.8")])
def test_a_column_may_be_one_of_several_of_its_own_name(tmp_path: Path, number: int, value: str) -> None:
    (row,) = money(tmp_path, {"name": "amount", **also(f"amount#{number}")}).rows
    assert row.values["amount"] == value
    assert '"amount"' in row.values["_rescued"]


def test_the_first_of_a_name_is_there_where_it_comes_once(tmp_path: Path) -> None:
    contract = contract_of(tmp_path / "c", {"name": "id"}, {"name": "amount", **also("amount#1")})
    assert validate_bytes(tmp_path, contract, b"id,amount\n1,7\n").of("amount") == ["7"]


def test_a_number_that_is_not_there_is_lacking(tmp_path: Path) -> None:
    refused = money(tmp_path, {"name": "third", "required": True, **also("amount#3")}).refused[0]
    assert "lacks column third" in refused.found


@pytest.mark.parametrize("kind", ["json", "csv"])
def test_a_name_that_ends_like_the_number_of_a_column_is_that_name(tmp_path: Path, kind: str) -> None:
    contract = contract_of(tmp_path / "c", {"name": "a#1"}, {"name": "b", **also("x#2")}, format={"kind": kind})
    content = b'[{"a#1": "one", "x#2": "two"}]' if kind == "json" else b"a#1,x#2\none,two\n"
    validated = validate_bytes(tmp_path, contract, content)
    assert (validated.of("a#1"), validated.of("b")) == (["one"], ["two"])
