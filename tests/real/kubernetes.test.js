// The README's way from an unprotected Deployment to a protected one, command for command. There is no cluster: kubectl and
// docker are stand-ins, and what is applied runs as processes, from the ConfigMap and the Secret that were rendered.
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { basename, join } from 'node:path';
import { after, before, test } from 'node:test';
import { DASHBOARDS } from './grafana/dashboards.js';
import { api_server_faults, containers_of, of_kind } from './manifests/api_server.js';
import { Pod } from './manifests/pod.js';
import { NO_KUSTOMIZE, ROOT, Workshop, parse } from './manifests/render.js';
import { tollgate_faults } from './manifests/tollgate.js';
import { type_check } from './manifests/types.js';
import { eventually, run } from './support.js';

const MOST_IN_CONFIG_MAP = 1 << 20; // the API server takes no more

const applied = []; // documents, set by set
const made = {}; // ConfigMaps that no file describes, by name
let workshop;
let cluster; // the server that plays it
let unprotected;
let pod;
let key; // the secret that the script made

function apply(text) {
  const docs = parse(text);
  applied.push(docs);
  if (of_kind(docs, 'Deployment').length === 0) return undefined;
  return (of_kind(docs, 'NetworkPolicy').length > 0 ? pod : unprotected).apply(docs);
}

// "create configmap dashboards --from-file=overview.json", "label configmap dashboards grafana_dashboard=1".
function make(command) {
  const [verb, , name, ...rest] = command.split(' ');
  if (verb === 'label') {
    const [label, value] = rest[0].split('=');
    made[name].metadata.labels = { [label]: value };
    return;
  }
  const files = rest.map((option) => /^--from-file=(\S+)$/.exec(option)[1]);
  const data = Object.fromEntries(files.map((file) => [basename(file), workshop.read(file)]));
  made[name] = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data };
}

// "rollout status deployment/orders", "port-forward service/orders 8080:80": what is named is there, and a port is Tollgate's.
function look(command) {
  const docs = applied.at(-1);
  const [, kind, name] = /(service|deployment)\/(\S+)/.exec(command);
  const object = docs.find((doc) => doc.kind.toLowerCase() === kind && doc.metadata.name === name);
  assert.ok(object, command);
  const [, local, remote] = / (\d+):(\d+)$/.exec(command) ?? [];
  if (!local) return;
  const target = kind === 'service' ? object.spec.ports.find(({ port }) => port === Number(remote)).targetPort : Number(remote);
  const [deployment] = of_kind(docs, 'Deployment');
  const tollgate = containers_of(deployment.spec.template.spec).find((container) => container.name === 'tollgate');
  assert.ok(tollgate.ports.some(({ containerPort }) => containerPort === target), command);
  assert.equal(target, Number(local), 'the script asks the port itself');
}

async function answer(req, res) {
  const parts = [];
  for await (const part of req) parts.push(part);
  const text = Buffer.concat(parts).toString();
  try {
    await { '/apply': apply, '/make': make, '/look': look }[req.url](text);
    res.end();
  } catch (error) {
    res.writeHead(400).end(`${error.stack}\n`);
  }
}

function script() {
  const section = /^## In Kubernetes\n.*?^## /ms.exec(readFileSync(join(ROOT, 'README.md'), 'utf8'))[0];
  const blocks = section.split('```').filter((block, i) => i % 2 === 1);
  assert.equal(blocks.length, 3);
  const text = blocks.join('\n')
    .replaceAll('build/release/tollgate', process.env.TOLLGATE_PROGRAM)
    .replaceAll(/^(kubectl port-forward \S+ \S+) &$/gm, '$1') // so that its failure is the script's
    .replaceAll(/^(curl .*127\.0\.0\.1:)(\d+)/gm, (_, rest, port) => rest + pod.ports[port])
    .replaceAll(/^curl /gm, 'curl -s ');
  return `set -eu\ncd ${workshop.folder}\n${text}\necho "KEY=$KEY"`;
}

before(async () => {
  if (NO_KUSTOMIZE) return;
  workshop = new Workshop();
  [unprotected, pod] = [await Pod.create(), await Pod.create()];
  cluster = createServer(answer);
  await new Promise((resolve) => { cluster.listen(0, '127.0.0.1', resolve); });
  const bin = join(workshop.folder, 'bin');
  mkdirSync(bin);
  for (const name of ['kubectl', 'docker']) copyFileSync(join(ROOT, `tests/real/manifests/${name}.sh`), join(bin, name));
  copyFileSync(join(ROOT, 'Dockerfile'), join(workshop.folder, 'Dockerfile'));
  Object.assign(process.env, {
    PATH: `${bin}:${process.env.PATH}`, BUILT: join(workshop.folder, 'built'),
    BUILDER: workshop.kustomize_command.join(' '), CLUSTER: `http://127.0.0.1:${cluster.address().port}`,
  });
});
after(async () => {
  await Promise.all([unprotected?.stop(), pod?.stop()]);
  cluster?.close();
  workshop?.remove();
});

