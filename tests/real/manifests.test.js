// The manifests of deploy/kubernetes and the chart of deploy/helm: rendered, read as strictly as the API server reads them,
// held to its rules and to Tollgate's, compared with each other; and each check is shown manifests that it must refuse.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { api_server_faults, containers_of, of_kind } from './manifests/api_server.js';
import { BROKEN } from './manifests/broken.js';
import { BUILDERS, HELM, NO_HELM, NO_KUSTOMIZE, ROOT, Workshop, helm_template, parse } from './manifests/render.js';
import { mounted_files, tollgate_faults } from './manifests/tollgate.js';
import { type_check } from './manifests/types.js';
import { run } from './support.js';


let workshop;
const sets = {}; // name: documents
let types; // name: faults

async function render() {
  const plain = workshop.variant('old', {
    'kustomization.yaml': ['../component', '../plain'], 'orders.yaml': ['[sleep, "5"]', '[sleep, "30"]'],
  });
  const crowded = workshop.variant('crowded', {
    'kustomization.yaml': ['patches:\n  - path: orders.yaml', 'namePrefix: eu-'],
    'base/kustomization.yaml': ['  - deployment.yaml\n', ''],
  });
  workshop.write(`${crowded}/base/service.yaml`, readFileSync(join(ROOT, 'tests/real/manifests/crowded.yaml'), 'utf8'));
  for (const [name, builder] of Object.entries(BUILDERS)) {
    sets[`component by ${name}`] = parse(await workshop.kustomize(builder, 'deploy/kubernetes/example'));
    sets[`plain container by ${name}`] = parse(await workshop.kustomize(builder, plain));
    sets[`crowded application by ${name}`] = parse(await workshop.kustomize(builder, crowded));
  }
  if (NO_HELM) return;
  const chart = await workshop.chart();
  sets['chart'] = parse(await helm_template(chart, 'tollgate.name=tollgate'));
  sets['chart, plain container'] = parse(await helm_template(chart, 'tollgate.name=tollgate', 'native=false',
    'stop_after=30'));
  sets['chart, named after its release'] = parse(await helm_template(chart));
}

const first = (kind) => sets[Object.keys(sets).find((name) => name.startsWith(kind))];

// The rules read what is well formed.
function all_faults(name) {
  return types[name].length > 0 ? types[name] : [...api_server_faults(sets[name]), ...tollgate_faults(sets[name])];
}

before(async () => {
  workshop = new Workshop();
  if (NO_KUSTOMIZE) return;
  await render();
  const broken = Object.fromEntries(BROKEN.map(([name, change]) => {
    const docs = structuredClone(first('component'));
    change(docs);
    return [`broken: ${name}`, docs];
  }));
  types = await type_check({ ...sets, ...broken });
  Object.assign(sets, broken);
});
after(() => workshop.remove());

test('component, plain container and chart are as the API server and Tollgate want them', { skip: NO_KUSTOMIZE }, () => {
  const good = Object.keys(sets).filter((name) => !name.startsWith('broken'));
  assert.ok(good.length >= 3);
  for (const name of good) assert.deepEqual(all_faults(name), [], name);
});

test('each check finds the fault that it is for', { skip: NO_KUSTOMIZE }, () => {
  for (const [name, , message] of BROKEN) {
    const faults = all_faults(`broken: ${name}`);
    assert.ok(faults.some((fault) => message.test(fault)), `${name}: ${faults.join('\n')}`);
  }
});

test('every kustomize renders the same', { skip: NO_KUSTOMIZE }, () => {
  for (const [name, docs] of Object.entries(sets)) {
    const kind = / by /.test(name) && name.split(' by ')[0];
    if (kind) assert.deepEqual(docs, first(kind), name);
  }
});

test("the chart's objects are the component's", { skip: NO_HELM }, () => {
  assert.deepEqual(sets.chart, first('component'));
  assert.deepEqual(sets['chart, plain container'], first('plain').map((doc) => {
    if (doc.kind !== 'Deployment') return doc;
    const copy = structuredClone(doc);
    assert.deepEqual(copy.spec.template.spec.initContainers ?? [], []);
    delete copy.spec.template.spec.initContainers; // moved out, its empty list stays
    return copy;
  }));
  assert.deepEqual(of_kind(sets['chart, named after its release'], 'NetworkPolicy')[0].metadata.name, 'orders-tollgate');
});

