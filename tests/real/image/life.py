#!/usr/bin/env python3
"""The image as a runtime starts it, without a runtime: its own commands as its own user, in a root that is read-only, before services
that it finds by name and by TLS.

  IMAGE_ROOT=FOLDER IMAGE_CONFIG=FILE IMAGE_COMMIT=HASH unshare --mount --net life.py

Mounts onto FOLDER, and uses the ports that the image names: it belongs into namespaces of its own. FILE is
`buildah inspect --type image`.
"""
import http.server
import json
import os
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request

ENVIRONMENT = {'PATH': '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'}  # what runtimes set
READY_WITHIN_SECONDS = 30
CONFIG = """
listen: [{address: 0.0.0.0:8080}]
metrics: {address: 0.0.0.0:9902}
keys: {file: keys.yaml}
apis:
  - {name: orders, base: /, upstream: {url: "http://orders.test:4000"}}
  - {name: partner, base: /partner, upstream: {url: "https://partner.test:4443"}}
"""


class Service(http.server.BaseHTTPRequestHandler):
    def do_GET(self):  # noqa: N802  (the library's name)
        self.send_response(200)
        self.send_header('Content-Length', '5')
        self.end_headers()
        self.wfile.write(b'order')

    def log_message(self, format, *args):  # pylint: disable=redefined-builtin
        pass


