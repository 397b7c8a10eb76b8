#!/usr/bin/python3
"""A campaign in shards on a Slurm cluster of two nodes, one of which is lost in mid-run.

munged, slurmctld and two slurmd are real and run here, in a network and a process namespace of the
test's own, with all their files in its folder. With `full` after the other arguments the cluster
finds out by itself that a node is lost, and two nodes are held against one: cases in the same time,
on devices that bear so many a second.
"""
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import common  # noqa: E402
from common import one, rows  # noqa: E402

SUBMIT = os.path.join(common.PROJECT, 'scripts', 'slurm', 'submit')
CASES = '1-500'
INSIDE = 'PERCUSS_TEST_INSIDE'

CONFIGURATION = '''
ClusterName=percuss
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort=6817
AuthType=auth/munge
AuthInfo=socket={folder}/munge.sock,cred_expire=5
SlurmUser=root
SlurmdUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/%n.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,sched_interval=1,bf_interval=1
SlurmdTimeout=10
KillWait=1
ReturnToService=2
GresTypes=dut
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port=6821 CPUs=1 Gres=dut:1
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port=6822 CPUs=1 Gres=dut:1
PartitionName=bench Nodes=n1,n2 Default=YES
'''


def command(bench, *arguments):
    return subprocess.run(arguments, env=bench.environment, capture_output=True, text=True,
                          check=False).stdout


# --- the cluster ----------------------------------------------------------------------------------

def begin_daemon(bench, *arguments):
    log = open(bench.path(f'daemon-{len(bench.processes)}.log'), 'wb')
    return bench.start(arguments, stdout=log, stderr=log)


def begin_node(bench, name):
    os.makedirs(bench.path(name), exist_ok=True)
    return begin_daemon(bench, 'slurmd', '-D', '-N', name)


def states(bench):
    return dict(line.split() for line in
                command(bench, 'sinfo', '-N', '-h', '-o', '%N %t').splitlines())


def begin_cluster(bench):
    key = bench.path('munge.key')
    with open(os.open(key, os.O_CREAT | os.O_WRONLY, 0o600), 'wb') as file:
        file.write(os.urandom(64))
    os.makedirs(bench.path('state'))
    bench.write('slurm.conf', CONFIGURATION.format(host=socket.gethostname(), folder=bench.folder))
    bench.write('gres.conf', 'NodeName=n[1-2] Name=dut Count=1\n')
    bench.write('cgroup.conf', 'CgroupPlugin=cgroup/v1\n')
    bench.environment.update(SLURM_CONF=bench.path('slurm.conf'),
                             PERCUSS_BUILD=os.path.dirname(bench.percuss))
    begin_daemon(bench, 'munged', '--foreground', '--force', f'--key-file={key}',
                 f'--socket={bench.path("munge.sock")}', f'--pid-file={bench.path("munged.pid")}',
                 f'--seed-file={bench.path("munge.seed")}', f'--log-file={bench.path("munged.log")}')
    common.wait_for(lambda: os.path.exists(bench.path('munge.sock')))
    begin_daemon(bench, 'slurmctld', '-D')
    nodes = {name: begin_node(bench, name) for name in ('n1', 'n2')}
    bench.check(common.wait_for(lambda: states(bench) == {'n1': 'idle', 'n2': 'idle'}),
                'two nodes are up, each with a device under test', states(bench)) or bench.done()
    return nodes


def environment_of(pid):
    try:
        with open(f'/proc/{pid}/environ', 'rb') as file:
            return file.read().split(b'\0')
    except OSError:
        return []


def lose(bench, node, process):
    """All that runs on the node, first what would tell."""
    process.kill()
    process.wait()
    mine = f'SLURMD_NODENAME={node}'.encode()
    jobs = [int(name) for name in os.listdir('/proc')
            if name.isdigit() and mine in environment_of(name)]
    steps = []
    for job in jobs:
        with open(f'/proc/{job}/status', encoding='utf-8') as file:
            parent = next(int(line.split()[1]) for line in file if line.startswith('PPid:'))
        if parent != 1 and parent not in jobs:
            steps.append(parent)
    for pid in steps + jobs:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    bench.check(steps and len(jobs) > 1, f'{node} is lost, with {len(jobs)} processes of its job')


# --- shards on it ---------------------------------------------------------------------------------

def campaign(bench, rate):
    return bench.shipped('libmodbus-original', [
        ('epoch: 20000\nsample-every: 16\n',
         'epoch: 20000\nsample-every: 1\nconnection: per-case\n'),
        ('answer: 500ms', f'answer: 1s\n  rate-limit: {rate}'), ('time: 45s', "time: 3s\n  anomalies: 'choice,extend,duplicate,valid'")])


def submit(bench, path, name, *options):
    folder = bench.path(name)
    log = open(bench.path(f'{name}.log'), 'w', encoding='utf-8')
    return bench.start([SUBMIT, path, '--out', folder, '--wait', *options], stdout=log,
                       stderr=log), folder


