// Clients of the admin address that ask for the metrics of 1,000 keys and do not read them, or do not finish asking: everyone
// else is answered as before, and what is kept for them has a bound.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { Agent, createServer, request } from 'node:http';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { eventually, free_port, start, stop_both } from './support.js';

const KEYS = Array.from({ length: 1000 }, (_, i) => `stalled-scrapes-secret-${i}`);
const LONG = 'x'.repeat(110); // so that it does not take many answers to have many bytes
const HALF_REQUESTS = 10;
const ANSWERS_BYTES = 32 << 20; // what is kept of answers, all clients together
const QUICK_MS = 2000; // a sanitizer's build on a busy machine; whoever waited for a stalled one would take 10 s or more

const folder = mkdtempSync(join(tmpdir(), 'tollgate-stalled-'));
const upstream = createServer((_, response) => response.end('served'));
const agent = new Agent({ keepAlive: true, maxSockets: 8 });
let port;
let admin;
let tollgate;
const clients = [];

function ask(to, path, fields = {}) {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port: to, path, headers: fields, agent: to === port ? agent : false }, async (answer) => {
      const parts = [];
      for await (const part of answer) parts.push(part);
      resolve({ status: answer.statusCode, text: Buffer.concat(parts).toString() });
    }).on('error', reject).end();
  });
}

const call = (key) => ask(port, '/', { 'API-Authorization': key });

before(async () => {
  await new Promise((resolve) => { upstream.listen(0, '127.0.0.1', resolve); });
  [port, admin] = [await free_port(), await free_port()];
  const digest = (key) => createHash('sha256').update(key).digest('hex');
  writeFileSync(join(folder, 'keys.yaml'), `keys:\n${KEYS.map((key, i) => `  - {name: "key-${i}-${LONG}", secrets: ["sha256:${digest(key)}"]}\n`).join('')}`);
  writeFileSync(join(folder, 'tollgate.yaml'), `
listen: [{address: "127.0.0.1:${port}"}]
admin: {address: "127.0.0.1:${admin}"}
access_log: {path: "off"}
workers: 1
keys: {file: keys.yaml}
plans: {small: {requests: {1h: 1k, 1d: 2k}, complexity: {1h: 1k, 1d: 2k}, mutations: {1h: 1k, 1d: 2k}}}
limits: {default_plan: small}
apis: [{name: a, base: /, upstream: {url: "http://127.0.0.1:${upstream.address().port}"}}]
`);
  tollgate = start(process.env.TOLLGATE_PROGRAM, ['run', '-c', join(folder, 'tollgate.yaml')], {}, `http://127.0.0.1:${admin}/readyz`);
  await tollgate.ready;
  const statuses = await Promise.all(KEYS.map(async (key) => (await call(key)).status));
  assert.deepEqual([...new Set(statuses)], [200]);
});
after(async () => {
  for (const { socket } of clients) socket.destroy();
  agent.destroy();
  await stop_both(tollgate, upstream, folder);
});

// Sends this and reads nothing until resume().
class Stalled {
  constructor(text) {
    clients.push(this);
    this.began = Date.now();
    this.received = 0;
    this.socket = new net.Socket();
    this.socket.pause();
    this.closed = new Promise((resolve) => {
      this.socket.on('close', () => { this.lasted = Date.now() - this.began; resolve(); });
    });
    this.socket.on('error', () => {});
    this.socket.connect(admin, '127.0.0.1', () => this.socket.write(text));
  }

  // Reads what there is to read; how many bytes it was in the end.
  async resume() {
    this.socket.on('data', (data) => { this.received += data.length; }).resume();
    await this.closed;
    return this.received;
  }
}

async function check_all_quick() {
  const questions = [[port, '/', 200], [admin, '/healthz', 200], [admin, '/readyz', 200], [admin, '/metrics', 200]];
  for (const [to, path, status] of questions) {
    const began = Date.now();
    const answer = await ask(to, path, { 'API-Authorization': KEYS[0] });
    assert.equal(answer.status, status, path);
    const took = Date.now() - began;
    assert.ok(took < QUICK_MS, `${path} took ${took} ms`);
  }
}

test('clients that stall keep nobody waiting, and what they do not read is not kept without end', async () => {
  const { text } = await ask(admin, '/metrics');
  assert.equal(text.split('\ntollgate_requests_total{api="a",key="key-').length - 1, KEYS.length);
  const halves = Array.from({ length: HALF_REQUESTS }, () => new Stalled('GET /metr'));
  for (const half of halves) half.socket.resume(); // sees its end
  const fit = Math.floor(ANSWERS_BYTES / text.length);
  const stalled = Array.from({ length: fit + 3 }, () => new Stalled('GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n'));
  await ask(admin, '/healthz'); // by now all of these have been asked for
  await check_all_quick();

  const metrics = (await ask(admin, '/metrics')).text;
  const [, ended] = /^tollgate_overload_total\{bound="admin_connections"\} (\d+)$/m.exec(metrics);
  assert.ok(Number(ended) >= 3, `${ended} were ended`);
  assert.ok(await stalled[0].resume() < text.length, 'the oldest was given up');
  assert.ok(await stalled.at(-1).resume() > text.length, 'the newest is whole');
  await Promise.all(halves.map(({ closed }) => closed));
  const { lasted } = halves[0];
  assert.ok(lasted > 9_000 && lasted < 30_000, `half a request was waited for during ${lasted} ms`);
});
