#!/usr/bin/python3
"""Formats that other programs read: a real run, triaged, and an assessment with it are written in
each, and held against the published schemas (SARIF, CycloneDX; from npm packages), against our own
(JSON), and against strict checkers where no package carries a schema (formats/strict.py)."""
import base64
import json
import os
import subprocess
import sys

from common import PROJECT, Bench, one

TESTS = os.path.join(PROJECT, 'harness', 'tests')
sys.path[:0] = [TESTS, os.path.join(TESTS, 'formats')]
import npm  # noqa: E402
import strict  # noqa: E402

SCHEMA = os.path.join(PROJECT, 'harness', 'report', 'schema', 'report.schema.json')
SBOM = os.path.join(PROJECT, 'targets', 'firmware', 'pump', 'assessment', 'sbom.cdx.json')
DISPOSITIONS = ['deferred', 'accepted', 'false-positive', 'duplicate', 'fixed']
bench = Bench()
packages = npm.install(os.path.join(TESTS, 'formats', 'package.json'),
                       os.path.join(PROJECT, 'build', 'formats'))


checks = []             # (KIND, file, words that are complained of, or None, what is checked)


def schema(kind, path, text, words=None):
    """To be held against a schema, with all others in one go, by test_schemas."""
    checks.append((kind, path, words, text))


def test_schemas():
    done = subprocess.run(['node', os.path.join(TESTS, 'formats', 'validate.js'),
                           *(f'{kind}={path}' for kind, path, _, _ in checks)],
                          capture_output=True, text=True, check=False,
                          env=bench.environment | {'NODE_PATH': str(packages)})
    bench.check(done.returncode == 1 and not done.stderr, 'everything was looked at', done.stderr)
    for kind, path, words, text in checks:
        wrong = [line for line in done.stdout.splitlines() if line.startswith(path + ':')]
        bench.check(any(words in line for line in wrong) if words else not wrong,
                    f'{os.path.basename(path)}: {text}', '\n'.join(wrong))


def make_run():
    folder = bench.path('run')
    result = bench.run('run', bench.shipped('libmodbus-patched'), '--cases', '1-30', '--out',
                       folder, '--quiet')
    bench.check(result.code == 1, 'a run with findings', result)
    for number, disposition in enumerate(DISPOSITIONS, 1):
        result = bench.run('triage', folder, f'F-{number:03}', '--disposition', disposition, '--by',
                           'A. Tester', '--why', 'so "that" <it> is & \u202e tried')
        bench.check(result.code == 0, f'F-{number:03} is {disposition}', result)
    result = bench.run('triage', folder, 'F-001', '--cvss', 'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/'
                       'VC:N/VI:H/VA:H/SC:N/SI:N/SA:N', '--cwe', 'CWE-787', '--interim',
                       'keep it off the network', '--release', '2.0', '--component',
                       'board-support', '--severity', 'serious', '--by', 'A. Tester', '--why', 'w')
    bench.check(result.code == 0, 'F-001 has a vector, a weakness and a component', result)
    result = bench.run('triage', folder, 'F-003', '--approval', 'yes', '--by', 'B. Lead')
    bench.check(result.code == 0, 'F-003 is approved', result)
    return folder


def make_assessment(name, facts):
    return bench.write(name, f'''assessment: {name.split('.')[0]}
{facts}interfaces: [{{name: Modbus TCP port, protocol: Modbus}}]
sbom: {SBOM}
runs:
  - {{folder: run, role: test}}
''')


def emit(subject, kind, *options):
    path = bench.path(f'{os.path.basename(subject)}.{kind}')
    result = bench.run('report', subject, '--format', kind, '--output', path, *options)
    again = bench.run('report', subject, '--format', kind, *options)
    written = os.path.exists(path)
    with open(path if written else os.devnull, encoding='utf-8') as file:
        text = file.read()
    bench.check(result.code in (0, 1, 3) and text, f'{kind} of {os.path.basename(subject)}', result)
    same = text == again.out
    if kind == 'in-toto':   # some signatures are not the same twice; what is signed is
        same = json.loads(text)['payload'] == json.loads(again.out)['payload']
    bench.check(same, f'{kind}: the same bytes again')
    return path, text


def broken(name, text, change):
    """A copy of a document with something wrong in it, as a file."""
    document = json.loads(text)
    change(document)
    return bench.write(f'broken-{name}.json', json.dumps(document))


# --- each format ---------------------------------------------------------------------------------

