"""Strict checkers of our own, written from the specifications, for formats that have no schema in a
package of Debian or npm: OpenVEX 0.2.0, in-toto Statement v1 with test-result v0.1, DSSE 1.0's JSON
envelope, and JUnit XML as CI servers read it. Each yields what is wrong, in words."""
import base64
import datetime
import re
import xml.parsers.expat
from xml.etree import ElementTree

IRI = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+$")
HEX = re.compile(r"^[0-9a-f]{64}$")


def is_time(value):
    try:
        return datetime.datetime.fromisoformat(value.replace("Z", "+00:00")).tzinfo is not None
    except (AttributeError, ValueError):
        return False


def is_text(value):
    return isinstance(value, str) and value != ""


def is_iri(value):
    return isinstance(value, str) and bool(IRI.match(value))


def keys(where, node, needed, optional=()):
    """The keys that an object must have and may have."""
    if not isinstance(node, dict):
        yield f"{where}: expected an object"
        return
    for key in needed:
        if key not in node:
            yield f"{where}: {key} is missing"
    for key in node:
        if key not in needed and key not in optional:
            yield f"{where}: {key} is none of its keys"


def fits(where, node, tests):
    for key, test in tests.items():
        if key in node and not test(node[key]):
            yield f"{where}.{key}: {node[key]!r} is not what it takes"


# --- OpenVEX -------------------------------------------------------------------------------------

STATUSES = {"not_affected", "affected", "fixed", "under_investigation"}


def component(where, node, more=()):
    yield from keys(where, node, (), ("@id", "identifiers", "hashes", *more))
    if not set(node) & {"@id", "identifiers", "hashes"}:
        yield f"{where}: nothing identifies it"
    yield from fits(where, node, {"@id": is_iri})
    yield from keys(where + ".identifiers", node.get("identifiers", {}), (),
                    ("purl", "cpe22", "cpe23"))
    for name, value in node.get("hashes", {}).items():
        if name != "sha-256" or not HEX.match(value):
            yield f"{where}.hashes: {name} {value}"


def statement(where, node):
    yield from keys(where, node, ("vulnerability", "status", "products"),
                    ("@id", "version", "timestamp", "last_updated", "supplier", "status_notes",
                     "justification", "impact_statement", "action_statement",
                     "action_statement_timestamp"))
    yield from fits(where, node, {"timestamp": is_time, "status": lambda s: s in STATUSES,
                                  "status_notes": is_text, "impact_statement": is_text,
                                  "action_statement": is_text})
    vulnerability = node.get("vulnerability", {})
    yield from keys(where + ".vulnerability", vulnerability, ("name",),
                    ("@id", "description", "aliases"))
    yield from fits(where + ".vulnerability", vulnerability, {"name": is_text})
    if not node.get("products"):
        yield f"{where}: without a product"
    for product in node.get("products", ()):
        yield from component(where + ".products", product, ("subcomponents",))
        for part in product.get("subcomponents", ()):
            yield from component(where + ".subcomponents", part)
    reasons = [key for key in ("justification", "impact_statement") if key in node]
    if node.get("status") == "not_affected" and len(reasons) != 1:
        yield f"{where}: not_affected takes one reason, found {reasons}"
    if node.get("status") == "affected" and "action_statement" not in node:
        yield f"{where}: affected, and no action_statement"


def openvex(document):
    yield from keys("document", document,
                    ("@context", "@id", "author", "timestamp", "version", "statements"),
                    ("role", "last_updated", "tooling"))
    yield from fits("document", document, {
        "@context": lambda c: c == "https://openvex.dev/ns/v0.2.0", "@id": is_iri,
        "author": is_text, "timestamp": is_time,
        "version": lambda v: isinstance(v, int) and v >= 1,
        "statements": lambda s: isinstance(s, list) and s})
    for index, node in enumerate(document.get("statements", ())):
        yield from statement(f"statements[{index}]", node)


# --- DSSE, in-toto -------------------------------------------------------------------------------

def is_base64(value):
    try:
        return bool(base64.b64decode(value, validate=True))
    except (TypeError, ValueError):
        return False


def envelope(document):
    yield from keys("envelope", document, ("payload", "payloadType", "signatures"))
    yield from fits("envelope", document, {
        "payload": is_base64, "payloadType": lambda t: t == "application/vnd.in-toto+json",
        "signatures": lambda s: isinstance(s, list) and s})
    for signature in document.get("signatures", ()):
        yield from keys("signature", signature, ("sig",), ("keyid",))
        yield from fits("signature", signature, {"sig": is_base64, "keyid": is_text})


