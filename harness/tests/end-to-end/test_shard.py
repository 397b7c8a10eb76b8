#!/usr/bin/python3
"""A campaign in shards and its merged run, beside the same campaign in one run; and what may go
wrong when shards are brought together, each for real and each named."""
import hashlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import common  # noqa: E402
from common import PROJECT, one, rows  # noqa: E402

CASES, LONGER = '1-600', '1-700'
PART = ['--cases', CASES, '--shard', '2/3']
# Each case has a connection and a reading of its own, so that what was sent hangs on its number
# and on nothing before; and no case has to do with how long this device waits for the rest of a
# message, which on a busy host is no verdict.
ALONE = [('epoch: 20000\nsample-every: 16\n',
          'epoch: 20000\nsample-every: 1\nconnection: per-case\n'), ('time: 45s', "time: 3s\n  anomalies: 'choice,extend,duplicate,valid'"),
         ('500ms', '1s')]
RUN_CRITERIA = "SELECT id, verdict FROM criterion WHERE phase = 'run' ORDER BY id"


def campaign(bench, device):
    path = bench.shipped('libmodbus-original', ALONE)
    with open(path, encoding='utf-8') as file:
        text = file.read().replace('${build}/../devices/modbus-server-original', device)
    return bench.write(f'campaign-{len(os.listdir(bench.folder))}.yaml', text)


def begin(bench, path, name, *options):
    folder = bench.path(name)
    return bench.begin('run', path, '--out', folder, '--quiet', *options), folder


def end(bench, started, codes=(0, 1, 3)):
    process, folder = started
    result = bench.end(process)
    bench.check(result.code in codes, f'{os.path.basename(folder)} ran', result)
    return folder


# --- one run of many ------------------------------------------------------------------------------

def equal(bench, single, merged):
    numbers = [rows(folder, 'SELECT number FROM cases ORDER BY number')
               for folder in (single, merged)]
    bench.check(numbers[0] == numbers[1] and len(numbers[0]) > 50,
                f'each of {len(numbers[0])} cases once', numbers)
    common.check_same_bytes(bench, single, merged)
    bench.check(rows(single, RUN_CRITERIA) == rows(merged, RUN_CRITERIA), 'the same verdicts',
                [rows(single, RUN_CRITERIA), rows(merged, RUN_CRITERIA)])
    causes = [rows(folder, 'SELECT cause, kind, grade FROM finding ORDER BY cause')
              for folder in (single, merged)]
    bench.check(causes[0] == causes[1] and len(causes[0]) > 2,
                f'the same {len(causes[0])} findings', causes)
    covered = [rows(folder, 'SELECT * FROM coverage ORDER BY kind, name')
               for folder in (single, merged)]
    bench.check(covered[0] == covered[1], 'the same coverage')
    alpha = [one(folder, "SELECT value FROM run WHERE key = 'alpha'")
             for folder in (single, merged)]
    bench.check(alpha[0] == alpha[1], 'all shards together may err as often as one run')


def check_merged(bench, shards, merged):
    one_by_one = sum(one(folder, 'SELECT count(*) FROM finding') for folder in shards)
    findings = one(merged, 'SELECT count(*) FROM finding')
    bench.check(findings < one_by_one, f'{one_by_one} findings of the shards are {findings}')
    hits = {}
    for folder in shards:
        for cause, count in rows(folder, 'SELECT cause, hits FROM finding'):
            hits[cause] = hits.get(cause, 0) + count
    bench.check(dict(rows(merged, 'SELECT cause, hits FROM finding')) == hits, 'with all hits')
    counted = 'SELECT sha256 FROM digest'
    blocks = rows(merged, counted)
    bench.check(len(blocks) == 1 and blocks != rows(shards[0], counted),
                'one block of digests covers the cases of all')
    bench.check(one(merged, "SELECT count(*) FROM suspicion WHERE result = 'finding'") == findings,
                'each was found once')
    later = one(merged, 'SELECT max(id) FROM finding')
    result = bench.run('replay', os.path.join(merged, 'findings', later), '--times', '1')
    bench.check(result.code == 1, f'{later} replays from the merged run', result)
    checks, equal_ones = rows(merged, 'SELECT count(*), sum(sent_equal AND received_equal) FROM '
                                      'capture_check')[0]
    each = sum(one(folder, 'SELECT count(*) FROM capture_check') for folder in shards)
    bench.check(checks == each == (equal_ones or 0),
                f'{checks} connections in the captures, as in the shards')
    result = bench.run('assess', 'add', bench.path('assessment.yaml'), merged)
    bench.check(result.code == 0, 'it goes into an assessment', result)
    result = bench.run('assess', 'add', bench.path('assessment.yaml'), shards[0])
    bench.check(result.code == 2 and 'is shard 1/3 of a run' in result.err,
                'where its shards would count twice', result)
    result = bench.run('run', bench.campaign, '--out', merged, '--resume', '--cases', CASES)
    bench.check(result.code == 2 and 'no run to resume' in result.err,
                'nobody goes on in a merged run', result)