test("a chart's values reach its objects, and differ from the component's", { skip: NO_HELM }, async () => {
  const chart = join(workshop.folder, 'orders');
  const docs = parse(await helm_template(chart, 'tollgate.name=tollgate', 'tollgate.gracePeriodSeconds=90',
    'tollgate.resources.limits.memory=1Gi', 'tollgate.podMonitor.labels.release=prometheus', 'tollgate.networkPolicy=false'));
  const { terminationGracePeriodSeconds, initContainers } = of_kind(docs, 'Deployment')[0].spec.template.spec;
  assert.equal(terminationGracePeriodSeconds, 90);
  assert.deepEqual(initContainers[0].resources, { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '1Gi' } });
  assert.deepEqual(of_kind(docs, 'PodMonitor')[0].metadata.labels, { release: 'prometheus' });
  assert.deepEqual(of_kind(docs, 'NetworkPolicy'), []);
  for (const kind of ['Deployment', 'PodMonitor']) assert.notDeepEqual(of_kind(docs, kind), of_kind(first('component'), kind));
});

test('helm lint finds nothing in a chart that uses the library', { skip: NO_HELM }, async () => {
  const lint = await run(HELM, ['lint', '--strict', join(workshop.folder, 'orders')]);
  assert.equal(lint.status, 0, lint.out + lint.err);
});

test('a chart without configuration or keys is refused with what to do', { skip: NO_HELM }, async () => {
  const chart = join(workshop.folder, 'orders');
  await assert.rejects(helm_template(chart, 'tollgate.files=nowhere'), /no nowhere\/tollgate\.yaml in this chart/);
  rmSync(join(chart, 'tollgate/keys.yaml'));
  await assert.rejects(helm_template(chart), /no tollgate\/keys\.yaml in this chart/);
  const docs = parse(await helm_template(chart, 'tollgate.keysSecret=elsewhere'));
  assert.deepEqual(of_kind(docs, 'Secret'), []);
  assert.equal(of_kind(docs, 'Deployment')[0].spec.template.spec.volumes[0].projected.sources[1].secret.name, 'elsewhere');
});

test('what else is in the application stays as it was', { skip: NO_KUSTOMIZE }, () => {
  const docs = first('crowded');
  const [cache, shop] = of_kind(docs, 'Deployment');
  assert.deepEqual(containers_of(cache.spec.template.spec).map(({ name }) => name), ['cache']);
  assert.deepEqual(containers_of(shop.spec.template.spec).map(({ name }) => name), ['tollgate', 'migrate', 'shop']);
  assert.deepEqual(shop.spec.template.spec.volumes.map(({ name }) => name).sort(), ['data', 'tollgate', 'tollgate-state']);
  assert.deepEqual(of_kind(docs, 'Service').map(({ spec }) => spec.ports[0].targetPort), [undefined, 8080]);
});

test("the README's patch takes the PodMonitor out", { skip: NO_KUSTOMIZE }, async () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const [, patch] = /\| without Prometheus Operator \| `patches: \[(.*)\]` \|/.exec(readme);
  const bare = workshop.variant('bare', {
    'kustomization.yaml': ['  - path: orders.yaml', `  - path: orders.yaml\n  - ${patch}`],
  });
  for (const builder of Object.values(BUILDERS)) {
    const kinds = parse(await workshop.kustomize(builder, bare)).map(({ kind }) => kind);
    assert.deepEqual(kinds, ['ConfigMap', 'Deployment', 'NetworkPolicy', 'Secret', 'Service']);
  }
});

test('the program accepts the folder that the pod mounts', { skip: NO_KUSTOMIZE }, async () => {
  for (const name of ['component', 'crowded']) {
    const folder = mkdtempSync(join(tmpdir(), 'tollgate-mounted-'));
    const deployment = of_kind(first(name), 'Deployment').at(-1);
    for (const [file, text] of Object.entries(mounted_files(deployment, first(name)))) writeFileSync(join(folder, file), text);
    const check = await run(process.env.TOLLGATE_PROGRAM, ['check', '-c', join(folder, 'tollgate.yaml')]);
    rmSync(folder, { recursive: true });
    assert.equal(check.status, 0, check.out + check.err);
    assert.match(check.out, /1 listeners, 2 APIs/);
  }
});

test('the manifests fit the image and the example that they are for', () => {
  const text = (path) => readFileSync(join(ROOT, path), 'utf8');
  assert.match(text('Dockerfile'), /^USER 65532:65532$/m);
  assert.match(text('Dockerfile'), /^CMD \["run", "-c", "\/etc\/tollgate\/tollgate\.yaml"\]$/m);
  assert.match(text('deploy/image_root.sh'), /\/usr\/bin\/sleep/, 'the preStop of the plain container');
  assert.equal(text('deploy/kubernetes/example/schema.graphql'), text('deploy/example/schema.graphql'));
});
