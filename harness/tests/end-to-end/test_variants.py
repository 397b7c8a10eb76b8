#!/usr/bin/python3
"""A device with one planted defect at a time: the oracle that is meant for it finds it, no other
oracle finds anything, and the finding repeats on a freshly started device. Without a defect there
is none. targets/modbus/variants/DEFECTS.md says what each is.
"""
import functools

from common import Bench, one, rows, verdict_of

SOUND = 20000   # the enumerated cases, and stacked ones
# defect: (oracle, messages of the shortest way to show it, cases, which ones)
VARIANTS = {
    'sanitizer': ('sanitizer', 1, '1-600', ['--only', 'write_registers']),
    'exit': ('exit', 1, '1-2000', ['--only', 'write_register/pdu.body.address']),
    'alive': ('alive', 1, '1-2500', ['--only', 'read_some/pdu.body.quantity']),
    'answers': ('answers', 1, '1-2500', ['--only', 'read_some/pdu.body.quantity']),
    'conformance': ('conformance', 1, '1-2500', []),
    'console': ('console', 1, '1-2500', []),
    'reboot': ('reboot', 1, '1-2500', []),
    'state': ('state', 1, '1-2000', ['--only', 'write_register*']),
    'invariant': ('invariant', 1, '1-2000', ['--only', 'write_register*']),
    'latency': ('latency', 1, '1-600', ['--only', 'read_some']),
    'memory': ('resources', 1, '1-2000', []),
    'handles': ('resources', 1, '1-2000', []),
    'jobs': ('resources', 1, '1-2000', []),
    'leak': ('leak', 1, '1-2000', []),
    'overread': ('leak', 1, '1-2000', []),
}


# Its times, and those of the sound device, are compared: they have the machine for themselves.
ALONE = ('none', 'latency')

# What a plain process does not show.
UNSHOWN = {'sanitizer', 'fault', 'reset'}
# The criterion that counts what an oracle finds.
CRITERIA = {'sanitizer': 'AC-09', 'exit': 'AC-09', 'console': 'AC-09', 'reboot': 'AC-09',
            'alive': 'AC-10', 'answers': 'AC-10', 'conformance': 'AC-13', 'state': 'AC-13',
            'invariant': 'AC-13', 'latency': 'AC-14', 'resources': 'AC-14', 'leak': 'PC-01'}


def campaign(bench, defect):
    program = 'modbus-variants-asan' if defect == 'sanitizer' else 'modbus-variants'
    return bench.shipped('variants', [('${build}/devices/modbus-variants',
                                       f'${{build}}/devices/{program}'),
                                      ('--defect, none', f'--defect, {defect}'),
                                      # each replay of this one waits several times
                                      ('answer: 400ms', 'answer: 200ms' if defect == 'alive'
                                       else 'answer: 400ms')])


def run(bench, defect, cases, only):
    folder = bench.path(defect)
    result = bench.run('run', campaign(bench, defect), '--cases', cases, *only, '--out', folder,
                       '--quiet')
    return folder, result


def test_sound(bench):
    folder, result = run(bench, 'none', f'1-{SOUND}', [])
    sent = one(folder, "SELECT count(*) FROM cases WHERE verdict = 'pass'")
    titles = rows(folder, 'SELECT oracle, title FROM finding')
    bench.check(not titles and sent > SOUND * 0.9,
                f'no defect: {sent} cases and no finding', titles or result)
    proofs = dict(rows(folder, 'SELECT name, proof FROM oracle'))
    bench.check({name for name, proof in proofs.items() if proof != 'proven'} == UNSHOWN,
                'every oracle that this device can show something is proven', proofs)
    for criterion in ('AC-09', 'AC-10', 'AC-11', 'AC-13', 'AC-14', 'PC-01'):
        bench.check(verdict_of(folder, criterion) == 'pass', f'no defect: {criterion} passes')


def test_variant(bench, defect):
    oracle, least, cases, only = VARIANTS[defect]
    folder, result = run(bench, defect, cases, only)
    found = rows(folder, 'SELECT id, oracle, grade, steps, title FROM finding')
    bench.check(len(found) == 1 and found[0][1] == oracle,
                f'{defect}: {oracle} finds it, and nothing else does', found or result)
    bench.check(verdict_of(folder, CRITERIA[oracle]) == 'fail' and result.code == 1,
                f'{defect}: {CRITERIA[oracle]} fails', result)
    for name, _, grade, steps, title in found:
        bench.check(grade == 'confirmed' and least <= steps <= least + 2,
                    f'{defect}: confirmed, in {steps} messages ({title})')
        again = bench.run('replay', f'{folder}/findings/{name}', '--times', '3')
        bench.check(again.code == 1 and '3 of 3' in again.out,
                    f'{defect}: {name} repeats on a freshly started device', again)


def main():
    bench = Bench()
    chosen = bench.arguments or ['none', *VARIANTS]
    tasks = {defect: functools.partial(test_variant, bench, defect) for defect in VARIANTS}
    tasks['none'] = functools.partial(test_sound, bench)
    for defect in ALONE:
        if defect in chosen:
            tasks[defect]()
    bench.together(4, [tasks[defect] for defect in chosen if defect not in ALONE])
    bench.done()


main()
