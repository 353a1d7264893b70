// The README's commands, as they stand there: the blocks that name the program are one script, run in an empty folder.
// Those for Kubernetes have a test of their own, kubernetes.test.js.
// Only what cannot hold here is put in its place: where the program is, the ports, and the wait for a program to start.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { World, free_port, run } from './support.js';

let world;
let folder;
before(async () => {
  world = await World.start();
  folder = mkdtempSync(join(tmpdir(), 'tollgate-readme-'));
});
after(async () => {
  await world.stop();
  rmSync(folder, { recursive: true });
});

function blocks_with(word) {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  return readme.split('```').filter((block, i) => i % 2 === 1 && block.includes(word) && !block.includes('kubectl'));
}

async function script() {
  const [port, admin] = [await free_port(), await free_port()];
  const ready = `for _ in {1..200}; do curl -fs -o ready http://127.0.0.1:${admin}/readyz && break; sleep 0.1; done`;
  const text = blocks_with('build/release/tollgate').join('\n')
    .replaceAll('build/release/tollgate', process.env.TOLLGATE_PROGRAM)
    .replaceAll('deploy/example/', fileURLToPath(new URL('../../deploy/example/', import.meta.url)))
    .replaceAll('http://127.0.0.1:4000', world.upstream_url)
    .replaceAll('127.0.0.1:8080', `127.0.0.1:${port}`)
    .replace('listen: [', `admin: {address: 127.0.0.1:${admin}}\nlisten: [`)
    .replace(/ run -c tollgate\.yaml &/, ` run -c tollgate.yaml 2>program.log &\nPROGRAM=$!\n${ready}`)
    .replaceAll(/^curl /gm, 'curl -s ');
  return `set -eu\ncd ${folder}\ntrap 'kill $PROGRAM; wait $PROGRAM' EXIT\n${text}`;
}

test('every command of the README works', async () => {
  const done = await run('bash', ['-c', await script()]);
  assert.equal(done.status, 0, done.out + done.err);
  assert.match(done.out, /"reason":"key_missing"/, 'the first call is refused');
  assert.match(done.out, /"number":1,/, 'the second call is let through');
  const [tree] = blocks_with('query: complexity').map((block) => block.trim().replaceAll(/\s+/g, ' '));
  assert.ok(done.out.replaceAll(/\s+/g, ' ').includes(tree), 'the tree of explain is the one shown');
  assert.match(done.out, /^acme-erp .*enabled$/m, 'the key is listed');
});
