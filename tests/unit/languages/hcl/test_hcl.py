"""Terraform: addresses, uses within a module, from module to module, files and variables."""

from __future__ import annotations

import msgspec

from blastradius.changes.diff import diff
from blastradius.index.link import Options
from blastradius.languages.hcl import claims, extract, link, tables
from blastradius.model.symbols import Linked

MAIN = b"""\
resource "aws_s3_bucket" "logs" {
  bucket = "x-${var.region}-y"
  tags   = { a = local.place, "b c" = data.aws_zone.main[0].id }
  rules  = [for k, v in var.rules : k if v.on && k != each.key]
  sql    = templatefile("${path.module}/q/x.sql", { day = var.day })
  dynamic "rule" {
    for_each = local.place
    content {
      days = rule.value.days
    }
  }
}
locals { place = aws_s3_bucket.logs[*].id }
data "aws_zone" "main" {}
module "net" {
  source = "./net"
  size   = 3
}
output "place" { value = module.net.out }
"""
TREE = {
    "a/main.tf": MAIN,
    "a/variables.tf": b'variable "region" { default = "eu" }\nvariable "rules" {}\nvariable "day" {}\n',
    "a/prod.tfvars": b'region = "us"\n',
    "a/net/main.tf": b'variable "size" {}\noutput "out" { value = var.size }\n',
    "b/main.tf": b'variable "region" {}\n',
}


def linked(path: str, tree: dict[str, bytes]) -> Linked:
    facts = {name: extract(text) for name, text in tree.items()}
    return link(path, facts[path], tables(facts, Options(paths=frozenset(tree))))


def edges(path: str, tree: dict[str, bytes]) -> set[tuple[str, str, str]]:
    return {
        (one.source.partition("#")[2], one.kind, one.target.removeprefix("hcl:"))
        for one in linked(path, tree).edges
    }


def test_addresses_and_lines() -> None:
    facts = extract(MAIN)
    assert (facts.parsed, facts.problems) == ("full", ())
    places = {one.name: (one.kind, one.line, one.end) for one in facts.definitions}
    assert places["resource.aws_s3_bucket.logs"] == ("block", 1, 12)
    assert places["resource.aws_s3_bucket.logs.tags.a"] == ("key", 3, 3)
    assert places['resource.aws_s3_bucket.logs.tags["b c"]'] == ("key", 3, 3)
    assert places["resource.aws_s3_bucket.logs.dynamic.rule.content.days"] == ("key", 9, 9)
    assert places["local.place"] == ("key", 13, 13)
    assert places["output.place"] == ("block", 19, 19)


def test_a_folder_is_one_namespace_and_a_module_call_crosses_to_another() -> None:
    bucket = "resource.aws_s3_bucket.logs"
    assert edges("a/main.tf", TREE) == {
        (f"{bucket}.bucket", "reference", "a/variables.tf#variable.region"),
        (f"{bucket}.tags.a", "reference", "a/main.tf#local.place"),
        (f'{bucket}.tags["b c"]', "reference", "a/main.tf#data.aws_zone.main"),
        (f"{bucket}.rules", "reference", "a/variables.tf#variable.rules"),
        (f"{bucket}.sql.day", "reference", "a/variables.tf#variable.day"),
        (f"{bucket}.dynamic.rule.for_each", "reference", "a/main.tf#local.place"),
        ("local.place", "reference", f"a/main.tf#{bucket}"),
        ("module.net.size", "config", "a/net/main.tf#variable.size"),
        ("output.place.value", "reference", "a/net/main.tf#output.out"),
    }
    assert linked("a/main.tf", TREE).unresolved == ()


def test_tfvars_set_the_variables_of_their_module() -> None:
    assert edges("a/prod.tfvars", TREE) == {("region", "config", "a/variables.tf#variable.region")}


def test_what_a_whole_module_lacks_dangles() -> None:
    tree = {**TREE, "a/net/main.tf": b'variable "size" {}\n'}
    assert [(one.name, one.internal) for one in linked("a/main.tf", tree).unresolved] == [
        ("module.net.out", True)
    ]
    broken = {**tree, "a/net/other.tf": b'output "out" {'}
    assert not any(one.internal for one in linked("a/main.tf", broken).unresolved)


def test_a_name_too_long_for_an_address_is_found_all_the_same() -> None:
    name = "tfer--roles-" + "x" * 120
    tree = {
        "iam/main.tf": f'resource "google_member" "{name}" {{\n  role = "r"\n}}\n'.encode(),
        "iam/outputs.tf": f'output "id" {{\n  value = google_member.{name}.id\n}}\n'.encode(),
    }
    result = linked("iam/outputs.tf", tree)
    assert [edge.path for edge in result.edges] == ["iam/outputs.tf"]
    assert result.unresolved == ()


def test_names_bound_by_a_loop_hide_what_is_outside() -> None:
    tree = {
        "m.tf": b'locals {\n a = [for aws_x in ["a"] : aws_x.y]\n b = [for k in aws_x.y : k.z]\n}\n'
        b'resource "aws_x" "y" {}\n'
    }
    assert edges("m.tf", tree) == {("local.b", "reference", "m.tf#resource.aws_x.y")}


def test_files_of_functions_and_sources_of_modules_are_paths() -> None:
    assert {(one.value, one.flavor, one.via) for one in extract(MAIN).mentions} == {
        ("./q/x.sql", "path", "templatefile"),
        ("./net", "path", "source"),
    }


def test_environments_define_variables() -> None:
    facts = extract(
        b'resource "aws_lambda_function" "f" {\n  environment {\n    variables = {\n'
        b"      PORT = 80\n    }\n  }\n}\n"
        b'resource "google_cloud_run_service" "s" {\n  env {\n    name  = "HOST"\n'
        b'    value = "x"\n  }\n}\n'
    )
    assert {one.name.rpartition(".")[2] for one in facts.definitions if one.kind == "env"} == {
        "PORT",
        "HOST",
    }


def test_layout_is_no_change_and_one_attribute_is_one() -> None:
    old = b'resource "x_y" "z" {\n  a = 1\n  b = "c"\n}\n'
    same = b'# c\nresource "x_y" "z" {\n  a   = 1 # d\n\n  b   = "c"\n}\n'
    assert diff(extract(old), extract(same)) == ()
    assert [one.key for one in diff(extract(old), extract(old.replace(b"1", b"2")))] == [
        "resource.x_y.z.a"
    ]


def test_no_secret_is_kept() -> None:
    facts = extract(
        b'variable "db_password" { default = "hunter2" }\nlocals { token = "hunter2" }\n'
    )
    assert b"hunter2" not in msgspec.msgpack.encode(facts)


def test_nesting_is_bounded() -> None:
    deep = b"a = " + b"[" * 3000 + b"1" + b"]" * 3000
    assert extract(deep).definitions[0].name == "a"
    blocks = b"b {\n" * 400 + b"}\n" * 400
    assert extract(blocks).parsed == "partial"


def test_what_is_claimed() -> None:
    assert all(map(claims, ["main.tf", "x/prod.tfvars", "terragrunt.hcl"]))
    assert not any(map(claims, ["tf", "a.tf.json", "terraform.tfstate"]))
