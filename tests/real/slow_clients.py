#!/usr/bin/env python3
"""slowhttptest's slow heads, slow bodies and slow readers, all at once, while another client's calls stay quick.

  slow_clients.py PROGRAM [SECONDS]     5 seconds
"""
import http.client
import os
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'bench'))
import setting  # noqa: E402

# Open paths, so that the slow ones come past the key: who has none is refused before it can be slow.
CONFIG = """listen: [{{address: "127.0.0.1:{tollgate}"}}]
admin: {{address: "127.0.0.1:{admin}"}}
workers: 1
access_log: {{path: "off"}}
connections: {{header_timeout: 3s, body_timeout: 3s}}
keys: {{file: keys.yaml}}
apis:
  - {{name: slow, base: /, upstream: {{url: "http://127.0.0.1:{upstream}"}}, open: [GET /slow, POST /slow]}}
"""
ATTACKS = {  # in slowhttptest's words: -H heads, -B bodies, -X readers; -i seconds between two pieces
    'heads': ['-H', '-i', '1'],
    'bodies': ['-B', '-i', '1', '-s', '100000', '-x', '10', '-t', 'POST'],
    'readers': ['-X', '-w', '512', '-y', '1024', '-n', '1', '-z', '32', '-k', '3'],
}
CLIENTS_EACH = 100
ANSWER_BYTES = 262144
SLOWEST_ALLOWED_S = 1.0  # a sanitizer's build on a busy machine; a call held up by slow ones would take seconds


def attack(port, seconds, options):
    command = ['slowhttptest', '-c', str(CLIENTS_EACH), '-r', str(CLIENTS_EACH), '-l', str(seconds), '-p', '3',
               '-u', f'http://127.0.0.1:{port}/slow', *options]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)


def quick_call(port):
    """Seconds that a whole call takes, connection included."""
    begin = time.monotonic()
    client = http.client.HTTPConnection('127.0.0.1', port, timeout=10)
    client.request('GET', '/quick', headers={'API-Authorization': setting.KEYS[7]})
    answer = client.getresponse()
    size = len(answer.read())
    client.close()
    if answer.status != 200 or size != ANSWER_BYTES:
        sys.exit(f'a quick call was answered {answer.status} with {size} bytes')
    return time.monotonic() - begin


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    seconds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    times, most = [], 0
    with tempfile.TemporaryDirectory() as folder, setting.Place(folder) as place:
        ports = setting.free_ports('upstream', 'tollgate', 'admin')
        setting.write_tollgate(place, ports)
        config = place.write('tollgate.yaml', CONFIG.format(**ports))
        place.start('upstream', [place.upstream(), str(ports['upstream']), str(ANSWER_BYTES)], ports['upstream'])
        process = place.start('tollgate', [os.path.abspath(sys.argv[1]), 'run', '-c', config], ports['tollgate'])
        attacks = [attack(ports['tollgate'], seconds, options) for options in ATTACKS.values()]
        place.processes += attacks
        while any(a.poll() is None for a in attacks):
            times.append(quick_call(ports['tollgate']))
            most = max(most, len(os.listdir(f'/proc/{process.pid}/fd')))
            time.sleep(0.02)
    times.sort()
    print(f'{len(times)} quick calls beside {CLIENTS_EACH} slow clients of each kind ({most} descriptors at most): '
          f'median {times[len(times) // 2] * 1e3:.1f} ms, slowest {times[-1] * 1e3:.1f} ms')
    if most < CLIENTS_EACH:
        sys.exit('the slow clients were not there: nothing was tested')
    if times[-1] > SLOWEST_ALLOWED_S:
        sys.exit(f'a quick call took more than {SLOWEST_ALLOWED_S} s')


main()
