#!/usr/bin/env python3
"""Many clients against limits, on two workers: a plan is lowered under load, the process is killed and started again.

  limits_run.py PROGRAM [WINDOW_SECONDS]     10 seconds; the run takes seven windows

Then the access log is read: a call that was let in was charged at some instant between its begin and its end, so calls that
begin and end within one span of a window's length were charged within it. Fails if any such sum is above the limit, if a plan
that was lowered did not hold at once, if what a window of an hour held was forgotten with the killed process, or if the limits
never were the reason that a call waited.
"""
import datetime
import hashlib
import http.client
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
from dataclasses import dataclass

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'bench'))
import setting  # noqa: E402

CONFIG = """listen: [{{address: "127.0.0.1:{tollgate}"}}]
admin: {{address: "127.0.0.1:{admin}"}}
workers: 2
access_log: {{path: access.log}}
keys: {{file: keys.yaml}}
plans:
  shared: {{requests: {{{window}s: {requests}}}, complexity: {{{window}s: {complexity}}}, mutations: {{1h: {mutations}}}}}
limits: {{default_plan: shared, store: {{kind: memory, snapshot: windows.snap}}}}
apis:
  - name: orders
    base: /
    upstream: {{url: "http://127.0.0.1:{upstream}"}}
    rest: {{costs: [{{match: GET /dear, complexity: 37}}, {{match: POST /orders, complexity: 5}}]}}
"""
# Keys by the scope that pays for them; the last one makes cheap calls alone.
SCOPES = {'environment': [0, 1, 2], 'alone': [3], 'cheap': [4]}
CHEAP = 4
BEFORE = {'requests': 400, 'complexity': 3000, 'mutations': 150}
LOWERED = {'requests': 150, 'complexity': 1200, 'mutations': 150}
CLIENTS = 24
SNAPSHOT_EVERY_S = 2.0
# `time` in the log counts whole milliseconds.
ROUNDING_S = 0.001


@dataclass
class Admitted:
    begin: float
    end: float
    amounts: dict


def write(place, ports, window, limits):
    keys = []
    for scope, members in SCOPES.items():
        environment = ', environment: e' if scope == 'environment' else ''
        for i in members:
            digest = hashlib.sha256(setting.KEYS[i].encode()).hexdigest()
            keys.append(f'  - {{name: {scope}-{i}, secrets: ["sha256:{digest}"]{environment}}}\n')
    place.write('keys.yaml', 'keys:\n' + ''.join(keys))
    return place.write('tollgate.yaml', CONFIG.format(window=window, **ports, **limits))


def call_on(port, stop, failures):
    """Calls of all kinds with all keys; the pauses make bursts."""
    connection = http.client.HTTPConnection('127.0.0.1', port, timeout=10)
    while not stop.is_set():
        key = random.choice([i for members in SCOPES.values() for i in members])
        method, path = random.choice([('GET', '/'), ('GET', '/dear'), ('POST', '/orders')]) if key != CHEAP else ('GET', '/')
        try:
            connection.request(method, path, headers={'API-Authorization': setting.KEYS[key]})
            answer = connection.getresponse()
            answer.read()
            if answer.status not in (200, 429):
                failures.append(f'{method} {path} was answered {answer.status}')
        except (OSError, http.client.HTTPException):  # the process was killed
            connection.close()
            stop.wait(0.05)
        stop.wait(random.choice([0, 0, 0.002, 0.02]))
    connection.close()


def lines_of(log):
    with open(log, encoding='utf-8') as file:
        for line in file:
            if line.endswith('}\n'):  # the last one of a killed process may be cut
                yield json.loads(line)


def admitted_by_scope(log):
    scopes = {scope: [] for scope in SCOPES}
    refused = 0
    for line in lines_of(log):
        if line['reason'] == 'limit_exceeded':
            refused += 1
        if line['reason'] is not None:
            continue
        begin = datetime.datetime.fromisoformat(line['time'].replace('Z', '+00:00')).timestamp()
        amounts = {'requests': 1, 'complexity': line['complexity'], 'mutations': line['mutations']}
        end = begin + line['duration_ms'] / 1000 + ROUNDING_S
        scopes[line['key'].rsplit('-', 1)[0]].append(Admitted(begin, end, amounts))
    for calls in scopes.values():
        calls.sort(key=lambda call: call.begin)
    return scopes, refused


