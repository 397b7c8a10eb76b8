#!/usr/bin/python3
"""Evidence: a run, and an assessment of two, bundled, verified with and without percuss, made
again, and tampered with.

`test_bundle.py PERCUSS BUILD-FOLDER [WAYS [SEED]]`: WAYS random alterations (60)."""
import collections
import hashlib
import json
import os
import random
import re
import shutil
import sqlite3
import struct
import subprocess
import sys

from common import Bench

CASES = 120
bench = Bench()
ways = int(bench.arguments[0]) if bench.arguments else 60
dice = random.Random(int(bench.arguments[1]) if len(bench.arguments) > 1 else 1)


# --- keys ----------------------------------------------------------------------------------------

def openssl(*arguments, **how):
    return subprocess.run(['openssl', *arguments], capture_output=True, env=bench.environment,
                          cwd=bench.folder, check=False, **how)


def make_key(name, *kind):
    """NAME-key.pem with key and certificate, NAME.pem with the certificate."""
    openssl('req', '-x509', '-newkey', *kind, '-nodes', '-days', '30', '-subj', f'/CN={name}',
            '-keyout', f'{name}-private.pem', '-out', f'{name}.pem')
    with open(bench.path(f'{name}-key.pem'), 'wb') as both:
        for part in (f'{name}-private.pem', f'{name}.pem'):
            with open(bench.path(part), 'rb') as file:
                both.write(file.read())
    return bench.path(f'{name}-key.pem'), bench.path(f'{name}.pem')


# --- a run and its evidence ----------------------------------------------------------------------

def make_run(name, cases):
    run = bench.path(name)
    campaign = bench.shipped('libmodbus-patched')
    result = bench.run('run', campaign, '--cases', cases, '--out', run, '--quiet')
    bench.check(result.code in (0, 1), f'a run: {name}', result)
    for finding in ('F-001', 'F-002'):
        for disposition in ('deferred', 'accepted'):
            result = bench.run('triage', run, finding, '--disposition', disposition, '--by',
                               'A. Tester', '--why', 'for the test')
            bench.check(result.code == 0, f'{finding} is {disposition}', result)
    return run


def verify(path, certificate, *more):
    return bench.run('verify', path, '--certificate', certificate, *more)


def test_bundle(run, key, certificate):
    archive, folder = bench.path('evidence.tar.zst'), bench.path('evidence')
    for out in (archive, folder):
        result = bench.run('bundle', run, '--key', key, '--out', out)
        bench.check(result.code == 0 and out in result.out, f'bundled: {os.path.basename(out)}',
                    result)
        result = verify(out, certificate, '--regenerate')
        bench.check(result.code == 0 and 'Verdict: verified' in result.out, 'it verifies', result)
        bench.check(f'{CASES} of {CASES} cases made again' in result.out,
                    'every case made again has the digest of what was sent', result)
    result = bench.run('bundle', run, '--key', key, '--out', folder)
    bench.check(result.code == 2, 'nothing is written over', result)
    return archive, folder


# --- an assessment -------------------------------------------------------------------------------

ASSESSMENT = """# Ours.
assessment: 'pump'
title: "Pumpe, geprüft"
device: {name: pump}
validation:
- {version: '0', host: none, record: "../records/fit, or not.txt", sha256: %s, by: N, date: 2026-11-21}
criteria-folder: ../own
"""
OWN = """id: OWN-01
title: Own
version: 1
phase: release
over: assessment
sentence: The device has a name.
rationale: For the test.
query: "SELECT count(*) FROM assessment_fact WHERE key = 'device'"
explain: "SELECT 'named ' || value FROM assessment_fact WHERE key = 'device'"
comparison: '=='
limit: {value: 1, unit: names, override: never}
clauses: {}
hazards: []
"""


def make_assessment(*runs):
    record = bench.write('records/fit, or not.txt', 'It is not.')
    bench.write('own/own.yaml', OWN)
    path = bench.write('assessments/pump.yaml',
                       ASSESSMENT % hashlib.sha256(read(record)).hexdigest())
    result = bench.run('assess', 'add', path, *runs)
    bench.check(result.code == 0, 'an assessment of two runs', result)
    return path