def descriptor(where, node, needed=()):
    yield from keys(where, node, needed, ("name", "uri", "digest", "content", "downloadLocation",
                                          "mediaType", "annotations"))
    if not set(node) & {"uri", "digest", "content"}:
        yield f"{where}: one of uri, digest and content is needed"
    for name, value in node.get("digest", {}).items():
        if not is_text(name) or not HEX.match(value):
            yield f"{where}.digest: {name} {value}"


def test_result(document):
    yield from keys("statement", document, ("_type", "subject", "predicateType", "predicate"))
    yield from fits("statement", document, {
        "_type": lambda t: t == "https://in-toto.io/Statement/v1",
        "predicateType": lambda t: t == "https://in-toto.io/attestation/test-result/v0.1",
        "subject": lambda s: isinstance(s, list) and s})
    for node in document.get("subject", ()):
        yield from descriptor("subject", node, ("digest",))
    said = document.get("predicate", {})
    lists = ("passedTests", "warnedTests", "failedTests")
    yield from keys("predicate", said, ("result", "configuration"), ("url", *lists))
    yield from fits("predicate", said, {
        "result": lambda r: r in ("PASSED", "WARNED", "FAILED"),
        "configuration": lambda c: isinstance(c, list),
        **{key: lambda names: isinstance(names, list) and all(map(is_text, names))
           for key in lists}})
    for node in said.get("configuration", ()):
        yield from descriptor("configuration", node)
    names = [name for key in lists for name in said.get(key, ())]
    if len(names) != len(set(names)):
        yield "predicate: a test stands in two lists"
    if (said.get("result") == "PASSED") != (not said.get("failedTests") and bool(names)):
        yield f"predicate: {said.get('result')} with failed tests {said.get('failedTests')}"


# --- JUnit ---------------------------------------------------------------------------------------

COUNT = re.compile(r"^[0-9]+$").match
SECONDS = re.compile(r"^[0-9]+(\.[0-9]+)?$").match
MOMENT = re.compile(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}$").match
# element: (attributes that it needs, that it may have, children in the order that they may have)
JUNIT = {
    "testsuites": ({"name", "tests", "failures", "errors", "time"}, set(), ["testsuite"]),
    "testsuite": ({"name", "tests", "failures", "errors", "skipped", "time"}, {"timestamp"},
                  ["properties", "testcase"]),
    "properties": (set(), set(), ["property"]),
    "property": ({"name", "value"}, set(), []),
    "testcase": ({"classname", "name", "time"}, set(), ["skipped", "error", "failure"]),
    "skipped": ({"message"}, set(), []),
    "error": ({"message", "type"}, set(), []),
    "failure": ({"message", "type"}, set(), []),
}
TYPES = {"tests": COUNT, "failures": COUNT, "errors": COUNT, "skipped": COUNT, "time": SECONDS,
         "timestamp": MOMENT}


def element(node):
    if node.tag not in JUNIT:
        yield f"<{node.tag}> is no element of JUnit"
        return
    needed, optional, children = JUNIT[node.tag]
    for name in needed - set(node.attrib):
        yield f"<{node.tag}> without {name}"
    for name, value in node.attrib.items():
        if name not in needed | optional or (name in TYPES and not TYPES[name](value)):
            yield f"<{node.tag} {name}={value!r}>"
    order = [child.tag for child in node]
    places = [children.index(tag) if tag in children else -1 for tag in order]
    if -1 in places or places != sorted(places):
        yield f"<{node.tag}> with {order}"
    if node.tag == "testcase" and len(order) > 1:
        yield f"test case {node.get('name')} with {order}: one outcome at most"
    if node.tag not in ("error", "failure", "skipped") and (node.text or "").strip():
        yield f"<{node.tag}> with text"
    for child in node:
        yield from element(child)


def suite_counts(suite):
    cases = suite.findall("testcase")
    names = [(case.get("classname"), case.get("name")) for case in cases]
    if len(names) != len(set(names)):
        yield f"suite {suite.get('name')}: two test cases of one name"
    for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        found = sum(case.find(tag) is not None for case in cases)
        if found != int(suite.get(key)):
            yield f"suite {suite.get('name')}: {key}={suite.get(key)}, and {found} in it"
    if len(cases) != int(suite.get("tests")):
        yield f"suite {suite.get('name')}: tests={suite.get('tests')}, and {len(cases)} in it"


def junit(text):
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, xml.parsers.expat.ExpatError) as error:
        yield str(error)
        return
    if root.tag != "testsuites":
        yield f"<{root.tag}> is not the root of JUnit XML"
        return
    wrong = list(element(root))
    yield from wrong
    if wrong:
        return
    suites = root.findall("testsuite")
    for suite in suites:
        yield from suite_counts(suite)
    for key in ("tests", "failures", "errors"):
        if sum(int(suite.get(key)) for suite in suites) != int(root.get(key)):
            yield f"<testsuites {key}={root.get(key)}>: its suites have another sum"