def check_evidence(bench, merged):
    key, certificate = bench.path('key.pem'), bench.path('certificate.pem')
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key,
                    '-out', certificate, '-subj', '/CN=lab', '-days', '2'], check=True,
                   stderr=subprocess.DEVNULL)
    with open(key, 'a', encoding='ascii') as file, open(certificate, encoding='ascii') as other:
        file.write(other.read())
    archive = bench.path('evidence.tar.zst')
    result = bench.run('bundle', merged, '--key', key, '--out', archive)
    bench.check(result.code == 0, 'the merged run can be signed', result)
    result = bench.run('verify', archive, '--certificate', certificate, '--regenerate')
    bench.check(result.code == 0 and 'Verdict: verified' in result.out and
                'cases made again have the digest' in result.out, 'and verifies', result)


def check_one_of_many(bench, shards, single):
    merged = bench.path('merged')
    result = bench.run('merge', *shards, '--out', merged)
    bench.check(result.code == 1 and 'merged of' in result.out, 'three shards are merged', result)
    equal(bench, single, merged)
    check_merged(bench, shards, merged)
    check_evidence(bench, merged)
    again = bench.path('again')
    result = bench.run('merge', shards[2], shards[0], shards[1], '--out', again)
    bench.check(result.code == 1, 'reordered: they are merged', result)
    tables = [name for (name,) in rows(
        merged, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    same = [table for table in tables
            if rows(merged, f'SELECT * FROM {table}') == rows(again, f'SELECT * FROM {table}')]
    bench.check(same == tables, f'to the same rows in all {len(same)} tables')
    return merged


def seal(folder):
    """What a shard's folder gets when it has ended."""
    names = sorted(os.path.relpath(os.path.join(root, name), folder)
                   for root, _, files in os.walk(folder) for name in files)
    with open(os.path.join(folder, 'SHA256SUMS'), 'w', encoding='utf-8') as out:
        for name in names:
            if name != 'SHA256SUMS':
                with open(os.path.join(folder, name), 'rb') as file:
                    out.write(f'{hashlib.sha256(file.read()).hexdigest()}  {name}\n')


def check_better(bench, shards, merged):
    """A first shard whose findings would not repeat: of those that another shard confirmed the
    confirmed one stands."""
    weak = copy(bench, shards[0], 'weak')
    database = sqlite3.connect(os.path.join(weak, 'campaign.db'))
    database.execute("UPDATE finding SET grade = 'intermittent'")
    database.commit()
    database.close()
    seal(weak)
    out = bench.path('better')
    result = bench.run('merge', weak, *shards[1:], '--out', out)
    bench.check(result.code == 1, 'a shard that was sealed again is merged', result)
    confirmed = {cause for folder in shards[1:] for (cause,) in
                 rows(folder, "SELECT cause FROM finding WHERE grade = 'confirmed'")}
    query = 'SELECT id, cause, hits, first_case FROM finding ORDER BY id'
    wrong = [cause for cause, grade in rows(out, 'SELECT cause, grade FROM finding')
             if (grade == 'confirmed') != (cause in confirmed)]
    before, after = rows(merged, query), rows(out, query)
    later = [new[0] for old, new in zip(before, after) if old != new]
    bench.check(not wrong and later, f'of {len(after)} findings {len(later)} are those of a later '
                'shard, which confirmed them', [wrong, before, after])
    bench.check([row[:3] for row in before] == [row[:3] for row in after],
                'under the same numbers, with all hits', [before, after])
    bench.check(all(one(out, 'SELECT reproducer FROM finding WHERE id = ?', name) ==
                    f'findings/{name}/reproducer.percuss' for name in later) and
                rows(out, "SELECT count(*) FROM suspicion WHERE result = 'finding'") ==
                rows(merged, "SELECT count(*) FROM suspicion WHERE result = 'finding'"),
                'each found once')
    if later:
        with open(os.path.join(out, 'findings', later[0], 'finding.json'),
                  encoding='utf-8') as file:
            facts = json.load(file)
        bench.check(facts['id'] == later[0] and facts['shard']['part'] != '1/3' and
                    facts['first_case'] == one(out, 'SELECT first_case FROM finding WHERE id = ?',
                                               later[0]), 'its folder is that of the later one', facts)


# --- accidents ------------------------------------------------------------------------------------

def accident(bench, kind, text, *folders):
    out = bench.path('none')
    result = bench.run('merge', *folders, '--out', out)
    lines = [line for line in result.err.splitlines()
             if line.startswith(f'percuss merge: {kind}: ') and text in line]
    bench.check(result.code == 2 and lines and not os.path.exists(out),
                f'{kind}: {text}'.replace(bench.folder, ''), result)
    shutil.rmtree(out, ignore_errors=True)


def copy(bench, folder, name):
    return shutil.copytree(folder, bench.path(name))


def flip(path):
    with open(path, 'r+b') as file:
        file.seek(os.path.getsize(path) // 2)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 1]))


def check_accidents(bench, shards, single, merged):
    s1, s2, s3 = shards
    accident(bench, 'double', 'is named twice', s1, s2, s3, os.path.join(s1, '.'))
    accident(bench, 'double', 'are both shard 1/3', s1, s2, s3, copy(bench, s1, 'copied'))
    accident(bench, 'missing', f'cases {bench.parts[1]} of {CASES} are in no shard', s1, s3)
    accident(bench, 'not a run', 'there is no campaign.db', s1, s2, s3, bench.folder)
    accident(bench, 'not a shard', 'was not run as a shard', s1, s2, s3, single)
    accident(bench, 'merged already', 'merged of 3 shards', s1, s2, s3, merged)
    for name in ('campaign.db', 'capture.pcapng', 'findings/F-001/reproducer.percuss'):
        altered = copy(bench, s2, 'altered')
        flip(os.path.join(altered, name))
        accident(bench, 'altered', f'{name} is not as it was', s1, altered, s3)
        shutil.rmtree(altered)
    altered = copy(bench, s2, 'altered')
    bench.run('triage', altered, 'F-001', '--note', 'seen', '--by', 'me')
    accident(bench, 'altered', 'campaign.db is not as it was', s1, altered, s3)


def share(bench):
    folder = bench.path('share')
    os.mkdir(folder)
    os.symlink(os.path.join(PROJECT, 'harness', 'criteria'), os.path.join(folder, 'criteria'))
    os.symlink(os.path.join(PROJECT, 'targets'), os.path.join(folder, 'targets'))
    return folder


def begin_foreign(bench):
    """Each a shard that ends well, by itself."""
    other = bench.path('percuss')
    shutil.copy(bench.percuss, other)
    with open(other, 'ab') as file:
        file.write(b'another build')
    started = [begin(bench, bench.campaign, 'seed', *PART, '--seed', '2'),
               begin(bench, bench.campaign, 'halves', '--cases', CASES, '--shard', '2/2'),
               begin(bench, bench.campaign, 'longer', '--cases', LONGER, '--shard', '2/3')]
    # What percuss comes with is looked for beside it, but for this copy.
    percuss, bench.percuss = bench.percuss, other
    bench.environment['PERCUSS_SHARE'] = share(bench)
    started.append(begin(bench, bench.campaign, 'build', *PART))
    bench.percuss = percuss
    del bench.environment['PERCUSS_SHARE']
    return started


def check_foreign(bench, shards, foreign):
    s1, s2, s3 = shards
    seed, halves, longer, build = foreign
    accident(bench, 'other plan', seed, s1, seed, s3)
    accident(bench, 'other percuss', build, s1, build, s3)
    accident(bench, 'other range', longer, s1, longer, s3)
    half = one(halves, "SELECT value FROM run WHERE key = 'case_ranges'").split('-')[0]
    accident(bench, 'overlapping', f'cases {half}-{bench.parts[1].split("-")[1]} are in', s1, s2, s3,
             halves)
    shutil.copy(os.path.join(bench.devices, 'modbus-server-patched'), bench.path('server'))
    device = end(bench, begin(bench, bench.campaign, 'device', *PART))
    accident(bench, 'other device', device, s1, device, s3)
    process, begun = begin(bench, bench.campaign, 'begun', *PART, '--time', '1ms')
    bench.end(process)
    shutil.copy(os.path.join(bench.devices, 'modbus-server-original'), bench.path('server'))
    result = bench.run('run', bench.campaign, '--out', begun, '--quiet', '--resume', *PART)
    bench.check(result.code == 3 and 'this shard was begun on another device' in result.err,
                'a shard goes on on the device that it was begun on', result)


def check_unfinished(bench, shards, single, started):
    s1, _, s3 = shards
    process, killed = started
    process.send_signal(signal.SIGKILL)
    bench.end(process)
    again = ['run', bench.campaign, '--out', killed, '--quiet', '--resume']
    accident(bench, 'unfinished', 'its run was killed', s1, killed, s3)
    result = bench.run(*again, '--cases', CASES)
    bench.check(result.code == 2 and f'is shard 2/3 of the cases {CASES}, this is no shard' in
                result.err, 'a shard is gone on with as the same shard', result)
    bench.run(*again, '--time', '1ms', *PART)
    accident(bench, 'unfinished', 'before its cases were through', s1, killed, s3)
    result = bench.run(*again, *PART)
    bench.check(result.code == 1, 'it is gone on with to its end', result)
    requeued = bench.path('requeued')
    result = bench.run('merge', s1, killed, s3, '--out', requeued)
    bench.check(result.code == 1, 'killed and gone on with: it is merged', result)
    query = "SELECT DISTINCT number FROM cases WHERE verdict <> 'interrupted' ORDER BY number"
    bench.check(rows(requeued, query) == rows(single, query), 'with every case')


def check_words(bench):
    result = bench.run('shard', bench.campaign, '--of', '3', '--cases', CASES)
    bench.check(result.code == 0 and f'{bench.parts[1]} ' in result.out and
                f"--cases '{CASES}' --shard 2/3" in result.out, 'shard says what each runs', result)
    for options, words in ((['--shard', '4/3'], "expected a part such as 2/4, found '4/3'"),
                           (['--shard', '1/2', '--until', 'AC-04'], 'leave --until out'),
                           (['--shard', '1/9', '--cases', '1-3'], 'cases cannot be cut into 9 shards')):
        result = bench.run('run', bench.campaign, '--out', bench.path('never'), *options)
        bench.check(result.code == 2 and words in result.err, words, result)
    result = bench.run('run', bench.shipped('libmodbus-patched'), '--out', bench.path('never'),
                       '--shard', '1/2', '--engine', 'guided')
    bench.check(result.code == 2 and 'no numbers to share' in result.err, 'nor a guided run', result)


def main():
    bench = common.Bench()
    server = bench.path('server')
    shutil.copy(os.path.join(bench.devices, 'modbus-server-original'), server)
    bench.campaign = campaign(bench, server)
    result = bench.run('shard', bench.campaign, '--of', '3', '--cases', CASES, '--json')
    bench.parts = [shard['cases'] for shard in json.loads(result.out)['shards']]
    # All at once: they wait more than they work.
    single = begin(bench, bench.campaign, 'single', '--cases', CASES, '--time', '200s')
    shards = [begin(bench, bench.campaign, f's{part}', '--cases', CASES, '--shard', f'{part}/3')
              for part in (1, 2, 3)]
    foreign = begin_foreign(bench)
    killed = begin(bench, bench.campaign, 'killed', *PART)
    common.wait_for(lambda: common.announced(killed[1]))
    check_words(bench)
    killed[0].send_signal(signal.SIGSTOP)
    shards = [end(bench, started) for started in shards]
    single = end(bench, single)
    merged = check_one_of_many(bench, shards, single)
    check_better(bench, shards, merged)
    check_accidents(bench, shards, single, merged)
    check_unfinished(bench, shards, single, killed)
    check_foreign(bench, shards, [end(bench, started) for started in foreign])
    bench.done()


if __name__ == '__main__':
    main()