def test_assessment(assessment, key, certificate):
    """Its runs with what is in each, and the files that it names; it reads the same there."""
    archive, folder = bench.path('assessed.tar.zst'), bench.path('assessed')
    for out in (archive, folder):
        result = bench.run('bundle', assessment, '--key', key, '--out', out)
        bench.check(result.code == 0, f'bundled: {os.path.basename(out)}', result)
        result = verify(out, certificate, '--regenerate')
        bench.check(result.code == 0 and 'ALTERED' not in result.out, 'it verifies', result)
    for part in ('run: ', '2-run: ', 'assessment: '):
        for check in ('rows', 'criteria', 'reports'):
            bench.check(any(line.split()[:2] == ['ok', check] and part in line
                            for line in result.out.splitlines()), f'{part}{check} checked', result)
    there = os.path.join(folder, 'assessment.yaml')
    shown = [re.findall(r'^  ([A-Z]+-\d\d .*?)  ', bench.run('assess', 'show', path).out, re.M)
             for path in (assessment, there)]
    bench.check(shown[0] == shown[1] and 'OWN-01 pass' in shown[0],
                'percuss assess show has the same verdicts there', shown)
    for name in ('assessment/fit__or_not.txt', 'assessment/own/own.yaml', 'runs/2-run/campaign.db',
                 'runs/run/capture.pcapng', 'criteria/2-run/frameworks'):
        bench.check(os.path.exists(os.path.join(folder, name)), f'{name} is in it')
    again = bench.path('assessed-again.tar.zst')
    shutil.copytree(os.path.dirname(assessment), bench.path('moved'))
    result = bench.run('bundle', bench.path('moved', 'pump.yaml'), '--key', key, '--out', again)
    bench.check(result.code == 0 and read(archive) == read(again),
                'the same assessment gives the same bytes', result)
    result = bench.run('bundle', assessment, '--key', key, '--campaign', assessment)
    bench.check(result.code == 2, '--campaign is for one run', result)
    # A file that reads what is not in the evidence is not followed.
    copy = bench.path('leads-out')
    shutil.copytree(folder, copy)
    put(os.path.join(copy, 'assessment.yaml'),
        read(there).replace(b'assessment/fit__or_not.txt', b'/dev/zero'))
    result = verify(copy, certificate)
    bench.check(result.code == 1 and 'a plain file or folder' in result.out,
                'nothing outside is read', result)
    return folder


def test_without_percuss(archive, folder, certificate):
    for signed in (archive, os.path.join(folder, 'SHA256SUMS')):
        result = openssl('cms', '-verify', '-binary', '-inform', 'PEM', '-in', signed + '.p7s',
                         '-content', signed, '-CAfile', certificate, '-out', os.devnull)
        bench.check(result.returncode == 0, 'openssl cms -verify accepts '
                    + os.path.basename(signed), result.stderr)
    result = subprocess.run(['sha256sum', '--check', '--strict', '--quiet', 'SHA256SUMS'],
                            cwd=folder, capture_output=True, check=False)
    bench.check(result.returncode == 0, 'sha256sum -c agrees', result.stdout)
    unpacked = bench.path('unpacked')
    os.makedirs(unpacked)
    result = subprocess.run(['tar', '--zstd', '-xf', archive, '--strip-components=1', '-C',
                             unpacked], capture_output=True, check=False)
    same = subprocess.run(['diff', '-r', '--exclude=SHA256SUMS.p7s', unpacked, folder],
                          capture_output=True, check=False)
    bench.check(result.returncode == 0 and same.returncode == 0,
                'tar unpacks the archive; the folder has the same files', same.stdout)


