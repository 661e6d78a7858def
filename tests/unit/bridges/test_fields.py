"""A reference and a group of names that agree: neither alone is evidence."""

from __future__ import annotations

from collections.abc import Sequence

from tests.linkedtree import Texts, edges_of, pairs

OURA = ("average_hrv", "deep_sleep", "readiness")
GARMIN = ("average_hrv", "body_battery", "stress")


def connector(name: str, fields: Sequence[str]) -> str:
    made = "".join(f'            "{field}": night["{field}"],\n' for field in fields)
    return f"class {name}:\n    def fetch(self, night):\n        return {{\n{made}        }}\n"


def listed(*fields: str, indent: str = "") -> str:
    return f"{indent}fields:\n" + "".join(f"{indent}  - {field}\n" for field in fields)


def reader(*fields: str, about: str = "row") -> str:
    used = ", ".join(f'{about}["{field}"]' for field in fields)
    return f'def run():\n    {about} = load("c.yaml")\n    return [{used}]\n'


def fields(texts: Texts) -> set[tuple[str, str, str]]:
    return pairs(edges_of(texts, "field"))


def test_each_source_gets_the_fields_of_the_connector_it_names() -> None:
    config = (
        "sources:\n"
        "  - name: oura\n    connector: oura.OuraConnector\n"
        + listed(*OURA, indent="    ")
        + "  - name: garmin\n    connector: garmin.GarminConnector\n"
        + listed(*GARMIN, indent="    ")
    )
    found = fields(
        {
            "oura.py": connector("OuraConnector", OURA),
            "garmin.py": connector("GarminConnector", GARMIN),
            "c.yaml": config,
        }
    )
    assert found == {
        (
            f"yaml:c.yaml#sources[{number}].fields[{place}]",
            f"python:{module}.py#{name}.fetch[{field}]",
            "certain",
        )
        for number, module, name, own in (
            (0, "oura", "OuraConnector", OURA),
            (1, "garmin", "GarminConnector", GARMIN),
        )
        for place, field in enumerate(own)
    }


def test_the_connector_may_have_other_classes_beside_it() -> None:
    both = connector("OuraConnector", OURA) + "\n\n" + connector("OuraTwin", OURA)
    config = "connector: oura.OuraConnector\n" + listed(*OURA)
    targets = {target for _, target, _ in fields({"oura.py": both, "c.yaml": config})}
    assert targets == {f"python:oura.py#OuraConnector.fetch[{field}]" for field in OURA}


def test_equal_names_without_a_reference_are_no_edge() -> None:
    assert not fields({"oura.py": connector("OuraConnector", OURA), "c.yaml": listed(*OURA)})


def test_a_reference_with_one_name_in_common_is_no_edge() -> None:
    config = "connector: oura.OuraConnector\n" + listed("average_hrv")
    assert not fields({"oura.py": connector("OuraConnector", ("average_hrv",)), "c.yaml": config})
    many = "connector: oura.OuraConnector\n" + listed("average_hrv", "alpha", "beta")
    found = fields({"oura.py": connector("OuraConnector", OURA), "c.yaml": many})
    # A rare name beside a common anchor is a guess of another bridge, and never more.
    assert {tier for _, _, tier in found} <= {"heuristic"}


def test_a_file_opened_by_its_path_leads_to_what_it_lists() -> None:
    assert fields({"run.py": reader(*OURA), "c.yaml": listed(*OURA)}) == {
        ("python:run.py#run", f"yaml:c.yaml#fields[{place}]", "certain") for place in range(3)
    }


def test_the_site_of_an_edge_is_where_the_name_is_used() -> None:
    edges = edges_of({"run.py": reader(*OURA), "c.yaml": listed(*OURA)}, "field")
    assert {(edge.path, edge.line, edge.needs) for edge in edges} == {
        ("run.py", 3, field) for field in OURA
    }


TWINS = "first:\n" + listed(*OURA, indent="  ") + "second:\n" + listed(*OURA, indent="  ")


def test_twins_that_nothing_tells_apart_are_a_guess() -> None:
    found = fields({"run.py": reader(*OURA), "c.yaml": TWINS})
    assert {tier for _, _, tier in found} == {"heuristic"}


def test_a_word_that_only_one_twin_shares_tells_which_is_meant() -> None:
    assert fields({"run.py": reader(*OURA, about="second"), "c.yaml": TWINS}) == {
        ("python:run.py#run", f"yaml:c.yaml#second.fields[{place}]", "certain")
        for place in range(3)
    }


def test_two_common_words_are_less_than_two_telling_ones() -> None:
    rest = ("alpha_rate", "beta_rate", "gamma_rate")
    common = {"run.py": reader("id", "name", *rest), "c.yaml": listed("id", "name", "zeta")}
    telling = {
        "run.py": reader("hrv_rate", "deep_rate", *rest),
        "c.yaml": listed("hrv_rate", "deep_rate", "zeta"),
    }
    assert not fields(common)
    assert {target for _, target, _ in fields(telling)} == {
        "yaml:c.yaml#fields[0]",
        "yaml:c.yaml#fields[1]",
    }


def test_part_of_the_names_is_less_sure_than_all_of_them() -> None:
    def tiers(*used: str) -> set[str]:
        return {tier for *_, tier in fields({"run.py": reader(*used), "c.yaml": listed(*OURA)})}

    assert tiers(*OURA) == {"certain"}
    assert tiers(*OURA, "other_rate") == {"likely"}
    assert tiers(*OURA[:2]) == {"likely"}
    assert tiers(*OURA[:2], "other_rate", "more_rate", "third_rate") == {"heuristic"}


WRITER = (
    "def save(nights, con):\n"
    '    rows = [{"night_id": one["a"], "hrv_score": one["b"], "deep_min": one["c"]}'
    " for one in nights]\n"
    '    pd.DataFrame(rows).to_sql("raw.nights", con)\n'
)
VIEW = "CREATE VIEW silver.nights AS SELECT night_id, hrv_score, deep_min FROM raw.nights;\n"
COLUMNS = ("night_id", "hrv_score", "deep_min")


def test_columns_of_a_view_depend_on_the_keys_that_python_writes() -> None:
    assert fields({"save.py": WRITER, "view.sql": VIEW}) == {
        (f"sql:silver.nights.{name}", f"python:save.py#save[{name}]", "certain") for name in COLUMNS
    }


def test_python_that_reads_a_view_depends_on_its_columns() -> None:
    code = (
        "def load(con):\n"
        '    rows = pd.read_sql_table("silver.nights", con)\n'
        '    return rows["night_id"], rows["hrv_score"], rows["deep_min"]\n'
    )
    assert fields({"load.py": code, "view.sql": VIEW}) == {
        ("python:load.py#load", f"sql:silver.nights.{name}", "certain") for name in COLUMNS
    }


def test_a_table_of_another_name_is_another_table() -> None:
    assert not fields({"save.py": WRITER, "view.sql": VIEW.replace("raw.nights", "raw.days")})