def serve_http(port, certificate=None):
    server = http.server.ThreadingHTTPServer(('127.0.0.1', port), Service)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def serve_names():
    """A name server to which every name's address is 127.0.0.1."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(('127.0.0.1', 53))

    def answer():
        while True:
            query, client = server.recvfrom(512)
            end = query.index(b'\0', 12) + 5  # the name's end, type and class
            is_a = query[end - 4:end - 2] == b'\0\1'
            record = b'\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\1' if is_a else b''
            server.sendto(query[:2] + b'\x81\x80\0\1' + bytes([0, is_a]) + b'\0\0\0\0' + query[12:end] + record, client)
    threading.Thread(target=answer, daemon=True).start()


def command(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def make_certificate(folder):
    """A certificate that is its own authority, and its key."""
    names = (f'{folder}/partner.crt', f'{folder}/partner.key')
    command('openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
            '-subj', '/CN=partner.test', '-addext', 'subjectAltName=DNS:partner.test', '-out', names[0], '-keyout', names[1])
    return names


def lay_over(source, target):
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    elif not os.path.exists(target):
        with open(target, 'x', encoding='utf-8'):
            pass
    command('mount', '--bind', source, target)


def get(url, key=None):
    request = urllib.request.Request(url, headers={'API-Authorization': key} if key else {})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


class Life(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = os.environ['IMAGE_ROOT']
        with open(os.environ['IMAGE_CONFIG'], encoding='utf-8') as file:
            cls.image = json.load(file)['Docker']['config']
        cls.user, cls.group = (int(number) for number in cls.image['User'].split(':'))
        cls.folder = tempfile.mkdtemp(prefix='tollgate-image-')
        cls.addClassCleanup(command, 'rm', '-r', cls.folder)
        os.chmod(cls.folder, 0o755)
        command('ip', 'link', 'set', 'lo', 'up')
        serve_names()
        serve_http(4000)
        serve_http(4443, make_certificate(cls.folder))
        cls.mount_as_a_runtime_does()
        cls.key = cls.to_its_end('/usr/bin/tollgate', 'keys', 'add', 'demo').stdout.strip()
        command('mount', '-o', 'remount,bind,ro', cls.root + '/etc/tollgate')

    @classmethod
    def mount_as_a_runtime_does(cls):
        operators = cls.folder + '/operators'
        os.mkdir(operators)
        os.chown(operators, cls.user, cls.group)
        with open(operators + '/tollgate.yaml', 'w', encoding='utf-8') as file:
            file.write(CONFIG)
        with open(cls.folder + '/resolv.conf', 'w', encoding='utf-8') as file:
            file.write('nameserver 127.0.0.1\n')
        command('mount', '--bind', cls.root, cls.root)
        lay_over('/proc', cls.root + '/proc')
        lay_over('/dev', cls.root + '/dev')
        lay_over(operators, cls.root + '/etc/tollgate')
        lay_over(cls.folder + '/resolv.conf', cls.root + '/etc/resolv.conf')
        lay_over(cls.folder + '/partner.crt', cls.root + '/etc/ssl/certs/ca-certificates.crt')
        command('mount', '-o', 'remount,bind,ro', cls.root)

    @classmethod
    def enter(cls):
        os.chroot(cls.root)
        os.chdir(cls.image['WorkingDir'])
        os.setgroups([])
        os.setgid(cls.group)
        os.setuid(cls.user)

    @classmethod
    def to_its_end(cls, *words):
        return subprocess.run(words, preexec_fn=cls.enter, env=ENVIRONMENT, capture_output=True, text=True, timeout=30,
                              check=False)

    def healthcheck(self):
        kind, *words = self.image['Healthcheck']['Test']
        self.assertEqual(kind, 'CMD')
        return self.to_its_end(*words)

    def start(self):
        started = subprocess.Popen(self.image['Entrypoint'] + self.image['Cmd'], preexec_fn=self.enter, env=ENVIRONMENT,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.addCleanup(started.stderr.close)
        self.addCleanup(started.wait)
        self.addCleanup(started.kill)
        end = time.monotonic() + READY_WITHIN_SECONDS
        while self.healthcheck().returncode != 0:
            if started.poll() is not None or time.monotonic() > end:
                started.kill()
                self.fail(f'it did not become healthy:\n{started.stderr.read()}')
            time.sleep(0.05)
        return started

    def test_its_root_is_read_only(self):
        with self.assertRaisesRegex(OSError, 'Read-only'):
            os.mkdir(self.root + '/tmp/written')
        with self.assertRaisesRegex(OSError, 'Read-only'):
            os.mkdir(self.root + '/etc/tollgate/written')

    def test_it_refuses_a_call_without_a_key_and_forwards_one_with_a_key(self):
        self.start()
        status, body = get('http://127.0.0.1:8080/orders/1')
        self.assertEqual((status, json.loads(body)['reason']), (401, 'key_missing'))
        self.assertEqual(get('http://127.0.0.1:8080/orders/1', self.key), (200, 'order'))

    def test_it_trusts_an_upstream_by_the_authorities_in_etc_ssl_certs(self):
        self.start()
        self.assertEqual(get('http://127.0.0.1:8080/partner/1', self.key), (200, 'order'))

    def test_it_runs_as_its_user_alone(self):
        started = self.start()
        with open(f'/proc/{started.pid}/status', encoding='utf-8') as file:
            told = dict(line.split(':', 1) for line in file.read().splitlines())
        self.assertEqual(told['Uid'].split(), ['65532'] * 4)
        self.assertEqual(told['Gid'].split(), ['65532'] * 4)
        self.assertEqual(told['Groups'].split(), [])
        self.assertEqual(int(told['CapEff'], 16), 0)

    def test_its_healthcheck_says_unhealthy_before_the_start_and_after_the_end(self):
        self.assertEqual(self.healthcheck().returncode, 1)
        started = self.start()
        self.assertEqual(self.healthcheck().returncode, 0)
        started.terminate()
        started.wait(30)
        self.assertEqual(self.healthcheck().returncode, 1)

    def test_it_ends_with_0_at_sigterm(self):
        started = self.start()
        started.send_signal(signal.SIGTERM)
        self.assertEqual(started.wait(30), 0, started.stderr.read())

    def test_its_metrics_come_from_the_port_that_it_names(self):
        self.start()
        status, body = get('http://127.0.0.1:9902/metrics')
        self.assertEqual(status, 200)
        self.assertIn(f'commit="{os.environ["IMAGE_COMMIT"]}"', body)

    def test_a_prestop_can_sleep_and_find_no_shell(self):
        self.assertEqual(self.to_its_end('sleep', '0').returncode, 0)
        with self.assertRaises(FileNotFoundError):
            self.to_its_end('sh', '-c', 'true')


if __name__ == '__main__':
    unittest.main(verbosity=2)
