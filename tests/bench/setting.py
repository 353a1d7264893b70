"""What the benchmarks and the soak test share: free ports, processes that end with their owner, configurations, wrk."""
import hashlib
import os
import re
import socket
import subprocess
import time
from dataclasses import dataclass, field

HERE = os.path.dirname(os.path.abspath(__file__))
TICKS = os.sysconf('SC_CLK_TCK')
# A thousand made-up secrets, in the manner of a real keys file.
KEYS = ['k%04d_%s' % (i, hashlib.sha256(b'%d' % i).hexdigest()[:40]) for i in range(1000)]
RANGES = ['127.0.0.0/8', '10.0.0.0/8', '192.168.0.0/16']

TOLLGATE = """listen: [{{address: "127.0.0.1:{tollgate}"{secured}}}]
admin: {{address: "127.0.0.1:{admin}"}}
workers: 1
access_log: {{path: "off"}}
connections: {{max: 20000, idle_timeout: 10m}}
keys: {{file: keys.yaml}}
apis:
  - name: bench
    base: /graphql
    upstream: {{url: "http://127.0.0.1:{upstream}", keepalive: 4s}}
    allow_ips: [{ranges}]
"""
# What makes it a GraphQL API, of which each call is priced and charged in six windows; the bounds are above what load.lua
# asks for.
PRICED = """    kind: graphql
    graphql: {{schema: "{schema}", max_complexity: 1M}}
plans:
  bench:
    requests:   {{10s: 1000M, 1h: 100000M}}
    complexity: {{10s: 100000000M, 1h: 1000000000M}}
    mutations:  {{10s: 1000M, 1h: 100000M}}
limits: {{default_plan: bench}}
"""


def free_ports(*names):
    """A free port on loopback for each name."""
    sockets = {name: socket.socket() for name in names}
    for s in sockets.values():
        s.bind(('127.0.0.1', 0))
    ports = {name: s.getsockname()[1] for name, s in sockets.items()}
    for s in sockets.values():
        s.close()
    return ports


class Place:
    """A folder and the processes started in it; leaving the `with` ends them."""

    def __init__(self, folder):
        self.folder = folder
        self.processes = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, 'w', encoding='utf-8') as file:
            file.write(text)
        return path

    def compile(self, source, *options):
        program = os.path.join(self.folder, os.path.splitext(os.path.basename(source))[0])
        compiler = 'g++' if source.endswith('.cc') else 'gcc'
        subprocess.check_call([compiler, '-O2', '-Wall', '-o', program, os.path.join(HERE, source), *options])
        return program

    def upstream(self):
        return self.compile('fixed_upstream.c')

    def start(self, name, command, port, core=None):
        """Starts a server and waits until its port takes connections."""
        pinned = ['taskset', '-c', str(core)] + command if core is not None else command
        log = os.path.join(self.folder, name + '.log')
        with open(log, 'w', encoding='utf-8') as output:
            process = subprocess.Popen(pinned, stdout=output, stderr=subprocess.STDOUT)
        self.processes.append(process)
        for _ in range(200):
            if process.poll() is not None:
                break
            with socket.socket() as probe:
                if probe.connect_ex(('127.0.0.1', port)) == 0:
                    return process
            time.sleep(0.05)
        raise SystemExit(f'{name} does not listen on {port}:\n' + self.log_end(name))

    def log_end(self, name):
        with open(os.path.join(self.folder, name + '.log'), encoding='utf-8') as file:
            return file.read()[-2000:]


def make_certificate(place):
    """An ECDSA certificate and its key, in PEM: "tls.crt", "tls.key", and "tls.pem" with both."""
    files = {name: os.path.join(place.folder, name) for name in ('tls.crt', 'tls.key')}
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
                    '-subj', '/CN=localhost', '-keyout', files['tls.key'], '-out', files['tls.crt']],
                   check=True, capture_output=True)
    both = ''.join(open(file, encoding='utf-8').read() for file in files.values())
    place.write('tls.pem', both)


def write_tollgate(place, ports, schema=None, tls=False):
    """A REST API; with an SDL file a GraphQL API."""
    digests = (hashlib.sha256(key.encode()).hexdigest() for key in KEYS)
    place.write('keys.yaml', 'keys:\n' + ''.join(
        f'  - {{name: k{i:04d}, secrets: ["sha256:{digest}"]}}\n' for i, digest in enumerate(digests)))
    secured = ', tls: {certificate: tls.crt, private_key: tls.key}' if tls else ''
    config = TOLLGATE.format(ranges=', '.join(RANGES), secured=secured, **ports)
    if schema is not None:
        config += PRICED.format(schema=os.path.abspath(schema))
    return place.write('tollgate.yaml', config)


def family(pid):
    """The process and its children."""
    pids = [pid]
    for thread in os.listdir(f'/proc/{pid}/task'):
        with open(f'/proc/{pid}/task/{thread}/children', encoding='utf-8') as file:
            pids += [int(child) for child in file.read().split()]
    return pids


def cpu_seconds(pid):
    """User and system time of the process and its children so far."""
    user = system = 0
    for member in family(pid):
        with open(f'/proc/{member}/stat', encoding='utf-8') as file:
            fields = file.read().rsplit(')', 1)[1].split()
        user, system = user + int(fields[11]), system + int(fields[12])
    return user / TICKS, system / TICKS


def resident_mib(pid):
    total = 0
    for member in family(pid):
        with open(f'/proc/{member}/status', encoding='utf-8') as file:
            total += int(re.search(r'VmRSS:\s+(\d+)', file.read())[1])
    return total / 1024


@dataclass
class Report:
    """What wrk said."""
    calls: int
    p50: str
    p99: str
    faults: list = field(default_factory=list)


def load(port, method, seconds, connections=64, core=None, scheme='http', close=False):
    pinned = ['taskset', '-c', str(core)] if core is not None else []
    command = pinned + ['wrk', '-t1', f'-c{connections}', f'-d{seconds}s', '--latency', '-s', os.path.join(HERE, 'load.lua'),
                        f'{scheme}://127.0.0.1:{port}/graphql']
    environment = dict(os.environ, KEY=KEYS[7], METHOD=method, **({'CLOSE': '1'} if close else {}))
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    quantile = {q: re.search(q + r'%\s+(\d\S*)', done.stdout) for q in ('50', '99')}
    faults = re.findall(r'Non-2xx.*', done.stdout)
    for line in re.findall(r'Socket errors.*', done.stdout):
        if re.search(r'[1-9]', line):
            faults.append(line)
    return Report(int(re.search(r'(\d+) requests in', done.stdout)[1]), *(m[1] if m else '?' for m in quantile.values()),
                  faults)
