from __future__ import annotations

from tests.linkedtree import edges_of, pairs, snapshot_of

JOBS = "class Fresh:\n    def run(self):\n        return 1\n"


def test_a_class_that_config_names_is_an_edge_to_that_class() -> None:
    (edge,) = edges_of({"jobs.py": JOBS, "c.yaml": "first:\n  class: jobs.Fresh\n"}, "dotted")
    assert (edge.source, edge.target, edge.tier) == (
        "yaml:c.yaml#first.class",
        "python:jobs.py#Fresh",
        "certain",
    )
    assert (edge.path, edge.line, edge.needs) == ("c.yaml", 2, "jobs.Fresh")


def test_methods_and_modules_in_packages_are_found() -> None:
    texts = {
        "work/__init__.py": "",
        "work/jobs.py": JOBS,
        "c.yaml": "one: work.jobs.Fresh.run\ntwo: work.jobs\n",
    }
    assert pairs(edges_of(texts, "dotted")) == {
        ("yaml:c.yaml#one", "python:work/jobs.py#Fresh.run", "certain"),
        ("yaml:c.yaml#two", "python:work/jobs.py", "certain"),
    }


def test_a_name_that_our_module_does_not_have_dangles() -> None:
    linked = snapshot_of({"jobs.py": JOBS, "c.yaml": "first:\n  class: jobs.Gone\n"}).linked
    assert not [edge for edge in linked.edges if edge.kind == "dotted"]
    assert [(one.path, one.line, one.name, one.source) for one in linked.dangling] == [
        ("c.yaml", 2, "jobs.Gone", "yaml:c.yaml#first.class")
    ]


def test_a_root_that_is_not_ours_is_no_reference() -> None:
    texts = {"jobs.py": JOBS, "c.yaml": "one: os.path.join\ntwo: example.com\nthree: v1.2\n"}
    linked = snapshot_of(texts).linked
    assert not [edge for edge in linked.edges if edge.kind == "dotted"]
    assert linked.dangling == ()


def test_a_tree_without_python_has_no_dotted_edges() -> None:
    assert edges_of({"c.yaml": "one: jobs.Fresh\n"}, "dotted") == []


def test_dotted_strings_in_python_are_never_more_than_likely() -> None:
    (edge,) = edges_of({"jobs.py": JOBS, "run.py": 'X = "jobs.Fresh"\n'}, "dotted")
    assert (edge.target, edge.tier) == ("python:jobs.py#Fresh", "likely")
