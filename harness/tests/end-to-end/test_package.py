#!/usr/bin/env -S python3 -B
"""The Debian package: built by cpack of what the build folder has, installed by dpkg into a folder,
run from there, and removed. Its manual pages and completion say what the programs say.

scripts/package asks lintian as well; scripts/fresh-check installs what it makes with apt on a bare
Debian 12, and qualifies it whole.
"""
import glob
import json
import os
import re
import shutil
import subprocess
import time

from common import Bench, PROJECT

PERCUSS = 'usr/bin/percuss'


class Package:
    def __init__(self, bench):
        self.bench = bench
        self.root = bench.path('root')
        # What is installed finds its own: nothing is said to it, and it runs elsewhere.
        self.environment = {'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', 'TMPDIR': bench.folder, 'LC_ALL': 'C.UTF-8'}

    def call(self, *command, **how):
        done = subprocess.run(command, env=self.environment, cwd=how.pop('cwd', '/'), capture_output=True,
                              text=True, timeout=120, check=False, **how)
        return done.returncode, done.stdout, done.stderr

    def percuss(self, *arguments):
        return self.call(os.path.join(self.root, PERCUSS), *arguments)

    def files(self):
        for folder, _, names in os.walk(self.root):
            for name in names:
                path = os.path.relpath(os.path.join(folder, name), self.root)
                if not path.startswith('var/'):
                    yield path

    def dpkg(self, *arguments):
        return self.call('dpkg', f'--root={self.root}', '--force-not-root', '--force-depends',
                         '--force-script-chrootless', *arguments)


def make(package):
    bench = package.bench
    code, out, err = package.call('cpack', '--config', os.path.join(bench.build, 'CPackConfig.cmake'),
                                  '-B', bench.path('made'), '-D', 'CPACK_DEBIAN_COMPRESSION_TYPE=gzip',
                                  cwd=bench.build)
    found = glob.glob(bench.path('made', '*.deb'))
    bench.check(code == 0 and len(found) == 1, 'cpack makes one package', out + err)
    return found[0]


def judge(package, deb):
    check = package.bench.check
    depends = package.call('dpkg-deb', '-f', deb, 'Depends')[1]
    check('libyaml-0-2' in depends and 'libmodbus' not in depends, 'it depends on what it is linked with',
          depends)


def install(package, deb):
    check = package.bench.check
    for folder in ('info', 'updates', 'triggers'):
        os.makedirs(os.path.join(package.root, 'var/lib/dpkg', folder))
    for name in ('status', 'available'):
        open(os.path.join(package.root, 'var/lib/dpkg', name), 'w', encoding='ascii').close()
    code, out, err = package.dpkg('--log=/dev/null', '-i', deb)
    check(code == 0 and os.path.exists(os.path.join(package.root, PERCUSS)), 'dpkg installs it', out + err)
    check(not [path for path in package.files() if not path.startswith('usr/')],
          'every file of it is below /usr')


def run_device(package):
    """A device that is a process, and one that is emulated with the plugin."""
    check = package.bench.check
    targets = os.path.join(package.root, 'usr/share/percuss/targets')
    runs = package.bench.path('runs')
    code, out, err = package.percuss('run', f'{targets}/firmware/gate/gate.yaml', '--cases', '1-60', '--out',
                                     f'{runs}/gate', '--quiet', '--json')
    said = json.loads(out) if out.startswith('{') else {}
    check(code in (0, 1, 3) and any(row['name'] == 'edges of the code' and row['text'] > 0
                                     for row in said.get('reached', [])),
          'firmware runs, and the guided engine sees its code by the plugin', out[-500:] + err)
    folder = package.bench.path('qualified')
    code, out, err = package.percuss('qualify', '--quick', '--out', folder)
    with open(f'{folder}/qualification.json', encoding='utf-8') as file:
        record = json.load(file)
    results = [check['result'] for check in record['checks']]
    check(code == 3 and 'failed' not in results and results.count('passed') >= 6,
          'percuss qualify --quick: no check fails', err)
    text = json.dumps(record)
    check(PROJECT not in text and package.bench.build not in text, 'nothing of it came from the project')


def describe(package):
    check = package.bench.check
    self = json.loads(package.percuss('--version', '--json')[1])
    lines = package.percuss('--version')[1].splitlines()
    check(lines[0] == f'percuss {self["percuss"]}' and f'commit {self["commit"]}' in lines,
          '--version says the same as text', lines)
    built = json.loads(package.bench.run('--version', '--json').out)
    check(self['commit'] == built['commit'] and self['libraries'] == built['libraries'],
          'it is of the commit, and runs with the libraries, that the build has', self)
    head = subprocess.run(['git', 'rev-parse', 'HEAD'], cwd=PROJECT, capture_output=True, text=True, check=False)
    if head.returncode == 0:
        check(re.fullmatch(r'[0-9a-f]{40}(-dirty)?', self['commit']), 'the commit is named', self['commit'])
    code, out, err = package.percuss('list', 'protocols')
    check(code == 0 and out.count(f'{package.root}/usr/share/percuss/targets/') >= 10 and PROJECT + '/targets' not in out,
          'its protocols are those installed', out + err)
    ours = package.percuss('criteria', 'list')[1]
    check(ours and ours == package.bench.run('criteria', 'list').out, 'its criteria are those of the project', ours)


