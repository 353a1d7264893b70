#!/usr/bin/env python3
"""What it costs to check and charge a call in six windows, and to remember many keys: windows.py WINDOWS_BENCH.

The least of the rounds counts. Exits 1 above the bars: 150 ns for a call on one core; twice that for a worker where both cores
charge one key; 600 MiB for 100,000 keys.
"""
import json
import subprocess
import sys

ROUNDS = 12  # of times; memory is the same in every round
ONE_CORE_NS = 150
BOTH_CORES_NS = 2 * ONE_CORE_NS
KEYS_MIB = 600
ALGORITHMS = ('sliding_window', 'token_bucket')


def runs(bench):
    for part, options in (('memory', []),) + ROUNDS * (('charge', ['--benchmark_min_time=0.2']),):
        command = [bench, '--benchmark_format=json', f'--benchmark_filter={part}', *options]
        yield from json.loads(subprocess.run(command, check=True, capture_output=True).stdout)['benchmarks']


def main(bench):
    least = {}
    for run in runs(bench):
        name = (run['name'].split('/')[0], run.get('threads', 1), int(run['name'].split('bucket:')[1].split('/')[0]))
        # Of both cores together a call takes half of what it takes each.
        time = run['real_time'] * run.get('threads', 1)
        figures = (time, run.get('active_MiB', 0), run.get('idle_MiB', 0))
        least[name] = min(least.get(name, figures), figures)
    print('| six windows | ' + ' | '.join(ALGORITHMS) + ' |')
    print('|---|---|---|')
    above = False
    for threads, what, bar in ((1, 'a call, one core', ONE_CORE_NS), (2, 'a call, both cores on one key', BOTH_CORES_NS)):
        times = [least[('charge_six_windows', threads, i)][0] for i in range(2)]
        above |= max(times) > bar
        print(f'| {what} | ' + ' | '.join(f'{time:.0f} ns' for time in times) + ' |')
    for index, what in ((1, '100,000 keys, each in use all the time'), (2, 'the same keys, once idle')):
        memory = [least[('memory_of_active_keys', 1, i)][index] for i in range(2)]
        above |= max(memory) > KEYS_MIB
        print(f'| {what} | ' + ' | '.join(f'{mib:.0f} MiB' for mib in memory) + ' |')
    sys.exit(above)


if __name__ == '__main__':
    main(*sys.argv[1:])