def test_sarif(run, assessment):
    for subject in (run, assessment):
        path, text = emit(subject, 'sarif')
        schema('sarif', path, 'SARIF 2.1.0, by its schema')
    schema('sarif', broken('level', text, lambda log: log['runs'][0]['results'][0].update(
        level='loud')), 'another level is refused', 'allowed values')
    results = {result['properties'].get('finding'): result
               for result in json.loads(text)['runs'][0]['results']}
    bench.check(results['F-001']['level'] == 'error', 'serious harm is an error', results['F-001'])
    bench.check([s['status'] for s in results['F-001']['suppressions']] == ['underReview']
                and [s['status'] for s in results['F-003']['suppressions']] == ['accepted']
                and 'suppressions' not in results['F-005'],
                'decisions suppress once they are approved, a fix never')
    prints = {result['partialFingerprints']['percussCause/v1'] for name, result in results.items()
              if name}
    bench.check(len(prints) == one(run, 'SELECT count(*) FROM finding'),
                'each cause has a fingerprint of its own')


def test_vdr(assessment):
    path, text = emit(assessment, 'cyclonedx-vdr')
    schema('cyclonedx', path, 'CycloneDX 1.6, by its schema')
    schema('cyclonedx', broken('state', text, lambda bom: bom['vulnerabilities'][0][
        'analysis'].update(state='maybe')), 'another state is refused', 'allowed values')
    said = {v['id'].split('@')[0]: v for v in json.loads(text)['vulnerabilities']}
    states = {name: v['analysis']['state'] for name, v in said.items()}
    wanted = {'F-001': 'exploitable', 'F-002': 'exploitable', 'F-003': 'false_positive',
              'F-005': 'in_triage', 'F-006': 'in_triage'}
    bench.check(wanted.items() <= states.items() and 'F-004' not in states,
                'a fix that nothing shows is none, a duplicate is left out', states)
    bench.check([r['method'] for r in said['F-001']['ratings']] == ['CVSSv4']
                and 'score' not in said['F-001']['ratings'][0]
                and not any('ratings' in v or 'cwes' in v for n, v in said.items() if n != 'F-001'),
                'vector and weakness where they were given, and no score')
    bench.check(said['F-001']['affects'][0]['ref'] == 'sbom:board-support'
                and said['F-002']['affects'][0]['ref'] == 'device', 'component, or device')


def test_openvex(assessment):
    _, text = emit(assessment, 'openvex')
    document = json.loads(text)
    wrong = list(strict.openvex(document))
    bench.check(not wrong, 'it is OpenVEX 0.2.0, by our strict checker', wrong)
    statuses = {s['vulnerability']['name'].split('@')[0]: s['status']
                for s in document['statements']}
    wanted = {'F-001': 'affected', 'F-002': 'affected', 'F-003': 'not_affected',
              'F-005': 'under_investigation', 'F-006': 'under_investigation'}
    bench.check(wanted.items() <= statuses.items() and 'F-004' not in statuses,
                'statuses are those of the dispositions', statuses)
    del document['statements'][0]['action_statement']
    bench.check(list(strict.openvex(document)), 'affected without an action is refused')


def test_declarations(assessment):
    path, text = emit(assessment, 'cyclonedx-declarations')
    schema('cyclonedx', path, 'CycloneDX 1.6, by its schema')
    said = json.loads(text)
    names = {r['bom-ref']: r['identifier'] for r in
             said['definitions']['standards'][0]['requirements']}
    claims = {c['bom-ref']: c for c in said['declarations']['claims']}
    known = {e['bom-ref'] for e in said['declarations']['evidence']}
    for attestation in said['declarations']['attestations']:
        for entry in attestation['map']:
            verdict = entry['conformance']['rationale'].split(':')[0]
            wanted = {'pass': ('claims', 1), 'fail': ('counterClaims', 0)}.get(verdict)
            found = [(key, entry['conformance'].get('score')) for key in ('claims', 'counterClaims')
                     if key in entry and all(c in claims for c in entry[key])]
            if found != ([wanted] if wanted else []) or entry['requirement'] not in names:
                bench.check(False, f'{names.get(entry["requirement"])} is {verdict}', entry)
    bench.check(claims and all(set(c.get('evidence', c.get('counterEvidence'))) <= known
                               for c in claims.values()),
                'what passes is claimed, what fails is countered, each with evidence')


def make_key(name, *kind):
    """A PEM file with a key and its certificate."""
    path = bench.path(name + '.pem')
    subprocess.run(['openssl', 'req', '-x509', '-newkey', *kind, '-nodes', '-days', '30', '-subj',
                    f'/CN={name}', '-keyout', path, '-out', path + '.crt'], check=True,
                   capture_output=True, env=bench.environment)
    with open(path, 'ab') as both, open(path + '.crt', 'rb') as certificate:
        both.write(certificate.read())
    return path