def test_tool(folder):
    """The bill of materials has what the dynamic linker loads, and what needs what."""
    with open(os.path.join(folder, 'tool', 'percuss.cdx.json'), encoding='utf-8') as file:
        bill = json.load(file)
    loaded = subprocess.run(['ldd', bench.percuss], capture_output=True, text=True, check=False)
    files = {os.path.basename(path): os.path.realpath(path)
             for path in re.findall(r'(/\S+) \(0x', loaded.stdout)}
    listed = {part['bom-ref']: part for part in bill['components']}
    bench.check(files and set(files) == set(listed), 'every library is in the bill of materials',
                set(files) ^ set(listed))
    bench.check(all(part['hashes'][0]['content'] == hashlib.sha256(read(files[name])).hexdigest()
                    for name, part in listed.items()), 'with the hash of its file')
    refs = {entry['ref']: entry['dependsOn'] for entry in bill['dependencies']}
    bench.check(set(refs) == set(listed) | {'percuss'} and all(
        needed in listed for needs in refs.values() for needed in needs) and
        'libcrypto.so.3' in refs['percuss'], 'what needs what is known', refs)
    found = subprocess.run(['dpkg-query', '--show', '--showformat=${Version}', 'libsqlite3-0'],
                           capture_output=True, text=True, check=False).stdout
    bench.check(listed['libsqlite3.so.0'].get('purl', '').startswith(
        'pkg:deb/debian/libsqlite3-0@' + found.replace('+', '%2B') + '?'),
        'and the package it came with', listed['libsqlite3.so.0'])


def test_again(run, archive):
    """Another key, another copy of the run: what is signed is the same."""
    key, _ = make_key('other', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1')
    copy, again = bench.path('copy'), bench.path('again.tar.zst')
    shutil.copytree(run, copy)
    result = bench.run('bundle', copy, '--key', key, '--out', again)
    with open(archive, 'rb') as one, open(again, 'rb') as two:
        bench.check(result.code == 0 and one.read() == two.read(),
                    'the same run gives the same bytes', result)
    return key


def test_judgement(archive, certificate):
    result = bench.run('verify', archive)
    bench.check(result.code == 3 and 'Verdict: cannot be judged' in result.out,
                'without a certificate it is not known who signed', result)
    result = verify(archive, bench.path('other.pem'))
    bench.check(result.code == 1 and 'vouch' in result.out,
                "another one's certificate does not vouch for it", result)
    for path, trusted in ((bench.path('nothing'), certificate), (archive, bench.path('nothing'))):
        bench.check(verify(path, trusted).code == 2, 'what is not there is wrong usage')


# --- time stamps ---------------------------------------------------------------------------------

AUTHORITY = """
[tsa]
default_tsa = here
[here]
serial = {folder}/tsa-serial
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ordering = yes
ess_cert_id_alg = sha256
"""


def test_stamp(run, key, certificate):
    config = bench.write('tsa.cnf', AUTHORITY.format(folder=bench.folder))
    openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '30', '-subj',
            '/CN=Clock', '-addext', 'extendedKeyUsage=critical,timeStamping', '-keyout',
            'tsa-key.pem', '-out', 'tsa.pem')
    command = (f"cat > '{bench.folder}/asked.tsq' && openssl ts -reply -config '{config}' "
               f"-section here -queryfile '{bench.folder}/asked.tsq' -signer "
               f"'{bench.folder}/tsa.pem' -inkey '{bench.folder}/tsa-key.pem'")
    stamped = bench.path('stamped.tar.zst')
    result = bench.run('bundle', run, '--key', key, '--out', stamped, '--timestamp', command)
    bench.check(result.code == 0 and os.path.exists(stamped + '.p7s.tsr'), 'stamped', result)
    result = openssl('ts', '-verify', '-data', stamped + '.p7s', '-in', stamped + '.p7s.tsr',
                     '-CAfile', 'tsa.pem')
    bench.check(result.returncode == 0, 'openssl ts -verify accepts it', result.stderr)
    both = bench.path('both.pem')
    with open(both, 'wb') as out:
        for name in (certificate, bench.path('tsa.pem')):
            with open(name, 'rb') as file:
                out.write(file.read())
    result = verify(stamped, both)
    bench.check(result.code == 0 and 'Clock' in result.out, 'percuss too', result)
    # An answer to another query.
    result = bench.run('bundle', run, '--key', key, '--out', bench.path('old.tar.zst'),
                       '--timestamp', f"cat '{stamped}.p7s.tsr'")
    bench.check(result.code == 2 and not os.path.exists(bench.path('old.tar.zst')),
                'a stamp of something else is refused', result)
    return stamped, both


# --- alterations ---------------------------------------------------------------------------------

def files_in(folder):
    return sorted(os.path.relpath(os.path.join(base, name), folder)
                  for base, _, names in os.walk(folder) for name in names)


