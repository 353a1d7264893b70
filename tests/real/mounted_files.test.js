// What may happen to the files of a ConfigMap and a Secret while Tollgate runs: they vanish and come back, and they are swapped
// for others in the middle of being read.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, renameSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Volume } from './manifests/volume.js';
import { KEY, WITH_KEY, eventually, free_port, start, stop_both } from './support.js';

const SWAPS = 300;
const LONGEST_READ_MS = 6; // about, in a sanitizer's build

const folder = mkdtempSync(join(tmpdir(), 'tollgate-mounted-'));
const volume = new Volume(join(folder, 'etc'));
const upstream = createServer((request, response) => response.end('served'));
let port;
let admin;
let tollgate;

const log = () => readFileSync(join(folder, 'access.log'), 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line));

// Both files say which version they are of, by the names of the API and of the key.
function files_of(version, more_of_key = '') {
  const digest = createHash('sha256').update(KEY).digest('hex');
  return {
    'tollgate.yaml': `
listen: [{address: "127.0.0.1:${port}"}]
admin: {address: "127.0.0.1:${admin}"}
access_log: {path: "${join(folder, 'access.log')}"}
keys: {file: keys.yaml}
apis: [{name: "api-${version}", base: /, upstream: {url: "http://127.0.0.1:${upstream.address().port}"}}]
`,
    'keys.yaml': `keys: [{name: "key-${version}", secrets: ["sha256:${digest}"]${more_of_key}}]\n`,
  };
}

async function metric(name) {
  const text = await (await fetch(`http://127.0.0.1:${admin}/metrics`)).text();
  const line = text.split('\n').find((each) => each.startsWith(`tollgate_config_${name} `));
  return Number(line.split(' ').at(-1));
}

async function call() {
  const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: WITH_KEY });
  return `${answer.status} ${await answer.text()}`;
}

const RELOADED = 'reloads_total{result="success"}';
const REFUSED = 'reloads_total{result="failure"}';

before(async () => {
  await new Promise((resolve) => { upstream.listen(0, '127.0.0.1', resolve); });
  [port, admin] = [await free_port(), await free_port()];
  volume.publish(files_of(0));
  tollgate = start(process.env.TOLLGATE_PROGRAM, ['run', '-c', volume.path('tollgate.yaml')], {}, `http://127.0.0.1:${admin}/readyz`);
  await tollgate.ready;
});
after(() => stop_both(tollgate, upstream, folder));

// Moves what is named away and back, with something new in it.
for (const [what, vanishing, missed] of [['file of keys', '..data/keys.yaml', 'keys.yaml'], ['whole volume', '..data', 'tollgate.yaml']]) {
  test(`a ${what} that vanishes changes nothing, is named, and is taken when it is back`, async () => {
    const [reloaded, refused, said] = [await metric(RELOADED), await metric(REFUSED), tollgate.output.length];
    renameSync(volume.path(vanishing), join(folder, 'away'));
    await eventually(async () => assert.ok(await metric(REFUSED) > refused));
    assert.equal(await metric('last_reload_successful'), 0);
    assert.equal(await call(), '200 served');
    const [line] = tollgate.output.slice(said).split('\n').filter((each) => each.includes('reload refused'));
    assert.ok(line.includes(`${volume.path(missed)}: cannot be read: No such file or directory`), line);
    assert.equal(await metric(RELOADED), reloaded);
    renameSync(join(folder, 'away'), volume.path(vanishing));
    await eventually(async () => assert.equal(await metric('last_reload_successful'), 1));
    volume.publish(files_of(0, ', disabled: true'));
    await eventually(async () => assert.match(await call(), /^401 .*key_disabled/));
    volume.publish(files_of(0));
    await eventually(async () => assert.equal(await call(), '200 served'));
  });
}

// The swap is to hit a moment of the read, and timers are too coarse for that.
function spin(ms) {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

test('volumes that are swapped in the middle of a read: no call fails, none is judged by a mixture', async () => {
  const [reloaded, said] = [await metric(RELOADED), tollgate.output.length];
  for (let version = 1; version <= SWAPS; ++version) {
    const swap = volume.prepare(files_of(version));
    tollgate.child.kill('SIGHUP');
    spin(LONGEST_READ_MS * (version / SWAPS) ** 2);
    swap();
    assert.equal(await call(), '200 served');
  }
  await eventually(async () => {
    await call();
    assert.equal(log().at(-1).api, `api-${SWAPS}`);
  });
  for (const { api, key } of log()) assert.equal(key, api.replace('api', 'key'));
  // On a slow machine swaps may come faster than files are read: that is said, and the next reload takes them.
  for (const line of tollgate.output.slice(said).split('\n').filter((each) => each.includes('reload refused'))) {
    assert.match(line, /changed each of the 10 times/);
  }
  assert.ok(await metric(RELOADED) - reloaded >= SWAPS / 2);
});
