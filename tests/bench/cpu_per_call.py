#!/usr/bin/env python3
"""CPU time for one proxied call, side by side in one run: each proxy pinned to core 0, load and upstream to core 1.

  cpu_per_call.py PROGRAM [--method GET|POST] [--schema SDL] [--tls kept|new] [--seconds 2] [--rounds 15] [--connections 64] [--body 1024]
                  [--max-vs-floor R] [--max-vs-best R]

With --schema, Tollgate's API is a GraphQL API and prices each call; without, it is a REST API. With --tls, clients come by TLS, on
kept connections or on a new one for each call; the floor has no TLS and is left out.

The figure is the proxy's own user and system time divided by the calls that it answered, the least of all rounds: others on the
machine only ever add to it. Prints a row of a Markdown table for each proxy; with --max-..., exits 1 above that ratio.
"""
import argparse
import os
import sys
import tempfile

import peers
import setting

PEERS = ('nginx', 'haproxy')
PROXY_CORE, OTHER_CORE = 0, 1


def start_all(place, program, options):
    tls = options.tls is not None
    proxies = (() if tls else ('floor',)) + PEERS + ('tollgate',)
    ports = setting.free_ports('upstream', 'admin', *proxies)
    upstream = str(ports['upstream'])
    place.start('upstream', [place.upstream(), upstream, str(options.body)], ports['upstream'], OTHER_CORE)
    if tls:
        setting.make_certificate(place)
    commands = {
        'nginx': peers.nginx(place, ports['nginx'], upstream, tls),
        'haproxy': peers.haproxy(place, ports['haproxy'], upstream, tls),
        'tollgate': [program, 'run', '-c', setting.write_tollgate(place, ports, options.schema, tls)],
    }
    if not tls:
        commands['floor'] = [place.compile('relay_floor.cc', '-levent_core'), str(ports['floor']), upstream]
    return ports, {name: place.start(name, commands[name], ports[name], PROXY_CORE) for name in proxies}


def load(port, seconds, options):
    return setting.load(port, options.method, seconds, options.connections, OTHER_CORE,
                        'http' if options.tls is None else 'https', options.tls == 'new')


def measure(process, port, options):
    """Microseconds of CPU for one call, user and system."""
    before = setting.cpu_seconds(process.pid)
    report = load(port, options.seconds, options)
    after = setting.cpu_seconds(process.pid)
    if report.faults:
        sys.exit(f'calls failed: {report.faults}')
    return [(after[i] - before[i]) * 1e6 / report.calls for i in (0, 1)], report


def table(rows, rounds):
    least = {name: min(values, key=sum) for name, values in rows.items()}
    beside = 'floor' if 'floor' in least else 'nginx'
    print(f'\n| {rounds} rounds | CPU per call | of it in user space | beside {beside} |')
    print('|---|---|---|---|')
    for name, (user, system) in least.items():
        print(f'| {name} | {user + system:.1f} µs | {user:.1f} µs | {(user + system) / sum(least[beside]):.2f} × |')
    return {name: sum(figures) for name, figures in least.items()}


def judge(costs, options):
    vs_floor = costs['tollgate'] / costs.get('floor', costs['nginx'])
    vs_best = costs['tollgate'] / min(costs[name] for name in PEERS)
    print(f'\ntollgate beside the {"floor" if "floor" in costs else "nginx"}: {vs_floor:.2f}; '
          f'beside the better of nginx and HAProxy: {vs_best:.2f}')
    if options.max_vs_floor and vs_floor > options.max_vs_floor:
        sys.exit(f'above {options.max_vs_floor} × the floor')
    if options.max_vs_best and vs_best > options.max_vs_best:
        sys.exit(f'above {options.max_vs_best} × the better of nginx and HAProxy')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('program')
    parser.add_argument('--method', default='POST')
    parser.add_argument('--schema')
    parser.add_argument('--tls', choices=('kept', 'new'))
    for name, default in (('seconds', 2), ('rounds', 15), ('connections', 64), ('body', 1024)):
        parser.add_argument('--' + name, type=int, default=default)
    parser.add_argument('--max-vs-floor', type=float)
    parser.add_argument('--max-vs-best', type=float)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, setting.Place(folder) as place:
        os.chmod(folder, 0o755)  # nginx gives its rights away and still reads here
        ports, processes = start_all(place, os.path.abspath(options.program), options)
        rows = {name: [] for name in processes}
        for name in processes:
            load(ports[name], 1, options)
        for _ in range(options.rounds):
            for name, process in processes.items():
                figures, report = measure(process, ports[name], options)
                rows[name].append(figures)
                print(f'{name:9s} {sum(figures):6.2f} us/call (user {figures[0]:5.2f})  {report.calls / options.seconds:7.0f} '
                      f'calls/s  p50 {report.p50} p99 {report.p99}', flush=True)
    judge(table(rows, options.rounds), options)


main()
