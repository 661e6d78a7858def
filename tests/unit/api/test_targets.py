"""What people write to name a thing, and which symbols are meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blastradius.api.asked import Tree
from blastradius.api.targets import Names, Target
from blastradius.bridges.base import FileView
from blastradius.config import Config
from blastradius.errors import UsageError
from blastradius.index.blob import failed
from tests.linkedtree import snapshot_of

TEXTS = {
    "src/shop/__init__.py": "from shop.cart import Cart\n",
    "src/shop/cart.py": (
        "RATE = 2\n\n\nclass Cart:\n    size = 0\n\n    def add(self, item):\n"
        "        self.size += RATE\n\n    def clear(self):\n        self.size = 0\n"
    ),
    "src/shop/other.py": "from shop import Cart\n\n\ndef clear():\n    Cart().add(1)\n",
    "silver/orders.sql": "SELECT id, total FROM raw.orders\n",
    "gold/report.sql": "SELECT o.total AS income FROM silver.orders AS o\n",
    "config/jobs.yaml": "jobs:\n  - name: nightly\n",
    "README.md": "the cart\n",
}
CART = "python:src/shop/cart.py#Cart"


def names() -> Names:
    contents = {path: text.encode() for path, text in TEXTS.items()}
    return Names(Tree("0" * 40, snapshot_of(TEXTS), contents.get, list, Config()))


KNOWN = names()


def meant(what: str) -> Target:
    return KNOWN.target(what)


@pytest.mark.parametrize(
    ("what", "symbol"),
    [
        (CART, CART),
        ("src/shop/cart.py#Cart", CART),
        ("./src/shop/cart.py#Cart", CART),
        ("cart.py#Cart", CART),
        ("python:src/shop/cart.py#Cart.add", f"{CART}.add"),
        ("shop.cart.Cart", CART),
        ("src.shop.cart.Cart", CART),
        ("shop.Cart", CART),
        ("shop.Cart.add", f"{CART}.add"),
        ("Cart.add", f"{CART}.add"),
        ("Cart", CART),
        ("shop.cart", "python:src/shop/cart.py"),
        ("src/shop/cart.py", "python:src/shop/cart.py"),
        ("file:src/shop/cart.py", "python:src/shop/cart.py"),
        ("cart.py", "python:src/shop/cart.py"),
        ("README.md", "file:README.md"),
        ("src/shop/cart.py:1", "python:src/shop/cart.py#RATE"),
        ("src/shop/cart.py:3", "python:src/shop/cart.py"),
        ("cart.py:8", f"{CART}.add"),
        ("silver.orders", "sql:silver.orders"),
        ("SILVER.Orders", "sql:silver.orders"),
        ("sql:silver.orders.total", "sql:silver.orders.total"),
        ("sql:SILVER.ORDERS.total", "sql:silver.orders.total"),
        ("silver.orders.total", "sql:silver.orders.total"),
        ("report.income", "sql:gold.report.income"),
        ("income", "sql:gold.report.income"),
        ("raw.orders", "sql:raw.orders"),
        ("config/jobs.yaml#jobs[0].name", "yaml:config/jobs.yaml#jobs[0].name"),
    ],
)
def test_a_thing_has_many_names(what: str, symbol: str) -> None:
    assert meant(what).nodes[0].id == symbol


def test_a_line_means_the_innermost_definition_and_what_stands_on_the_line() -> None:
    found = [one.id for one in meant("src/shop/cart.py:7").nodes]
    assert found[0] in {f"{CART}.add", f"{CART}.add(self)", f"{CART}.add(item)"}
    assert {f"{CART}.add", f"{CART}.add(item)"} <= set(found)


def test_a_line_of_a_query_means_its_columns() -> None:
    found = {one.id for one in meant("silver/orders.sql:1").nodes}
    assert {"sql:silver.orders.id", "sql:silver.orders.total"} <= found


def test_a_folder_means_the_files_in_it() -> None:
    for what in ("src/shop", "src/shop/"):
        assert [one.path for one in meant(what).nodes] == [
            "src/shop/__init__.py",
            "src/shop/cart.py",
            "src/shop/other.py",
        ]


def test_what_is_inside_counts_with_it() -> None:
    assert {f"{CART}.add", f"{CART}.add(item)", f"{CART}.size"} <= meant("shop.cart.Cart").symbols
    assert "python:src/shop/cart.py#RATE" not in meant("Cart").symbols
    assert {CART, f"{CART}.add", "file:src/shop/cart.py"} <= meant("cart.py").symbols
    assert "sql:silver.orders.total" in meant("silver.orders").symbols
    assert "sql:raw.orders.total" in meant("raw.orders").symbols


def test_columns_that_nothing_defines_count_with_the_file_of_their_table() -> None:
    texts = {"a/b.sql": "SELECT * FROM raw.x\n", "c/d.sql": "SELECT b.z FROM a.b AS b\n"}
    found = Names(Tree("0" * 40, snapshot_of(texts), lambda _: None, list, Config()))
    assert "sql:a.b.z" in found.target("a/b.sql").symbols


def test_a_part_on_the_same_line_does_not_lend_its_name() -> None:
    assert meant("src/shop/cart.py:7").names == ("add",)
    assert meant("item").names == ("item",)


def test_kinds_and_places_are_told() -> None:
    assert [(one.kind, one.path, one.line) for one in meant("Cart").nodes] == [
        ("class", "src/shop/cart.py", 4)
    ]
    assert [(one.kind, one.path, one.line) for one in meant("raw.orders").nodes] == [
        ("relation", "", 0)
    ]
    assert meant("raw.orders.total").nodes[0].kind == "column"


def test_a_name_that_several_things_have_is_refused_with_the_candidates() -> None:
    with pytest.raises(UsageError) as caught:
        meant("clear")
    assert caught.value.what == "'clear' names 2 things"
    assert caught.value.hint == (
        "name one of python:src/shop/cart.py#Cart.clear, python:src/shop/other.py#clear"
    )


@pytest.mark.parametrize(
    ("what", "said", "hint"),
    [
        ("Crat", "nothing is called 'Crat' at 000000000000", "did you mean"),
        ("nonsense", "nothing is called 'nonsense'", "path:line"),
        ("src/shop/card.py", "nothing is called", "src/shop/cart.py"),
        ("src/shop/card.py:3", "nothing is called", "src/shop/cart.py"),
        ("src/shop/cart.py#Cart.ad", "src/shop/cart.py defines no Cart.ad", "Cart.add"),
        ("src/shop/cart.py:99", "src/shop/cart.py has 12 lines, no line 99", "one of them"),
        ("src/shop/cart.py:0", "no line 0", "one of them"),
        ("", "nothing is named", "name a symbol"),
        ("silver.nothing", "nothing is called", ""),
    ],
)
def test_a_name_that_nothing_has_is_refused_with_close_ones(
    what: str, said: str, hint: str
) -> None:
    with pytest.raises(UsageError) as caught:
        meant(what)
    assert said in caught.value.what
    assert hint in caught.value.hint


@given(
    st.text(max_size=30)
    | st.text("abc.#:/[]()'\" 19*\\", max_size=20)
    | st.builds(
        "{}{}{}".format, st.sampled_from([*TEXTS, CART]), st.sampled_from("#:./["), st.text()
    )
)
def test_whatever_is_asked_is_meant_or_refused(what: str) -> None:
    found = outcome(what)
    if isinstance(found, Target):
        assert found.nodes
        assert {one.id for one in found.nodes} <= found.symbols
    else:
        assert found.what
        assert found.hint


def outcome(what: str) -> Target | UsageError:
    try:
        return KNOWN.target(what)
    except UsageError as error:
        return error


def test_a_name_without_end_is_refused_at_once() -> None:
    with pytest.raises(UsageError, match="that long"):
        meant("a" * 1_000_000)


def test_parts_are_meant_only_where_nothing_else_has_the_name() -> None:
    assert meant("item").nodes[0].id == f"{CART}.add(item)"


def test_what_a_thing_is_a_part_of() -> None:
    assert list(names().around(f"{CART}.add(item)")) == [f"{CART}.add", CART]
    assert list(names().around("sql:silver.orders.total")) == ["sql:silver.orders"]
    assert list(names().around("sql:raw.orders.total")) == []


def test_a_file_that_could_not_be_read_is_mentioned_when_nothing_is_found() -> None:
    snapshot = snapshot_of(TEXTS)
    files = dict(snapshot.files)
    broken = files["silver/orders.sql"]
    files["silver/orders.sql"] = FileView(broken.language, failed("unreadable"))
    snapshot.files = files
    with pytest.raises(UsageError, match="1 file could not be read"):
        Names(Tree("0" * 40, snapshot, lambda _: None, list, Config())).target("nonsense")
