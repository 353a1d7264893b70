#!/usr/bin/env python3
"""Load through Tollgate while it reloads, clients cut connections at random, and a service behind resets one call in twenty.

  soak.py PROGRAM SECONDS [--tls] [--sanitized] [--reload-every SECONDS]

--tls: clients come by TLS. --sanitized: memory is what the program has allocated (live_bytes.c) in place of what is resident, in
which the sanitizer's own records grow. Fails if any call fails but those cut or reset, if memory or descriptors do not come back to
where they began, or if over the second half of a run of twenty minutes or more memory grows by more than 1 MiB an hour. The
upstream of most calls is a fixed answer (tests/bench/fixed_upstream.c); everything is on loopback.
"""
import argparse
import collections
import contextlib
import http.client
import os
import random
import signal
import socket
import ssl
import statistics
import struct
import sys
import tempfile
import threading
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'bench'))
import setting  # noqa: E402  (what the benchmarks share: ports, processes, configurations)

CUTTERS = 4
FLAKY_CALLERS = 2
FLAKY = """  - name: flaky
    base: /flaky
    upstream: {{url: "http://127.0.0.1:{flaky}", retries: 0}}
"""
MEMORY_SLACK_MIB = 8.0
SLOPE_FROM_SECONDS = 1200
MOST_SLOPE_MIB_AN_HOUR = 1.0
RESET_ON_CLOSE = struct.pack('ii', 1, 0)


