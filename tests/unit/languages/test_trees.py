from __future__ import annotations

import time

import tree_sitter_yaml
from tree_sitter import Language, Parser

from blastradius.languages.trees import parsed
from blastradius.languages.yaml import tolerant


def test_a_text_is_parsed_within_its_time() -> None:
    parser = Parser(Language(tree_sitter_yaml.language()))
    broken = b"a: [b: {c\n" * 20_000
    assert parsed(parser, broken, time.monotonic() - 1) is None
    tree = parsed(parser, b"a: 1\n")
    assert tree is not None, "the parser can be used again"
    assert (tree.root_node.end_byte, tree.root_node.has_error) == (5, False)


def test_the_keys_of_a_broken_yaml_have_their_texts() -> None:
    (root,) = tolerant.documents("a: 'x'\nb: {c: 1\n d: ]\n")
    assert ("a", "x") in [(key.text, value.text) for key, value in root.pairs]