test('the walk-through leads from an unprotected Deployment to a protected one', { skip: NO_KUSTOMIZE }, async () => {
  const done = await run('bash', ['-c', script()]);
  assert.equal(done.status, 0, done.out + done.err);
  assert.match(done.out, /"reason":"key_missing"/, 'without a key');
  assert.match(done.out, /"number":1,/, 'with the key');
  assert.match(done.out, /^tollgate_requests_total\{api="orders",key="demo",outcome="forwarded"\} 1$/m, 'the metrics');
  [, key] = /^KEY=(\S+)$/m.exec(done.out);
});

test('the changed Secret is in force without a restart', { skip: NO_KUSTOMIZE }, async () => {
  await eventually(async () => {
    const call = await fetch(`http://127.0.0.1:${pod.ports[8080]}/rest/orders/1`, { headers: { 'API-Authorization': key } });
    assert.equal((await call.json()).reason, 'key_disabled');
  });
  assert.equal(pod.tollgate.ended, false);
});

test('a Secret with a mistake changes nothing', { skip: NO_KUSTOMIZE }, async () => {
  const docs = structuredClone(applied.at(-1));
  of_kind(docs, 'Secret')[0].data['keys.yaml'] = Buffer.from('keys: [{name: a b}]\n').toString('base64');
  await pod.apply(docs);
  await eventually(async () => {
    const metrics = await (await fetch(`http://127.0.0.1:${pod.ports[9902]}/metrics`)).text();
    assert.match(metrics, /^tollgate_config_last_reload_successful 0$/m);
  });
  const call = await fetch(`http://127.0.0.1:${pod.ports[8080]}/rest/orders/1`, { headers: { 'API-Authorization': key } });
  assert.equal((await call.json()).reason, 'key_disabled');
});

test('what the walk-through applies is as the checks want it', { skip: NO_KUSTOMIZE }, async () => {
  const last = applied.at(-1);
  assert.deepEqual((await type_check({ last })).last, []);
  assert.deepEqual([...api_server_faults(last), ...tollgate_faults(last)], []);
  const unlike_files = (docs) => docs.filter(({ kind }) => kind !== 'ConfigMap' && kind !== 'Secret');
  const example = parse(await workshop.kustomize(workshop.kustomize_command, 'deploy/kubernetes/example'));
  assert.deepEqual(unlike_files(last), unlike_files(example), 'deploy/kubernetes/example is the same');
  const all = 'ConfigMap Deployment NetworkPolicy PodMonitor Secret Service';
  assert.deepEqual(applied.map((docs) => docs.map(({ kind }) => kind).join(' ')), ['Deployment Service', all, all]);
});

test("the README's other commands for kubectl bring the dashboards and the rules", { skip: NO_KUSTOMIZE }, async () => {
  const sections = readFileSync(join(ROOT, 'README.md'), 'utf8').replace(/^## In Kubernetes\n.*?^## /ms, '');
  const commands = sections.split('```').filter((block, i) => i % 2 === 1).join('').match(/^kubectl .*$/gm);
  const done = await run('bash', ['-c', `set -eu\ncd ${workshop.folder}\n${commands.join('\n')}`]);
  assert.equal(done.status, 0, done.out + done.err);
  assert.deepEqual((await type_check({ made: Object.values(made), rules: applied.at(-1) })), { made: [], rules: [] });
  const [dashboards] = Object.values(made);
  assert.deepEqual(dashboards.metadata.labels, { grafana_dashboard: '1' }, 'what the sidecar of Grafana looks for');
  assert.deepEqual(Object.values(dashboards.data).map((text) => JSON.parse(text).uid), DASHBOARDS.map(({ uid }) => uid));
  assert.ok(Object.values(dashboards.data).join('').length < MOST_IN_CONFIG_MAP);
  assert.deepEqual(applied.at(-1).map(({ kind }) => kind), ['PrometheusRule']);
});

test('the pod ends in order: the service, then Tollgate', { skip: NO_KUSTOMIZE }, async () => {
  await unprotected.stop();
  assert.equal(await pod.stop(), 0, pod.tollgate.output);
});
