#!/usr/bin/env python3
"""Load through Tollgate while it reloads every second and clients cut connections at random.

  soak.py PROGRAM SECONDS [--sanitized]     --sanitized: memory is the sanitizer's, and not looked at

Fails if any call fails but those cut, or if memory or descriptors do not come back to where they began. The upstream is a
fixed answer (tests/bench/fixed_upstream.c); everything is on loopback.
"""
import os
import random
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'bench'))
import setting  # noqa: E402  (what the benchmarks share: ports, processes, configurations)

CUTTERS = 4
MEMORY_SLACK_MIB = 8.0
RESET_ON_CLOSE = struct.pack('ii', 1, 0)


def cut_connections(port, key, stop, cuts):
    """Opens connections, sends a part of a call, and closes them without a word."""
    head = f'POST /graphql HTTP/1.1\r\nHost: a\r\nAPI-Authorization: {key}\r\nContent-Length: 100000\r\n\r\n'.encode()
    whole = head + b'x' * 100000
    while not stop.is_set():
        with socket.create_connection(('127.0.0.1', port), timeout=10) as client:
            client.sendall(whole[:random.randint(1, len(whole))])
            if random.random() < 0.5:  # a reset in place of an orderly end
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        cuts.append(1)
        stop.wait(0.005)


def reload(process, config, stop, reloads):
    """Swaps the configuration for one with another comment, as an operator would, once a second."""
    text = open(config, encoding='utf-8').read()
    while not stop.wait(1.0):
        with open(config + '.new', 'w', encoding='utf-8') as file:
            file.write(f'{text}# change {len(reloads)}\n')
        os.rename(config + '.new', config)
        process.send_signal(signal.SIGHUP)
        reloads.append(1)


def state(process):
    return setting.resident_mib(process.pid), len(os.listdir(f'/proc/{process.pid}/fd'))


def metric(port, name):
    text = urllib.request.urlopen(f'http://127.0.0.1:{port}/metrics', timeout=10).read().decode()
    return sum(float(line.rsplit(' ', 1)[1]) for line in text.splitlines() if line.startswith(name))


def soak(place, program, seconds):
    ports = setting.free_ports('upstream', 'tollgate', 'admin')
    config = setting.write_tollgate(place, ports)
    place.start('upstream', [place.upstream(), str(ports['upstream']), '512'], ports['upstream'])
    process = place.start('tollgate', [program, 'run', '-c', config], ports['tollgate'])
    setting.load(ports['tollgate'], 'GET', 1, connections=32)  # so that caches and pools are what they will be
    before = state(process)
    stop, cuts, reloads = threading.Event(), [], []
    threads = [threading.Thread(target=cut_connections, args=(ports['tollgate'], setting.KEYS[7], stop, cuts))
               for _ in range(CUTTERS)]
    threads.append(threading.Thread(target=reload, args=(process, config, stop, reloads)))
    for thread in threads:
        thread.start()
    report = setting.load(ports['tollgate'], 'GET', seconds, connections=32)
    stop.set()
    for thread in threads:
        thread.join()
    deadline = time.monotonic() + 10  # pooled connections go after upstream.keepalive
    while time.monotonic() < deadline and state(process)[1] > before[1]:
        time.sleep(0.2)
    after = state(process)
    taken = metric(ports['admin'], 'tollgate_config_reloads_total{result="success"')
    process.send_signal(signal.SIGTERM)
    ended = process.wait(timeout=60)
    return {'report': report, 'cuts': len(cuts), 'reloads': len(reloads), 'taken': taken, 'before': before,
            'after': after, 'ended': ended}


def judge(result, memory_counts):
    faults = list(result['report'].faults)
    if result['report'].calls == 0:
        faults.append('no call was answered')
    if result['after'][1] > result['before'][1]:
        faults.append(f'descriptors: {result["before"][1]} before, {result["after"][1]} after')
    if memory_counts and result['after'][0] > result['before'][0] + MEMORY_SLACK_MIB:
        faults.append(f'memory: {result["before"][0]:.1f} MiB before, {result["after"][0]:.1f} MiB after')
    if result['taken'] < result['reloads'] * 0.8:
        faults.append(f'{result["reloads"]} reloads asked for, {result["taken"]:.0f} taken')
    if result['ended'] != 0:
        faults.append(f'it ended with {result["ended"]}')
    return faults


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as folder, setting.Place(folder) as place:
        result = soak(place, os.path.abspath(sys.argv[1]), int(sys.argv[2]))
    print(f'{result["report"].calls} calls, {result["cuts"]} connections cut, {result["reloads"]} reloads; memory '
          f'{result["before"][0]:.1f} -> {result["after"][0]:.1f} MiB, descriptors {result["before"][1]} -> {result["after"][1]}')
    faults = judge(result, '--sanitized' not in sys.argv)
    print('\n'.join(faults) or 'no failed call')
    sys.exit(1 if faults else 0)


main()
