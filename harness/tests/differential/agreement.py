"""Whether percuss and the official Kaitai Struct parser agree about one message. The rules are
numbered as in README.md, which gives their reasons; test_agreement.py proves each of them.

`theirs` is an official.Parse; `ours` is what `percuss decode --json` says of a message (the object
is documented in harness/model/README.md)."""


class Disagreement(Exception):
    pass


def plain(path):
    """The path without array indexes, as a list of names."""
    return [part.split("[")[0] for part in path.split(".")] if path else []


def place_of(violation):
    """Where it is; a truncation's path is the group that the bytes end in."""
    return ".".join(filter(None, (violation["path"], violation.get("field"))))


def of_kind(ours, *kinds):
    return [place_of(v) for v in ours["violations"]
            if v["kind"] in kinds and "instance" not in v]


def names_field(path, stop):
    """A truncation names its stream's group and the field; groups between them may be left out."""
    names, rest = plain(path), iter(plain(stop))
    return names[-1:] == plain(stop)[-1:] and all(name in rest for name in names)


def same_value(value, field):
    if isinstance(value, bytes):
        return value == bytes.fromhex(field.get("hex", ""))
    other = field.get("value")
    if isinstance(other, str):  # more than 2^63 - 1, or not finite
        other = type(value)(other)
    return value == other or (value != value and other != other)  # two NaNs


def same_leaf(leaf, field):
    return (leaf.path == field["path"] and same_value(leaf.value, field)
            and leaf.start == field["offset"]
            and leaf.end == field["offset"] + field["length"])


def without_no_case(theirs, ours, fields):
    """Rule 5. Leaves and fields that can be compared, and the spans of bytes that cannot."""
    leaves, spans = theirs.leaves, []
    present = {leaf.path for leaf in leaves}
    for path in of_kind(ours, "no-case"):
        if path in present:
            continue
        place = next(f for f in fields if f["path"] == path)
        start, end = place["offset"], place["offset"] + place["length"]
        after = fields.index(place)
        leaves = leaves[:after] + [leaf for leaf in leaves[after:] if leaf.start >= end]
        fields = fields[:after] + [f for f in fields[after + 1:] if f["offset"] >= end]
        spans.append((start, end))
    return leaves, fields, spans


def compare_values(leaves, fields, stop):
    """Rules 1 and 2."""
    for leaf, field in zip(leaves, fields):
        if not same_leaf(leaf, field):
            raise Disagreement(f"rule 1: official {leaf}, percuss {field}")
    if len(fields) < len(leaves):
        raise Disagreement(f"rule 1: percuss lacks {leaves[len(fields)]}")
    if len(fields) > len(leaves) and stop is None:
        raise Disagreement(f"rule 1: only percuss has {fields[len(leaves)]}")


def compare_stop(theirs, ours, spans):
    """Rules 2 and 5."""
    truncated = of_kind(ours, "truncated")
    if theirs.stop is None:
        if truncated and not spans:
            raise Disagreement(f"rule 2: only percuss finds {truncated[0]} truncated")
        return
    if theirs.between or any(start <= theirs.stop_start <= end for start, end in spans):
        return
    broken = of_kind(ours, "rule")
    undecoded = of_kind(ours, "encoding")
    if not any(names_field(path, theirs.stop) for path in truncated) and \
            theirs.stop not in broken and theirs.stop not in undecoded:
        raise Disagreement(f"rule 2: the official parser stops at {theirs.stop} "
                           f"({theirs.error}), percuss does not object")


def is_garbled(field):
    """A text that is not ASCII: whether it is in its encoding is not asked."""
    return field["kind"] == "text" and any(byte >= 0x80 for byte in bytes.fromhex(field["hex"]))


def compare_rules(theirs, ours, leaves):
    """Rules 3, 7 and 8."""
    digits = {field["path"] for field in ours["fields"]
              if field["kind"] == "integer" and "hex" in field}
    garbled = {field["path"] for field in ours["fields"] if is_garbled(field)}
    known = {leaf.path for leaf in leaves} - garbled
    expected = {path for path in theirs.broken if path in known}
    found = {path for path in of_kind(ours, "rule")
             if path in known and (path in expected or path not in digits)}
    if found != expected:
        raise Disagreement(f"rule 3: broken for the official parser: {sorted(expected)}, "
                           f"for percuss: {sorted(found)}")
    beyond = set(of_kind(ours, "rule")) - known - garbled
    if beyond and theirs.stop is None and not of_kind(ours, "no-case"):
        raise Disagreement(f"rule 3: only percuss has {sorted(beyond)}")


def compare_surplus(theirs, ours, spans):
    """Rule 4."""
    if theirs.stop is not None or spans:
        return
    found = set(of_kind(ours, "surplus"))
    if found != theirs.unread:
        raise Disagreement(f"rule 4: bytes left over in {sorted(theirs.unread)}, "
                           f"for percuss in {sorted(found)}")


def compare_start(theirs, fields, end):
    """Rule 9. What begins before `end`."""
    leaves = [leaf for leaf in theirs.leaves if leaf.start < end]
    compare_values(leaves, [field for field in fields if field["offset"] < end], theirs.stop)
    return len(leaves)


def compare(theirs, ours):
    """Raises Disagreement; returns how many fields were compared."""
    if "problem" in ours:
        raise Disagreement(f"percuss reads nothing: {ours['problem']}")
    fields = [f for f in ours["fields"]
              if f["kind"] not in ("group", "array") and "instance" not in f]
    if "declared_from" in ours:
        return compare_start(theirs, fields, ours["declared_from"])
    leaves, fields, spans = without_no_case(theirs, ours, fields)
    compare_values(leaves, fields, theirs.stop)
    compare_stop(theirs, ours, spans)
    compare_rules(theirs, ours, leaves)
    compare_surplus(theirs, ours, spans)
    return len(leaves)