def test_in_toto(run, assessment):
    for kind in (['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'], ['rsa:2048'], ['ed25519']):
        key = make_key(kind[0].split(':')[0], *kind)
        path, text = emit(run, 'in-toto', '--key', key)
        wrong = list(strict.envelope(json.loads(text)))
        bench.check(not wrong, "a DSSE envelope, by our strict checker", wrong)
        signed = bench.path(f'{kind[0]}.json')
        os.rename(path, signed)
        schema(f'dsse:{key}', signed, 'signed over the encoding of @sigstore/core')
    said = json.loads(base64.b64decode(json.loads(text)['payload']))
    wrong = list(strict.test_result(said))
    bench.check(not wrong, 'it is in-toto test-result v0.1, by our strict checker', wrong)
    bench.check(said['subject'][0]['digest']['sha256'] in one(
        run, "SELECT value FROM run WHERE key = 'device'"), 'its subject is what was tested')
    bench.check(said['predicate']['result'] == 'FAILED' and 'AC-13' in
                said['predicate']['failedTests'], 'and its result that of the criteria', said)
    schema(f'dsse:{key}', broken('payload', text, lambda envelope: envelope.update(
        payload=base64.b64encode(b'{}').decode())), 'another payload is refused', 'not over')
    result = bench.run('report', run, '--format', 'in-toto')
    bench.check(result.code == 2 and '--key' in result.err, 'unsigned it is not written', result)
    result = bench.run('report', assessment, '--format', 'in-toto', '--key', key)
    bench.check(result.code == 2 and 'one run' in result.err, 'it is of one run', result)


def test_json(run, assessment):
    for subject in (run, assessment):
        path, text = emit(subject, 'json')
        schema(SCHEMA, path, 'keeps our schema')
    schema(SCHEMA, broken('field', text, lambda root: root['runs'][0]['report'].update(more=1)),
           'an undocumented field is refused', 'additional')

    def undocumented(node):
        if isinstance(node, dict):
            for name, inner in node.get('properties', {}).items():
                if isinstance(inner, dict) and not {'description', '$ref'} & set(inner):
                    yield name
            for inner in node.values():
                yield from undocumented(inner)
    with open(SCHEMA, encoding='utf-8') as file:
        names = list(undocumented(json.load(file)))
    bench.check(not names, 'every field is documented', names)


def test_junit(run, assessment):
    for subject in (run, assessment):
        _, text = emit(subject, 'junit')
        wrong = list(strict.junit(text))
        bench.check(not wrong, 'it is JUnit XML, by our strict parser', wrong)
    bench.check(list(strict.junit(text.replace(' failures="', ' failures="1', 1))),
                'another count is refused')


def test_csv(run, assessment):
    for subject in (run, assessment):
        _, text = emit(subject, 'csv')
        lines = text.split('\n')
        bench.check(len(lines) == one(run, 'SELECT count(*) FROM finding') + 2 and
                    lines[0].startswith('run,interface,finding,'), 'a row a finding', text[:500])


def test_missing(run):
    nobody = make_assessment('nobody.yaml', 'device: {name: Pump}\n')
    unnamed = make_assessment('unnamed.yaml', 'tester: {name: A. Tester}\n')
    for assessment, kind, words in ((unnamed, 'cyclonedx-vdr', 'device'),
                                    (unnamed, 'cyclonedx-declarations', 'device'),
                                    (unnamed, 'openvex', 'device'), (nobody, 'openvex', 'tester')):
        result = bench.run('report', assessment, '--format', kind)
        bench.check(result.code == 2 and words in result.err and not result.out,
                    f'{kind} of nobody: the missing fact is named, and nothing written', result)
    result = bench.run('report', run, '--format', 'openvex')
    bench.check(result.code == 2, 'OpenVEX is of an assessment', result)


def main():
    run = make_run()
    pump = make_assessment('server.yaml', 'device: {name: Modbus server, version: 3.1.6}\n'
                           'tester: {name: A. Tester, organisation: Lab}\n')
    test_sarif(run, pump)
    test_vdr(pump)
    test_openvex(pump)
    test_declarations(pump)
    test_in_toto(run, pump)
    test_json(run, pump)
    test_junit(run, pump)
    test_csv(run, pump)
    test_missing(run)
    test_schemas()
    bench.done()


main()