def read(path):
    with open(path, 'rb') as file:
        return file.read()


def put(path, data):
    with open(path, 'wb') as file:
        file.write(data)


def change_bytes(data):
    """Other bytes than `data`: flipped, removed, added or in another order."""
    while True:
        at = dice.randrange(len(data)) if data else 0
        length = dice.choice((1, 1, 1, 2, 16, 200))
        kind = dice.randrange(4)
        if kind == 0 and data:
            new = data[:at] + bytes([data[at] ^ 1 << dice.randrange(8)]) + data[at + 1:]
        elif kind == 1:
            new = data[:at] + data[at + length:]
        elif kind == 2:
            new = data[:at] + dice.randbytes(length) + data[at:]
        else:
            other = min(len(data), at + 2 * length)
            new = data[:at] + data[at + length:other] + data[at:at + length] + data[other:]
        if new != data:
            return new


def alter_bytes(folder):
    name = dice.choice(files_in(folder))
    path = os.path.join(folder, name)
    put(path, change_bytes(read(path)))
    return [name]


def alter_files(folder):
    """A file is removed, added, renamed, put twice; or two change places."""
    one, two = sorted(dice.sample(files_in(folder), 2))
    a, b = os.path.join(folder, one), os.path.join(folder, two)
    kind = dice.randrange(6)
    if kind == 0:
        os.remove(a)
        return [one]
    if kind == 1:
        put(a + '.txt', b'more')
        return [one + '.txt']
    if kind == 2:
        os.rename(a, a + '~')
        return [one]
    if kind == 3:
        os.remove(a)
        os.symlink(b, a)
        return [one]
    if kind == 4:
        os.makedirs(os.path.join(folder, 'runs', 'empty'))
        return ['runs/empty']
    if read(a) == read(b):
        return alter_files(folder)
    os.rename(a, a + '~')
    os.rename(b, a)
    os.rename(a + '~', b)
    return [one, two]


def alter_manifest(folder):
    """Lines of the manifest removed, in another order, or twice; a file with another hash."""
    path = os.path.join(folder, 'SHA256SUMS')
    lines = read(path).splitlines(keepends=True)
    at = dice.randrange(len(lines) - 1)
    kind = dice.randrange(4)
    if kind == 0:
        lines.pop(at)
    elif kind == 1:
        lines[at], lines[at + 1] = lines[at + 1], lines[at]
    elif kind == 2:
        lines.insert(at, lines[at])
    else:
        name = lines[at][66:-1].decode()
        put(os.path.join(folder, name), change_bytes(read(os.path.join(folder, name))))
        rewrite_manifest(folder, name)
        return ['SHA256SUMS']
    put(path, b''.join(lines))
    return ['SHA256SUMS']


def rewrite_manifest(folder, name):
    """As one does who hopes that nobody looks at the signature."""
    path = os.path.join(folder, 'SHA256SUMS')
    digest = hashlib.sha256(read(os.path.join(folder, name))).hexdigest().encode()
    put(path, b''.join(digest + line[64:] if line[66:-1].decode() == name else line
                       for line in read(path).splitlines(keepends=True)))


def change_row(database, table):
    """A value, a row less, a row more, or two rows in each other's place. True: it did."""
    columns = [row[1] for row in database.execute(f'PRAGMA table_info({table})')]
    keys = [row[1] for row in database.execute(f'PRAGMA table_info({table})') if row[5]]
    where = ' AND '.join(f'"{key}" IS ?' for key in keys) if keys else 'rowid = ?'
    found = database.execute(f'SELECT {",".join(keys) if keys else "rowid"} FROM {table} '
                             'ORDER BY random() LIMIT 2').fetchall()
    if not found:
        return False
    others = [column for column in columns if column not in keys]
    kind = dice.randrange(4)
    if kind == 0:
        database.execute(f'DELETE FROM {table} WHERE {where}', found[0])
    elif kind == 1 and others:
        column = dice.choice(others)
        database.execute(f'UPDATE {table} SET "{column}" = \'x\' || "{column}" WHERE {where}',
                         found[0])
    elif kind == 2 and keys:
        row = database.execute(f'SELECT * FROM {table} WHERE {where}', found[0]).fetchone()
        row = [f'{value}7' if name in keys else value for name, value in zip(columns, row)]
        database.execute(f'INSERT INTO {table} VALUES ({",".join("?" * len(row))})', row)
    elif len(found) == 2 and others:
        rows = [database.execute(f'SELECT {",".join(others)} FROM {table} WHERE {where}',
                                 key).fetchone() for key in found]
        assign = ','.join(f'"{column}" = ?' for column in others)
        for key, row in zip(found, reversed(rows)):
            database.execute(f'UPDATE {table} SET {assign} WHERE {where}', (*row, *key))
    else:
        return False
    return True


