// What the real tests share: the example upstream and a Tollgate of their own, each a process on a free port, started
// for one file of tests and ended with it. TOLLGATE_PROGRAM names the program to test.
import { execFile, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const EXAMPLE_SERVER = join(ROOT, 'deploy/example/server.js');
const READY_WITHIN_MS = 20_000; // a sanitizer's build on a busy machine

export const KEY = `real_${randomBytes(20).toString('hex')}`;
export const WITH_KEY = { 'API-Authorization': KEY };

export function free_port() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

// Asks `probe` until it is content; the error is the last one that it threw.
export async function eventually(probe, within_ms = 5000) {
  const end = Date.now() + within_ms;
  for (;;) {
    try {
      return await probe();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
    await pause(20);
  }
}

async function expect_ok(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
}

export function start(command, args, env, ready_url) {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const started = { child, output: '', ended: false };
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (d) => { started.output += d; });
  started.exit = new Promise((resolve) => {
    child.on('exit', (code, signal) => { started.ended = true; resolve(code ?? signal); });
    child.on('error', (error) => { started.output += error; started.ended = true; resolve(error.code); });
  });
  started.ready = eventually(async () => {
    if (started.ended) return;
    await expect_ok(ready_url);
  }, READY_WITHIN_MS).then(() => {
    if (started.ended) throw new Error(`${command} ended instead of starting:\n${started.output}`);
  });
  return started;
}

// Ends a Tollgate and the service of this process behind it; an end that is not an orderly one is an error.
export async function stop_both(tollgate, upstream, folder) {
  upstream.closeAllConnections();
  upstream.close();
  tollgate.child.kill('SIGTERM');
  const status = await tollgate.exit;
  rmSync(folder, { recursive: true });
  if (status !== 0) throw new Error(`Tollgate ended with ${status}:\n${tollgate.output}`);
}

function write_keys(path) {
  const digest = createHash('sha256').update(KEY).digest('hex');
  writeFileSync(path, `keys:\n  - name: real\n    secrets: ["sha256:${digest}"]\n`);
}

export class World {
  // Starts both; `config` is a file of deploy/example's form, `server` a program that answers at /healthz.
  static async start(config = join(ROOT, 'deploy/example/tollgate.yaml'), server = EXAMPLE_SERVER) {
    const world = new World();
    world.folder = mkdtempSync(join(tmpdir(), 'tollgate-real-'));
    const [upstream, port, admin] = await Promise.all([free_port(), free_port(), free_port()]);
    world.port = port;
    world.url = `http://127.0.0.1:${port}`;
    world.admin = `http://127.0.0.1:${admin}`;
    world.upstream_url = `http://127.0.0.1:${upstream}`;
    write_keys(join(world.folder, 'keys.yaml'));
    world.upstream = start('node', [server], { PORT: upstream }, `${world.upstream_url}/healthz`);
    world.tollgate = start(process.env.TOLLGATE_PROGRAM, ['run', '-c', config], {
      TOLLGATE_LISTEN: `127.0.0.1:${port}`,
      TOLLGATE_ADMIN: `127.0.0.1:${admin}`,
      TOLLGATE_LOG: join(world.folder, 'access.log'),
      TOLLGATE_KEYS: join(world.folder, 'keys.yaml'),
      EXAMPLE_UPSTREAM: world.upstream_url,
    }, `${world.admin}/readyz`);
    try {
      await Promise.all([world.upstream.ready, world.tollgate.ready]);
    } catch (error) {
      for (const { child } of [world.upstream, world.tollgate]) child.kill('SIGKILL'); // else node waits for them
      throw error;
    }
    return world;
  }

  // Ends both; an end of Tollgate's that is not an orderly one is an error.
  async stop() {
    this.tollgate.child.kill('SIGTERM');
    const status = await this.tollgate.exit;
    this.upstream.child.kill('SIGTERM');
    await this.upstream.exit;
    rmSync(this.folder, { recursive: true });
    if (status !== 0) throw new Error(`Tollgate ended with ${status}:\n${this.tollgate.output}`);
  }

  log() {
    return readFileSync(join(this.folder, 'access.log'), 'utf8').trimEnd().split('\n').map((l) => JSON.parse(l));
  }

  remove_all_keys() {
    writeFileSync(join(this.folder, 'keys.yaml'), 'keys: []\n');
  }
}

// Runs a program to its end: { status, out, err }.
export function run(command, args, input) {
  return new Promise((resolve) => {
    const child = execFile(command, args, { maxBuffer: 64 << 20 }, (error, out, err) => {
      resolve({ status: error ? error.code : 0, out, err });
    });
    child.stdin.end(input);
  });
}
