#!/usr/bin/python3
"""Proves the rules of README.md: for each, a pair of parses that agrees and one that must not."""
import pathlib
import re
import unittest

import agreement
from official import Leaf, Parse

A = {"path": "a", "kind": "integer", "offset": 0, "length": 1, "value": 7}
B = {"path": "b.c[0]", "kind": "bytes", "offset": 1, "length": 2, "hex": "0102"}
TEXT = {"path": "a", "kind": "text", "offset": 0, "length": 1, "hex": "80"}
INF, NAN = float("inf"), float("nan")
BOTH = [Leaf("a", 7, 0, 1), Leaf("b.c[0]", b"\x01\x02", 1, 3)]


def ours(*fields, **violations):
    """ours(A, rule="a"): fields, and violations as kind=path."""
    return {"fields": list(fields), "violations": [
        {"kind": kind.replace("_", "-"), "path": path} for kind, path in violations.items()]}


def cut(path, field):
    """A truncation as percuss tells it: whose bytes end, and in which field."""
    return {"kind": "truncated", "path": path, "field": field}


def stopped(path, leaves, start=0):
    return Parse(leaves, stop=path, stop_start=start, error="EOFError")


CUT = stopped("b.c[1]", BOTH, 3)
NO_CASE = dict(B, path="b")

# (rule, official, percuss, whether they agree)
TABLE = [
    (1, Parse(BOTH), ours(A, B), True),
    (1, Parse(BOTH), ours(A, B, checksum="a"), True),
    (1, Parse(BOTH), ours(A, B, {"path": "d", "kind": "array", "offset": 3, "length": 0}), True),
    (1, Parse(BOTH), ours(A, B, dict(A, path="d", instance=True)), True),
    (1, Parse([Leaf("a", 2**64 - 1, 0, 1)]), ours(dict(A, value=str(2**64 - 1))), True),
    (1, Parse([Leaf("a", -INF, 0, 1)]), ours(dict(A, value="-inf")), True),
    (1, Parse([Leaf("a", NAN, 0, 1)]), ours(dict(A, value="nan")), True),
    (1, Parse([Leaf("a", INF, 0, 1)]), ours(dict(A, value="nan")), False),
    (1, Parse([]), {"problem": "too deep", "fields": [], "violations": []}, False),
    (1, Parse(BOTH), ours(A), False),
    (1, Parse(BOTH[:1]), ours(A, B), False),
    (1, Parse(BOTH), ours(dict(A, value=8), B), False),
    (1, Parse(BOTH), ours(dict(A, length=2), B), False),
    (1, Parse(BOTH), ours(A, dict(B, hex="0103")), False),
    (1, Parse(BOTH), ours(A, dict(B, path="b.c[1]")), False),
    (2, CUT, ours(A, B, truncated="b.c"), True),
    (2, CUT, ours(A, B, dict(B, path="b.c[1]"), truncated="c"), True),
    (2, CUT, {"fields": [A, B], "violations": [cut("b", "c")]}, True),
    (2, CUT, {"fields": [A, B], "violations": [cut("b", "d")]}, False),
    (2, CUT, ours(A, B, rule="b.c[1]"), True),
    (2, CUT, ours(A, B), False),
    (2, CUT, ours(A, B, truncated="a"), False),
    (2, CUT, ours(A, truncated="b.c"), False),
    (2, Parse(BOTH), ours(A, B, truncated="b.c"), False),
    (3, Parse(BOTH, broken=["a"]), ours(A, B, rule="a"), True),
    (3, Parse(BOTH, broken=["a"]), ours(A, B), False),
    (3, Parse(BOTH), ours(A, B, rule="a"), False),
    (3, Parse(BOTH), ours(A, B, rule="d"), False),
    (4, Parse(BOTH, unread={"b"}), ours(A, B, surplus="b"), True),
    (4, Parse(BOTH, unread={"b"}), ours(A, B), False),
    (4, Parse(BOTH), ours(A, B, surplus=""), False),
    (5, Parse(BOTH[:1], unread={""}), ours(A, NO_CASE, no_case="b"), True),
    (5, Parse([BOTH[0], Leaf("b", b"\x01\x02", 1, 3)]), ours(A, NO_CASE, no_case="b"), True),
    (5, stopped("d", BOTH[:1], 1), ours(A, NO_CASE, no_case="b"), True),
    (5, Parse([], unread={""}), ours(A, NO_CASE, no_case="b"), False),
    (5, stopped("d", BOTH[:1], 4), ours(A, NO_CASE, no_case="b"), False),
    (6, Parse(BOTH, stop="", between=True), ours(A, B, dict(A, path="d")), True),
    (6, Parse(BOTH, stop="", between=True), ours(dict(A, value=8), B), False),
    (7, Parse(BOTH[1:]), ours(dict(B, kind="integer", value=0), rule="b.c[0]"), True),
    (7, Parse(BOTH[1:]), ours(B, rule="b.c[0]"), False),
    (8, Parse([Leaf("a", b"\x80", 0, 1)]), ours(TEXT, rule="a"), True),
    (8, Parse([Leaf("a", b"\x40", 0, 1)]), ours(dict(TEXT, hex="40"), rule="a"), False),
    (9, Parse(BOTH), dict(ours(A, dict(B, length=1), rule="b.c[0]"), declared_from=1), True),
    (9, stopped("b.c[0]", BOTH[:1], 1), dict(ours(A, B), declared_from=1), True),
    (9, Parse(BOTH), dict(ours(dict(A, value=8), B), declared_from=1), False),
    (9, Parse(BOTH), dict(ours(A, dict(B, length=1)), declared_from=3), False),
]


class Agreement(unittest.TestCase):
    def test_table(self):
        for number, (rule, theirs, percuss, agree) in enumerate(TABLE):
            with self.subTest(line=number, rule=rule):
                try:
                    agreement.compare(theirs, percuss)
                    self.assertTrue(agree)
                except agreement.Disagreement as problem:
                    self.assertFalse(agree, problem)

    def test_every_rule_of_the_page_is_proven(self):
        page = (pathlib.Path(__file__).parent / "README.md").read_text()
        rules = {int(number) for number in re.findall(r"^(\d+)\. ", page, re.M)}
        for agree in (True, False):
            self.assertEqual(rules, {rule for rule, _, _, proven in TABLE if proven == agree})


if __name__ == "__main__":
    unittest.main()