def words(bench, name):
    with open(bench.path(f'{name}.log'), encoding='utf-8') as file:
        return file.read()


def node_of(bench, shard):
    """The node on which a task of the array runs."""
    for line in command(bench, 'squeue', '-h', '-t', 'R', '-o', '%K %N').splitlines():
        task, node = line.split()
        if task == str(shard):
            return node
    return None


def check_lost_node(bench, nodes, full):
    path = campaign(bench, 60)
    single = bench.begin('run', path, '--out', bench.path('single'), '--quiet', '--cases',
                         CASES, '--time', '300s')
    process, runs = submit(bench, path, 'runs', '--of', '2', '--cases', CASES)
    shard = os.path.join(runs, 'shard-2')
    bench.check(common.wait_for(lambda: len(common.announced(shard)) > 3),
                'the second shard sends', words(bench, 'runs'))
    node = node_of(bench, 2)
    bench.check(node is not None and node != node_of(bench, 1), f'it runs on {node}, alone')
    lose(bench, node, nodes[node])
    if not full:    # as a watchdog does, which need not wait
        command(bench, 'scontrol', 'update', f'NodeName={node}', 'State=DOWN', 'Reason=lost')
    code = process.wait(common.PATIENCE)
    bench.check(states(bench)[node].startswith('down'), f'Slurm knows that {node} is lost')
    merged = os.path.join(runs, 'merged')
    bench.check(code == 1 and 'merged of' in words(bench, 'runs'),
                'the shards are merged, and submit exits as the merged run', words(bench, 'runs'))
    sittings = rows(shard, 'SELECT ended_ns IS NULL, reason FROM sitting ORDER BY id')
    bench.check(sittings == [(1, None), (0, 'cases')],
                'the second shard was put back into the queue and went on', sittings)
    check_same(bench, single, merged)


def check_same(bench, single, merged):
    bench.check(bench.end(single).code == 1, 'the same campaign in one run')
    single = bench.path('single')
    for query, what in (
            ("SELECT DISTINCT number FROM cases WHERE verdict <> 'interrupted' ORDER BY number",
             'cases'),
            ("SELECT id, verdict FROM criterion WHERE phase = 'run' ORDER BY id", 'verdicts'),
            ('SELECT cause FROM finding ORDER BY cause', 'findings')):
        found = rows(single, query), rows(merged, query)
        bench.check(found[0] == found[1], f'the same {what} ({len(found[0])})', found)
    common.check_same_bytes(bench, single, merged)


# --- two nodes beside one -------------------------------------------------------------------------

# With none of these this device has a finding, whose replays would take their share of the rate.
QUIET = ['--anomalies', 'truncate,valid,stale,repeat,missing,abandon']


def cases_a_second(bench, path, parts, cases):
    """From the moment of submission to the end of the last shard, start-up and all."""
    name = f'rate-{parts}'
    began = time.time_ns()
    process, runs = submit(bench, path, name, '--of', str(parts), '--cases', f'1-{cases}', *QUIET)
    process.wait(common.PATIENCE)
    shards = [os.path.join(runs, f'shard-{part + 1}') for part in range(parts)]
    ended = max(one(shard, 'SELECT max(ended_ns) FROM sitting') for shard in shards)
    sent = sum(one(shard, 'SELECT count(*) FROM cases') for shard in shards)
    rate = sent / ((ended - began) / 1e9)
    bench.note(f'{parts} node(s): {sent} cases in {(ended - began) / 1e9:.2f} s, {rate:.2f} a second')
    return rate


def check_rates(bench):
    path = campaign(bench, 10)
    one_node = cases_a_second(bench, path, 1, 2093)
    two_nodes = cases_a_second(bench, path, 2, 10000)
    bench.check(two_nodes >= 1.9 * one_node,
                f'two nodes do {two_nodes / one_node:.3f} times the cases of one')


def main():
    if not os.environ.get(INSIDE):
        os.environ[INSIDE] = '1'
        os.execvp('unshare', ['unshare', '--net', '--pid', '--fork', '--kill-child', '--mount-proc',
                              sys.executable, *sys.argv])
    subprocess.run(['ip', 'link', 'set', 'lo', 'up'], check=True)
    # Slurm resolves no name on a machine whose only address is 127.0.0.1 (AI_ADDRCONFIG).
    subprocess.run(['ip', 'address', 'add', '192.0.2.1/32', 'dev', 'lo'], check=True)
    bench = common.Bench()
    full = 'full' in bench.arguments
    missing = [name for name in ('munged', 'slurmctld', 'slurmd') if not shutil.which(name)]
    if not bench.check(not missing, 'Slurm is installed (scripts/install --for test)', missing):
        bench.done()
    nodes = begin_cluster(bench)
    if full:
        check_rates(bench)
    check_lost_node(bench, nodes, full)
    bench.done()


if __name__ == '__main__':
    main()