def trusting():
    """A client of TLS that trusts everybody: who Tollgate is, is not the question here."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def cut_connections(port, key, stop, cuts, tls):
    """Opens connections, sends a part of a call, and closes them without a word; with TLS, some in the middle of the handshake."""
    context = trusting()
    head = f'POST /graphql HTTP/1.1\r\nHost: a\r\nAPI-Authorization: {key}\r\nContent-Length: 100000\r\n\r\n'.encode()
    whole = head + b'x' * 100000
    while not stop.is_set():
        client = socket.create_connection(('127.0.0.1', port), timeout=10)
        if tls and random.random() < 0.7:
            client = context.wrap_socket(client)
        with client:
            client.sendall(whole[:random.randint(1, len(whole))])
            if random.random() < 0.5:  # a reset in place of an orderly end
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        cuts.append(1)
        stop.wait(0.005)


def serve_flaky(listener, stop):
    """Answers calls, and resets one connection in twenty: before the answer, or within."""
    def serve(client):
        with client, contextlib.suppress(OSError):  # Tollgate resets what a cut client leaves
            while not stop.is_set() and (head := client.recv(65536)):
                if random.random() < 0.05:
                    client.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n'[:random.choice((0, 20, 100))])
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
                    return
                if head.endswith(b'\r\n\r\n'):
                    client.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    while not stop.is_set():
        try:
            client, _ = listener.accept()
        except TimeoutError:
            continue
        client.settimeout(30)
        threading.Thread(target=serve, args=(client,), daemon=True).start()


def call_flaky(port, key, stop, answers, tls):
    """Ten calls a connection; an answer that was reset within is cut."""
    while not stop.is_set():
        client = (http.client.HTTPSConnection('127.0.0.1', port, timeout=10, context=trusting()) if tls
                  else http.client.HTTPConnection('127.0.0.1', port, timeout=10))
        try:
            for _ in range(10):
                client.request('GET', '/flaky/x', headers={'API-Authorization': key})
                answer = client.getresponse()
                answer.read()
                answers.append(answer.status)
                stop.wait(0.005)
        except (http.client.HTTPException, OSError):
            answers.append('cut')
        client.close()


def watch_memory(memory, stop, samples):
    while not stop.wait(1):
        samples.append((time.monotonic(), memory()))


def reload(process, config, stop, reloads, every):
    """Swaps the configuration for one with another comment, as an operator would."""
    text = open(config, encoding='utf-8').read()
    while not stop.wait(every):
        with open(config + '.new', 'w', encoding='utf-8') as file:
            file.write(f'{text}# change {len(reloads)}\n')
        os.rename(config + '.new', config)
        process.send_signal(signal.SIGHUP)
        reloads.append(1)


def preload_live_bytes(place):
    """Programs that start from now on tell their live bytes. Returns what reads them, in MiB."""
    library = place.compile(os.path.join(HERE, 'live_bytes.c'), '-shared', '-fPIC')
    told = os.path.join(place.folder, 'live')
    os.environ.update(LD_PRELOAD=library, LIVE_BYTES_FILE=told)
    os.environ['ASAN_OPTIONS'] = os.environ.get('ASAN_OPTIONS', '') + ':verify_asan_link_order=0'

    def live_mib():
        with open(told, encoding='utf-8') as file:
            return int(file.read()) / 2**20
    return live_mib


def descriptors(process):
    return len(os.listdir(f'/proc/{process.pid}/fd'))


def metric(port, name):
    text = urllib.request.urlopen(f'http://127.0.0.1:{port}/metrics', timeout=10).read().decode()
    return sum(float(line.rsplit(' ', 1)[1]) for line in text.splitlines() if line.startswith(name))


def slope_of(samples):
    """MiB an hour, over the second half."""
    half = samples[len(samples) // 2:]
    return statistics.linear_regression(*zip(*half)).slope * 3600 if len(half) > 2 else 0.0


def soak(place, options):
    ports = setting.free_ports('upstream', 'tollgate', 'admin')
    flaky = socket.create_server(('127.0.0.1', 0), backlog=128)
    flaky.settimeout(1)
    if options.tls:
        setting.make_certificate(place)
    config = setting.write_tollgate(place, ports, tls=options.tls)
    with open(config, 'a', encoding='utf-8') as file:
        file.write(FLAKY.format(flaky=flaky.getsockname()[1]))
    place.start('upstream', [place.upstream(), str(ports['upstream']), '512'], ports['upstream'])
    live_mib = preload_live_bytes(place) if options.sanitized else None
    process = place.start('tollgate', [options.program, 'run', '-c', config], ports['tollgate'])
    os.environ.pop('LD_PRELOAD', None)  # for this program alone
    memory = live_mib or (lambda: setting.resident_mib(process.pid))
    scheme = 'https' if options.tls else 'http'
    setting.load(ports['tollgate'], 'GET', 1, 32, scheme=scheme)  # so that caches and pools are what they will be
    before = memory(), descriptors(process)
    stop, cuts, reloads, answers, samples = threading.Event(), [], [], [], []
    client = (ports['tollgate'], setting.KEYS[7], stop)
    works = CUTTERS * [(cut_connections, (*client, cuts, options.tls))]
    works += FLAKY_CALLERS * [(call_flaky, (*client, answers, options.tls))]
    works += [(serve_flaky, (flaky, stop)), (watch_memory, (memory, stop, samples)),
              (reload, (process, config, stop, reloads, options.reload_every))]
    threads = [threading.Thread(target=work, args=arguments) for work, arguments in works]
    for thread in threads:
        thread.start()
    report = setting.load(ports['tollgate'], 'GET', options.seconds, 32, scheme=scheme)
    stop.set()
    for thread in threads:
        thread.join()
    if process.poll() is not None:
        raise SystemExit(f'tollgate has ended with {process.returncode}:\n' + place.log_end('tollgate'))
    deadline = time.monotonic() + 10  # pooled connections go after upstream.keepalive
    while time.monotonic() < deadline and descriptors(process) > before[1]:
        time.sleep(0.2)
    after = memory(), descriptors(process)
    taken = metric(ports['admin'], 'tollgate_config_reloads_total{result="success"')
    process.send_signal(signal.SIGTERM)
    ended = process.wait(timeout=60)
    return {'report': report, 'cuts': len(cuts), 'reloads': len(reloads), 'taken': taken, 'before': before,
            'after': after, 'ended': ended, 'flaky': collections.Counter(answers), 'slope': slope_of(samples)}


def judge(result, options):
    faults = list(result['report'].faults)
    if result['report'].calls == 0:
        faults.append('no call was answered')
    if result['after'][1] > result['before'][1]:
        faults.append(f'descriptors: {result["before"][1]} before, {result["after"][1]} after')
    if not set(result['flaky']) <= {200, 502, 'cut'} or 200 not in result['flaky']:
        faults.append(f'calls to the service that resets ended in {result["flaky"]}')
    if options.seconds >= SLOPE_FROM_SECONDS and result['slope'] > MOST_SLOPE_MIB_AN_HOUR:
        faults.append(f'memory grows by {result["slope"]:.1f} MiB an hour')
    if result['after'][0] > result['before'][0] + MEMORY_SLACK_MIB:
        faults.append(f'memory: {result["before"][0]:.1f} MiB before, {result["after"][0]:.1f} MiB after')
    if result['taken'] < result['reloads'] * 0.8:
        faults.append(f'{result["reloads"]} reloads asked for, {result["taken"]:.0f} taken')
    if result['ended'] != 0:
        faults.append(f'it ended with {result["ended"]}')
    return faults


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('program', type=os.path.abspath)
    parser.add_argument('seconds', type=int)
    parser.add_argument('--tls', action='store_true')
    parser.add_argument('--sanitized', action='store_true')
    parser.add_argument('--reload-every', type=float, default=1.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, setting.Place(folder) as place:
        result = soak(place, options)
    flaky = ', '.join(f'{count} {answer}' for answer, count in result['flaky'].most_common())
    print(f'{result["report"].calls} calls, {result["cuts"]} connections cut, {result["reloads"]} reloads, with the service that '
          f'resets {flaky}; memory {result["before"][0]:.1f} -> {result["after"][0]:.1f} MiB, {result["slope"]:+.1f} an hour, '
          f'descriptors {result["before"][1]} -> {result["after"][1]}')
    faults = judge(result, options)
    print('\n'.join(faults) or 'no failed call')
    sys.exit(1 if faults else 0)


main()