def greatest_span(calls, measure, window):
    """The greatest sum of calls that began and ended within one span of the window's length."""
    greatest = 0
    for i, first in enumerate(calls):
        total = 0
        for call in calls[i:]:
            if call.begin >= first.begin + window:
                break
            if call.end < first.begin + window:
                total += call.amounts[measure]
        greatest = max(greatest, total)
    return greatest


def greatest_at_a_call(calls, measure, window, since):
    """The same, of spans that end with a call which began after `since`: what it found, and its own charge."""
    greatest = 0
    for last in calls:
        if last.begin >= since:
            before = (call for call in calls if call.begin > last.end - window and call.end < last.begin)
            greatest = max(greatest, last.amounts[measure] + sum(call.amounts[measure] for call in before))
    return greatest


def judge(scopes, refused, window, lowered_at, killed_at):
    faults = []
    if refused == 0:
        faults.append('no call was refused: the load was too small')
    for scope, calls in scopes.items():
        until_kill = [call for call in calls if call.begin <= killed_at]
        # What the snapshot could not know yet is forgotten, no more.
        remembered = [call for call in calls if not killed_at - SNAPSHOT_EVERY_S - 1 < call.begin <= killed_at]
        for measure in ('requests', 'complexity'):
            most = max(greatest_span(part, measure, window) for part in (until_kill, remembered))
            later = max(greatest_at_a_call(part, measure, window, lowered_at) for part in (until_kill, remembered))
            print(f'{scope:12s}{measure:11s} at most {most:5d} of {BEFORE[measure]} within {window} s; '
                  f'{later:5d} of {LOWERED[measure]} once lowered')
            if most > BEFORE[measure]:
                faults.append(f'{scope}: {most} {measure} within {window} s, {BEFORE[measure]} are allowed')
            if later > LOWERED[measure]:
                faults.append(f'{scope}: {later} {measure} within {window} s after the plan was lowered to {LOWERED[measure]}')
        mutations = sum(call.amounts['mutations'] for call in remembered)
        print(f'{scope:12s}mutations   {mutations:5d} of {BEFORE["mutations"]} within the hour, over the kill')
        if mutations > BEFORE['mutations']:
            faults.append(f'{scope}: {mutations} mutations, {BEFORE["mutations"]} an hour are allowed')
    for measure in ('requests', 'complexity'):
        if max(greatest_span(calls, measure, window) for calls in scopes.values()) < 0.9 * BEFORE[measure]:
            faults.append(f'no window of {measure} was ever nearly full: the limits held back more than they should')
    return faults


def run(place, program, window):
    ports = setting.free_ports('upstream', 'tollgate', 'admin')
    config = write(place, ports, window, BEFORE)
    place.start('upstream', [place.upstream(), str(ports['upstream']), '64'], ports['upstream'])
    command = [program, 'run', '-c', config]
    process = place.start('tollgate', command, ports['tollgate'])
    stop, failures = threading.Event(), []
    clients = [threading.Thread(target=call_on, args=(ports['tollgate'], stop, failures)) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    time.sleep(3 * window)
    write(place, ports, window, LOWERED)
    time.sleep(1.5)  # a changed file holds within a second
    lowered_at = time.time()
    time.sleep(1.5 * window)
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=10)
    killed_at = time.time()
    process = place.start('tollgate again', command, ports['tollgate'])
    time.sleep(1.5 * window)
    stop.set()
    for client in clients:
        client.join()
    process.send_signal(signal.SIGTERM)
    if process.wait(timeout=60) != 0:
        failures.append(f'it ended with {process.returncode}')
    return lowered_at, killed_at, sorted(set(failures))


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    window = int(sys.argv[2]) if len(sys.argv) == 3 else 10
    with tempfile.TemporaryDirectory() as folder, setting.Place(folder) as place:
        lowered_at, killed_at, faults = run(place, os.path.abspath(sys.argv[1]), window)
        scopes, refused = admitted_by_scope(os.path.join(folder, 'access.log'))
        print(f'{sum(map(len, scopes.values()))} calls let in, {refused} refused')
        faults += judge(scopes, refused, window, lowered_at, killed_at)
    print('\n'.join(faults) or 'no span above a limit')
    sys.exit(1 if faults else 0)


main()
