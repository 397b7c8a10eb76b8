#!/usr/bin/env -S python3 -B
"""The templates of scripts/ci: read as what they are, every script and option they name exists, and
the commands of the night and of the trend run as they stand there, with a small budget.

PERCUSS_TEST_CI=run in the environment: the commands that install and build run, too.
"""
import os
import re
import shlex
import shutil
import subprocess

import yaml

from common import Bench, PROJECT

CI = os.path.join(PROJECT, 'scripts', 'ci')
UNITS = ('percuss-nightly@.service', 'percuss-nightly@.timer')
ALL = os.environ.get('PERCUSS_TEST_CI') == 'run'


def read(name):
    with open(os.path.join(CI, name), encoding='utf-8') as file:
        return file.read()


def github():
    """Environment, and (name, command) of each step that runs one."""
    workflow = yaml.safe_load(read('github.yml'))
    job = workflow['jobs']['nightly']
    steps = [(step.get('name', step.get('uses')), step['run']) for step in job['steps'] if 'run' in step]
    # YAML 1.1 reads `on` as true.
    assert workflow[True]['schedule'][0]['cron'].count(' ') == 4
    assert all(('run' in step) != ('uses' in step) for step in job['steps'])
    return workflow['env'], [step for step in steps if step[0] != 'git']


def gitlab():
    job = yaml.safe_load(read('gitlab.yml'))['nightly']
    commands = [('install' if 'install' in line else 'build', line) for line in job['before_script']]
    commands += [('night', line) for line in job['script']] + [('trend', line) for line in job['after_script']]
    assert all(path.startswith(job['variables']['NIGHTS'] + '/') or path == 'trend.html'
               for path in job['artifacts']['paths'])
    return job['variables'], commands


def units():
    """What systemd would run: its specifiers and doubled dollars resolved."""
    service = read('percuss-nightly@.service')
    variables = {}
    for line in re.findall(r'^Environment=(.*)$', service, re.M):
        variables.update(word.split('=', 1) for word in shlex.split(line))
    command = shlex.split(re.search(r'^ExecStart=(.*)$', service, re.M)[1])
    return variables, [('night', command[2].replace('$$', '$'))], command[:2] == ['/bin/sh', '-c']


def check_commands(bench, name, variables, commands):
    """What they name is there: scripts, their options, variables."""
    wrong = []
    for _, command in commands:
        wrong += [f'${word}' for word in re.findall(r'\$([A-Z]+)', command) if word not in variables]
        for line in command.splitlines():
            words = [word for word in shlex.split(line) if word != 'exec']
            script = os.path.join(PROJECT, words[0])
            if words[0].startswith('scripts/') and not os.access(script, os.X_OK):
                wrong.append(words[0])
            elif words[0].startswith('scripts/') or words[0].endswith('/percuss'):
                call = [bench.percuss, words[1], '--help'] if words[0].endswith('/percuss') else [script, '--help']
                said = subprocess.run(call, capture_output=True, text=True, check=True).stdout
                wrong += [f'{words[0]} {word}' for word in words[1:] if word.startswith('--') and
                          not re.search(rf'^ +{word}\b', said, re.M)]
    wrong += [path for path in variables['CAMPAIGNS'].split() if not os.path.exists(os.path.join(PROJECT, path))]
    bench.check(not wrong, f'{name}: every script, option, variable and campaign that it names is there', wrong)


def run_commands(bench, name, variables, commands):
    """That of the night once more, where it goes on from the first."""
    campaign = bench.shipped('variants')
    environment = dict(bench.environment, **variables)
    environment.update(CAMPAIGNS=campaign, BUDGET='1s', NIGHTS=bench.path('nights-' + name))
    folder = bench.path('work-' + name)
    os.makedirs(folder)
    for entry in os.listdir(PROJECT):
        os.symlink(os.path.join(PROJECT, entry), os.path.join(folder, entry))
    for step, command in commands + [each for each in commands if name == 'github' and each[0] == 'night']:
        if step in ('install', 'build') and not ALL:
            continue
        done = subprocess.run(['bash', '-c', command], cwd=PROJECT if step in ('install', 'build') else folder,
                              env=environment, capture_output=True, text=True, timeout=1200, check=False)
        # A night of one second may be too little (3); without a defect nothing is new.
        bench.check(done.returncode in ((0, 3) if step == 'night' else (0,)), f'{name}: {step}',
                    f'exit {done.returncode}\n{done.stdout[-1500:]}\n{done.stderr[-1500:]}')
    stem = os.path.basename(campaign)[:-5]
    latest = os.path.join(environment['NIGHTS'], 'latest')
    found = sorted(os.listdir(latest)) if os.path.isdir(latest) else []
    bench.check(all(f'{stem}.{kind}' in found for kind in ('json', 'junit.xml', 'sarif', 'txt')),
                f'{name}: what is uploaded is there', found)


def verify_units(bench):
    for unit in UNITS:
        shutil.copy(os.path.join(CI, unit), bench.folder)
    for units_of in (UNITS, ['percuss-nightly@home-bench-percuss.timer']):
        done = subprocess.run(['systemd-analyze', 'verify', *units_of], cwd=bench.folder, capture_output=True,
                              text=True, check=False)
        bench.check(done.returncode == 0 and not done.stderr, 'systemd-analyze has no word on ' + ', '.join(units_of),
                    done.stderr)


def container(bench):
    text = read('Containerfile').replace('\\\n', ' ')
    lines = [line.split(None, 1) for line in text.splitlines() if line and not line.startswith('#')]
    known = {'FROM', 'COPY', 'WORKDIR', 'RUN', 'USER', 'ENTRYPOINT'}
    bench.check({line[0] for line in lines} <= known and lines[0][0] == 'FROM', 'the container recipe has instructions only')
    for command in (line[1] for line in lines if line[0] == 'RUN'):
        done = subprocess.run(['sh', '-n', '-c', command], capture_output=True, text=True, check=False)
        bench.check(done.returncode == 0, 'sh reads: ' + command[:40], done.stderr)
    check_commands(bench, 'the container recipe', {'CAMPAIGNS': ''},
                   [('package', line[1]) for line in lines if line[0] == 'RUN' and line[1].startswith('scripts/')])


def main():
    bench = Bench()
    variables, commands, is_shell = units()
    bench.check(is_shell, 'the service has a shell run the night')
    for name, (given, wanted) in {'github': github(), 'gitlab': gitlab(), 'systemd': (variables, commands)}.items():
        check_commands(bench, name, given, wanted)
        run_commands(bench, name, given, wanted)
    verify_units(bench)
    container(bench)
    bench.done()


if __name__ == '__main__':
    main()
