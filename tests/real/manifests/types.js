// Whether manifests are what Kubernetes knows: the JSON schemas that come with kubernetes-models (types, required fields,
// enums), and beside them TypeScript's check of its interfaces, as the schemas let unknown fields pass and the API server's
// strict reading does not.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { compile } from '../typescript.js';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const PACKAGES = ['kubernetes-models', '@kubernetes-models/prometheus-operator'];

// The module that describes a kind, such as "kubernetes-models/apps/v1/Deployment"; none: the kind is not known.
function module_of({ apiVersion, kind }) {
  return PACKAGES.map((name) => `${name}/${apiVersion}/${kind}`)
    .find((name) => existsSync(join(HERE, '../node_modules', `${name}.mjs`)));
}

async function schema_fault(doc, module) {
  const file = join(HERE, '../node_modules', `${module}.mjs`);
  const { [doc.kind]: Kind } = await import(pathToFileURL(file));
  try {
    new Kind(doc).validate();
    return [];
  } catch (error) {
    return [`${doc.kind}/${doc.metadata?.name}: ${error.message}`];
  }
}

// One program for all documents: reading the interfaces is what takes time. `owners` says whose each line of it is.
function type_faults(owned) {
  const lines = [];
  const owners = [];
  owned.forEach(({ set, doc, module }, i) => {
    const code = `import type { I${doc.kind} as T${i} } from "${module}";\n`
      + `export const v${i}: T${i} = ${JSON.stringify(doc, null, 1)};`;
    for (const line of code.split('\n')) {
      lines.push(line);
      owners.push({ set, what: `${doc.kind}/${doc.metadata?.name}` });
    }
  });
  return compile(lines.join('\n')).map(({ line, message }) => (
    { set: owners[line].set, fault: `${owners[line].what}: ${message} [${lines[line].trim()}]` }));
}

// What is wrong with each set of documents: { name: documents } gives { name: faults }.
export async function type_check(sets) {
  const faults = Object.fromEntries(Object.keys(sets).map((set) => [set, []]));
  const owned = [];
  for (const [set, docs] of Object.entries(sets)) {
    for (const doc of docs) {
      const module = module_of(doc);
      if (module) {
        owned.push({ set, doc, module });
        faults[set].push(...await schema_fault(doc, module));
      } else {
        faults[set].push(`${doc.kind}/${doc.metadata?.name}: there is no kind ${doc.kind} in ${doc.apiVersion}`);
      }
    }
  }
  for (const { set, fault } of type_faults(owned)) faults[set].push(fault);
  return faults;
}