def manual(package):
    check = package.bench.check
    folder = os.path.join(package.root, 'usr/share/man/man1')
    code, out, _ = package.percuss('--help')
    commands = re.findall(r'^  ([a-z]+)  +[a-z]', out, re.M)
    check(code == 0 and len(commands) > 20, 'the help names the commands', out)
    programs = {f'percuss-{command}': (PERCUSS, command) for command in commands}
    programs.update({name: (f'usr/bin/{name}',) for name in ('percuss-afl', 'percuss-libfuzzer')
                     if os.path.exists(os.path.join(package.root, 'usr/bin', name))})
    pages = sorted(os.path.basename(path)[:-5] for path in glob.glob(folder + '/*.1.gz'))
    check(pages == sorted([*programs, 'percuss']), 'each command and each program has a page', pages)
    wrong, missing = [], []
    for page in pages:
        path = os.path.join(folder, page + '.1.gz')
        text = package.call('sh', '-c', f'zcat "{path}"')[1]
        # A date would be that of the build, and the same text another file.
        wrong += [line for line in package.call('mandoc', '-T', 'lint', '-W', 'warning', path)[1].splitlines()
                  if 'missing date' not in line]
        wrong += package.call('groff', '-ww', '-Kutf8', '-mandoc', '-Tutf8', '-z', input=text)[2].splitlines()
        if page in programs:
            program, *rest = programs[page]
            short = package.call(os.path.join(package.root, program), *rest, '--help')[1]
            options = re.findall(r'^  (--[a-z-]+)', short.split('options:\n')[1].split('\n\n')[0], re.M)
            shown = package.call('mandoc', '-T', 'utf8', '-O', 'width=200', path)[1]
            shown = re.sub('.\b', '', shown)
            missing += [f'{page}: {option}' for option in options if not re.search(rf'^ +{option}\b', shown, re.M)]
    check(not wrong, 'mandoc and groff have no warning of them', '\n'.join(wrong))
    check(not missing, 'each has every option that --help has', missing)


COMPLETE = '''
. "$1"; shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
_percuss
printf '%s\\n' "${COMPREPLY[@]}"
'''


def completion(package):
    check = package.bench.check
    share = os.path.join(package.root, 'usr/share')
    bash = os.path.join(share, 'bash-completion/completions/percuss')

    def complete(*words):
        done = package.call('bash', '-c', COMPLETE, 'bash', bash, 'percuss', *words,
                            cwd=os.path.join(share, 'percuss/targets/modbus'))
        return set(done[1].split())

    check(complete('re') == {'replay', 'retest', 'report'}, 'bash completes commands', complete('re'))
    check(complete('run', '--see') == {'--seed'}, 'and options', complete('run', '--see'))
    check(complete('run', 'campaigns/pump-net-f') == {'campaigns/pump-net-fixed.yaml'}, 'and campaigns',
          complete('run', 'campaigns/pump-net-f'))
    check(complete('run', '--out', 'c') == {'campaigns'}, 'and folders where one is due', complete('run', '--out', 'c'))
    check(complete('run', '--seed', '') == {''} - {''}, 'and nothing where nothing is known', complete('run', '--seed', ''))
    pages = os.path.join(PROJECT, 'harness', 'package', 'pages.sh')
    lint = [package.call('shellcheck', *words) for words in (['-s', 'bash', bash], [pages])]
    check(not any(code for code, _, _ in lint), 'shellcheck has no word on it, nor on what makes it', lint)
    if shutil.which('zsh'):
        check(package.call('zsh', '-n', os.path.join(share, 'zsh/vendor-completions/_percuss'))[0] == 0, 'zsh reads its')


def remove(package):
    check = package.bench.check
    code, out, err = package.dpkg('--log=/dev/null', '-P', 'percuss')
    left = list(package.files())
    check(code == 0 and not left and not os.path.exists(os.path.join(package.root, 'usr/share/percuss')),
          'dpkg removes it, and nothing is left', out + err + '\n'.join(left))


def main():
    bench = Bench()
    package = Package(bench)
    for step in (lambda: judge(package, deb), lambda: install(package, deb), lambda: describe(package),
                 lambda: run_device(package), lambda: manual(package), lambda: completion(package),
                 lambda: remove(package)):
        if bench.passed == 0:
            deb = make(package)
        began = time.monotonic()
        step()
        bench.note(f'{time.monotonic() - began:.1f} s')
    bench.done()


if __name__ == '__main__':
    main()
