// Tollgate with few descriptors: whoever is served stays served, the rest is told so, and it recovers by itself.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import net from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { eventually, free_port, start } from './support.js';

const DESCRIPTORS = 64;

const folder = mkdtempSync(join(tmpdir(), 'tollgate-overload-'));
let upstream;
let port;
let admin;
let tollgate;

before(async () => {
  upstream = createServer((request, response) => response.end('served'));
  await new Promise((resolve) => { upstream.listen(0, '127.0.0.1', resolve); });
  port = await free_port();
  admin = await free_port();
  writeFileSync(join(folder, 'tollgate.yaml'), `
listen: [{address: "127.0.0.1:${port}"}]
admin: {address: "127.0.0.1:${admin}"}
access_log: {path: "off"}
workers: 1
apis: [{name: a, base: /, upstream: {url: "http://127.0.0.1:${upstream.address().port}"}, auth: {required: false}}]
`);
  tollgate = start('prlimit', [`--nofile=${DESCRIPTORS}`, process.env.TOLLGATE_PROGRAM, 'run', '-c', join(folder, 'tollgate.yaml')],
    {}, `http://127.0.0.1:${admin}/readyz`);
  await tollgate.ready;
});
after(async () => {
  tollgate.child.kill('SIGTERM');
  const status = await tollgate.exit;
  upstream.close();
  rmSync(folder, { recursive: true });
  assert.equal(status, 0, tollgate.output);
});

class Client {
  constructor() {
    this.answers = '';
    this.ended = false;
    this.socket = net.connect(port, '127.0.0.1');
    this.socket.on('data', (data) => { this.answers += data; });
    this.socket.on('close', () => { this.ended = true; });
    this.socket.on('error', () => {});
  }

  async call() {
    const before_it = this.answers.length;
    this.socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await eventually(() => assert.ok(this.ended || /served|overloaded/.test(this.answers.slice(before_it))));
    return Number(/HTTP\/1\.1 (\d+)/.exec(this.answers.slice(before_it))?.[1]);
  }
}

test('clients beyond the descriptors are told, those before are served, and later all are', async () => {
  const first = new Client();
  assert.equal(await first.call(), 200); // and the connection to the upstream is kept
  const many = Array.from({ length: 2 * DESCRIPTORS }, () => new Client());
  await eventually(() => assert.ok(many.some((client) => client.answers.includes('"reason":"overloaded"'))));
  await eventually(() => assert.ok(many.filter((client) => client.ended).length > DESCRIPTORS));
  for (const client of many.filter(({ ended }) => ended)) assert.match(client.answers, /^HTTP\/1\.1 503 /);
  assert.equal(await first.call(), 200);
  for (const client of many) client.socket.destroy();
  await eventually(async () => {
    const metrics = await (await fetch(`http://127.0.0.1:${admin}/metrics`)).text();
    assert.match(metrics, /tollgate_overload_total\{bound="file_descriptors"\} [1-9]/);
    assert.match(metrics, /tollgate_client_connections 1\n/);
  });
  const again = Array.from({ length: DESCRIPTORS / 4 }, () => new Client());
  assert.deepEqual(new Set(await Promise.all(again.map((client) => client.call()))), new Set([200]));
  for (const client of [first, ...again]) client.socket.destroy();
});

test('where no descriptor is left for the upstream, the call is refused and the next one goes on', async () => {
  const clients = Array.from({ length: DESCRIPTORS / 2 }, () => new Client());
  const statuses = await Promise.all(clients.map((client) => client.call()));
  assert.ok(statuses.every((status) => status === 200 || status === 503), `${statuses}`);
  assert.ok(statuses.includes(200) && statuses.includes(503), `${statuses}`);
  for (const client of clients.slice(1)) client.socket.destroy();
  await eventually(async () => assert.equal(await new Client().call(), 200));
});