TRIGGERS = ('triage_stays', 'triage_is_kept')


def drop_triggers(database):
    """Their texts, to make them again."""
    texts = [database.execute('SELECT sql FROM sqlite_master WHERE name = ?',
                              (trigger,)).fetchone()[0] for trigger in TRIGGERS]
    for trigger in TRIGGERS:
        database.execute(f'DROP TRIGGER {trigger}')
    return texts


def rows_of(database, table):
    return database.execute(f'SELECT * FROM {table}').fetchall()


def alter_rows(path, only=None):
    """The table of which rows were altered."""
    database = sqlite3.connect(path)
    tables = [row[0] for row in database.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")]
    triggers = drop_triggers(database)
    database.commit()
    while True:
        table = only or dice.choice(tables)
        before = rows_of(database, table)
        try:
            if change_row(database, table) and rows_of(database, table) != before:
                break
        except sqlite3.IntegrityError:
            pass
        database.rollback()
    for sql in triggers:
        database.execute(sql)
    database.commit()
    database.close()
    return table


def one_run(folder):
    return 'runs/' + dice.choice(sorted(os.listdir(os.path.join(folder, 'runs'))))


def alter_store(folder, only=None):
    """Rows of a run's store, or of the assessment's."""
    stores = [one_run(folder) + '/campaign.db']
    if not only and os.path.exists(os.path.join(folder, 'assessment')):
        stores.append('assessment/assessment.db')
    name = dice.choice(stores)
    table = alter_rows(os.path.join(folder, name), only)
    if dice.randrange(2):
        return [name, f'table {table} ']
    rewrite_manifest(folder, name)
    return ['SHA256SUMS', f'{name}: table {table} ']


def alter_triage(folder):
    """Entries of the triage log."""
    return alter_store(folder, 'triage')


def packets_of(data):
    """(offset, length) of the packets of a pcapng, little-endian."""
    at, found = 0, []
    while at + 12 <= len(data):
        kind, length = struct.unpack_from('<II', data, at)
        if kind == 6:
            found.append((at, length))
        at += length
    return found


def alter_log(path):
    """Entries of the send log removed, put twice, or in another order."""
    data = read(path)
    packets = packets_of(data)
    first = dice.randrange(len(packets) - 1)
    (a, n), (b, m) = packets[first], packets[first + 1]
    new = dice.choice((data[:a] + data[a + n:], data[:b] + data[a:a + n] + data[b:],
                       data[:a] + data[b:b + m] + data[a:a + n] + data[b + m:]))
    if new == data:
        alter_log(path)
    else:
        put(path, new)


def alter_sent(path):
    """A byte of the longest message in the send log."""
    data = bytearray(read(path))
    at, _ = max(packets_of(data), key=lambda packet: struct.unpack_from('<I', data,
                                                                        packet[0] + 20))
    length = struct.unpack_from('<I', data, at + 20)[0]
    data[at + 28 + length - 1] ^= 1
    put(path, bytes(data))


def alter_capture(folder):
    name = one_run(folder) + '/capture.pcapng'
    alter_log(os.path.join(folder, name))
    if dice.randrange(2):
        return [name]
    rewrite_manifest(folder, name)
    return ['SHA256SUMS']


IN_FOLDERS = (alter_bytes, alter_bytes, alter_files, alter_manifest, alter_store, alter_triage,
              alter_capture)


def is_named(result, names):
    lines = [line for line in result.out.splitlines() if line.startswith('ALTERED')]
    return result.code == 1 and all(any(name in line for line in lines) for name in names)


def alter_folder(folders, certificate, how):
    """One alteration of a copy; None when it was detected and named. Without its manifest
    nothing says what the other files were."""
    copy = bench.path('tampered')
    shutil.copytree(dice.choice(folders), copy)
    names = how(copy)
    if names[0] == 'SHA256SUMS' and how is alter_files:
        names = names[:1]
    result = verify(copy, certificate)
    shutil.rmtree(copy)
    return None if is_named(result, names) else f'{how.__name__} {names}: {result}'


def alter_archive(stamped, trusted):
    """The same of an archive, its signature or its time stamp."""
    copy = bench.path('tampered.tar.zst')
    parts = ('', '.p7s', '.p7s.tsr')
    for part in parts:
        shutil.copyfile(stamped + part, copy + part)
    part = dice.choice(('', '', '', '.p7s', '.p7s.tsr'))
    if part != '.p7s.tsr' and dice.randrange(20) == 0:
        os.remove(copy + part)
    else:
        put(copy + part, change_bytes(read(copy + part)))
    missing = not os.path.exists(copy)
    result = verify(copy, trusted)
    for name in parts:
        if os.path.exists(copy + name):
            os.remove(copy + name)
    if missing and result.code == 2:
        return None
    named = is_named(result, [os.path.basename(copy)])
    return None if named else f'alter_archive {part}: {result}'


def test_tampering(folders, certificate, stamped, trusted):
    """A way in four is one of an archive; the others take their turns."""
    missed, counts = [], collections.Counter()
    for way in range(ways):
        how = IN_FOLDERS[(way - way // 4 - 1) % len(IN_FOLDERS)] if way % 4 else alter_archive
        counts[how.__name__] += 1
        wrong = alter_folder(folders, certificate, how) if way % 4 else \
            alter_archive(stamped, trusted)
        if wrong:
            missed.append(f'way {way}: {wrong}')
    bench.note(', '.join(f'{count} {name}' for name, count in sorted(counts.items())))
    bench.check(not missed, f'{ways} alterations, each detected and named',
                f'{len(missed)} missed\n' + '\n'.join(missed[:5]))


def test_insider(run, key):
    """Who holds the key and alters the records before they are signed is refused."""
    def altered(sql):
        def change(copy):
            database = sqlite3.connect(os.path.join(copy, 'campaign.db'))
            triggers = drop_triggers(database)
            database.execute(sql)
            for trigger in triggers:
                database.execute(trigger)
            database.commit()
            database.close()
        return change

    for what, change in (
            ('digests', altered("UPDATE cases SET digest = zeroblob(32) WHERE number = 7")),
            ('digests', altered("DELETE FROM cases WHERE number = 9")),
            ('triage', altered("UPDATE triage SET value = 'fixed' WHERE seq = 2")),
            ('triage', altered("DELETE FROM triage WHERE seq = 1")),
            ('criteria', altered("UPDATE criterion SET verdict = 'pass' WHERE verdict = 'fail'")),
            ('store', altered('CREATE VIEW more AS SELECT 1')),
            ('store', altered('CREATE TRIGGER more AFTER INSERT ON criterion BEGIN '
                              "UPDATE criterion SET verdict = 'pass'; END")),
            ('captures', lambda copy: alter_sent(os.path.join(copy, 'capture.pcapng')))):
        copy = bench.path('insider')
        shutil.copytree(run, copy)
        change(copy)
        result = bench.run('bundle', copy, '--key', key, '--out', bench.path('insider.tar.zst'))
        bench.check(result.code == 2 and f'does not hold together: {what}' in result.err,
                    f'altered {what} are not signed', result)
        shutil.rmtree(copy)


def main():
    key, certificate = make_key('signer', 'rsa:2048')
    run = make_run('run', f'1-{CASES}')
    archive, folder = test_bundle(run, key, certificate)
    test_without_percuss(archive, folder, certificate)
    test_tool(folder)
    test_again(run, archive)
    test_judgement(archive, certificate)
    stamped, trusted = test_stamp(run, key, certificate)
    test_insider(run, key)
    other = make_run('other/run', '1-40')
    assessed = test_assessment(make_assessment(run, other), key, certificate)
    test_tampering((folder, assessed), certificate, stamped, trusted)
    bench.done()


if __name__ == '__main__':
    sys.exit(main())
