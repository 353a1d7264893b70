// curl in the ways people use it, promtool on the metrics, and the access log beside them.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { KEY, WITH_KEY, World, eventually, run } from './support.js';

let world;
before(async () => { world = await World.start(); });
after(() => world.stop());

// curl with the key: { status, body, err (of -v) }.
async function curl(path, ...args) {
  const done = await run('curl', ['-sv', '--max-time', '30', '-w', '\n%{http_code}', '-H', `API-Authorization: ${KEY}`,
    ...args, world.url + path]);
  const end = done.out.lastIndexOf('\n');
  return { status: Number(done.out.slice(end + 1)), body: done.out.slice(0, end), err: done.err };
}

function file_of(bytes) {
  const path = join(world.folder, 'upload');
  writeFileSync(path, randomBytes(bytes));
  return path;
}

test('curl uploads after Expect: 100-continue', async () => {
  const answer = await curl('/rest/upload', '-T', file_of(2 << 20), '-H', 'Expect: 100-continue');
  assert.match(answer.err, /HTTP\/1\.1 100 Continue/);
  assert.deepEqual([answer.status, JSON.parse(answer.body)], [200, { bytes: 2 << 20 }]);
});

test('curl uploads in chunks', async () => {
  const answer = await curl('/rest/upload', '-T', file_of(300_000), '-H', 'Transfer-Encoding: chunked', '-H', 'Expect:');
  assert.deepEqual([answer.status, JSON.parse(answer.body)], [200, { bytes: 300_000 }]);
});

test('curl speaks HTTP/1.0', async () => {
  const answer = await curl('/rest/orders/1', '-0');
  assert.equal(answer.status, 200);
  assert.equal(JSON.parse(answer.body).number, 1);
});

test('curl asks for the head alone', async () => {
  const answer = await curl('/rest/orders/1', '-I');
  assert.equal(answer.status, 200);
  assert.match(answer.body, /^content-length: [1-9]/im);
});

test('curl uses one connection for several calls', async () => {
  const answer = await curl('/rest/orders/1', '-o', '/dev/null', world.url + '/rest/orders/2', '-o', '/dev/null');
  assert.match(answer.err, /Re-using existing connection/);
});

test('a stranger that waits for 100-continue is refused before it sends its body', async () => {
  const done = await run('curl', ['-sv', '--max-time', '30', '-H', 'Expect: 100-continue', '-T', file_of(1 << 20),
    world.url + '/rest/upload']);
  assert.doesNotMatch(done.err, /100 Continue/);
  assert.match(done.err, /HTTP\/1\.1 401/);
});

test('promtool finds nothing wrong with the metrics', async () => {
  await fetch(`${world.url}/rest/orders/1`, { headers: WITH_KEY });
  await fetch(`${world.url}/rest/orders/1`);
  const metrics = await (await fetch(`${world.admin}/metrics`)).text();
  assert.match(metrics, /^tollgate_requests_total\{.*outcome="forwarded".*\} [1-9]/m);
  assert.match(metrics, /^tollgate_requests_total\{.*outcome="key_missing".*\} [1-9]/m);
  const check = await run('promtool', ['check', 'metrics'], metrics);
  assert.equal(check.status, 0, check.out + check.err);
});

test('the access log has a line of JSON for each call, and never the secret', async () => {
  const before_count = await eventually(() => world.log().length);
  await (await fetch(`${world.url}/rest/orders/77?key=${KEY}`, { headers: WITH_KEY })).text();
  const lines = await eventually(() => {
    const all = world.log();
    assert.ok(all.length > before_count);
    return all;
  });
  const line = lines.at(-1);
  assert.equal(line.path.split('?')[0], '/rest/orders/77');
  assert.deepEqual([line.status, line.key, line.api, line.reason], [200, 'real', 'orders', null]);
  assert.ok(!JSON.stringify(lines).includes(KEY));
});
