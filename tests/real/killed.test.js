// A pod whose time is over before its drain is: SIGTERM, and SIGKILL while a call still runs.
import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { eventually, free_port, start, stop_both } from './support.js';

const CALLS = 7;

const folder = mkdtempSync(join(tmpdir(), 'tollgate-killed-'));
const upstream = createServer((request, response) => {
  if (request.url === '/slow') return response.write('a beginning'); // and no end
  return response.end('served');
});
let url;
let admin;
let tollgate;

async function start_tollgate() {
  tollgate = start(process.env.TOLLGATE_PROGRAM, ['run', '-c', join(folder, 'tollgate.yaml')], {}, `${admin}/readyz`);
  await tollgate.ready;
}

async function metric(name) {
  const text = await (await fetch(`${admin}/metrics`)).text();
  return Number(text.split('\n').find((line) => line.startsWith(`tollgate_${name} `))?.split(' ').at(-1));
}

before(async () => {
  await new Promise((resolve) => { upstream.listen(0, '127.0.0.1', resolve); });
  const [port, admin_port] = [await free_port(), await free_port()];
  [url, admin] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${admin_port}`];
  writeFileSync(join(folder, 'tollgate.yaml'), `
listen: [{address: "127.0.0.1:${port}"}]
admin: {address: "127.0.0.1:${admin_port}"}
access_log: {path: "off"}
plans: {small: {requests: {1h: 100}}}
limits: {default_plan: small, store: {snapshot: windows.snap}}
apis:
  - name: a
    base: /
    upstream: {url: "http://127.0.0.1:${upstream.address().port}"}
    auth: {required: false}
    limits: {scope: address}
`);
  await start_tollgate();
});
after(() => stop_both(tollgate, upstream, folder));

// Comes back when the answer has begun; `end` is how it ended.
async function slow_call() {
  const called = { end: undefined };
  await new Promise((resolve, reject) => {
    get(`${url}/slow`, (answer) => {
      answer.on('data', resolve).on('end', () => { called.end = 'complete'; }).on('error', ({ code }) => { called.end = code; });
    }).on('error', reject);
  });
  return called;
}

test('who is killed in its drain cuts the call that runs, and the next start knows what was used', async () => {
  for (let i = 0; i < CALLS; ++i) await (await fetch(`${url}/quick`)).text();
  const slow = await slow_call();
  const saved = await metric('window_snapshots_total{result="success"}');
  await eventually(async () => assert.ok(await metric('window_snapshots_total{result="success"}') > saved), 10_000);

  tollgate.child.kill('SIGTERM');
  await eventually(async () => assert.equal((await fetch(`${admin}/readyz`)).status, 503));
  assert.equal(slow.end, undefined);
  tollgate.child.kill('SIGKILL');
  assert.equal(await tollgate.exit, 'SIGKILL');
  await eventually(() => assert.equal(slow.end, 'ECONNRESET'));

  await start_tollgate();
  assert.match(tollgate.output, /windows of 1 scopes are restored from/);
  assert.equal(await (await fetch(`${url}/quick`)).text(), 'served');
  assert.equal(await metric('limit_utilization_ratio{scope="address",group="a",measure="requests",window="1h"}'), (CALLS + 2) / 100);
});
