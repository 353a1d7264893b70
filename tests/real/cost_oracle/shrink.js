// Makes a failing case smaller while it keeps failing: selections, directives, arguments, fragments, other operations,
// variables, configuration, and fields of the schema that the call does not name.
import { isInterfaceType, isObjectType, parse, print, visit } from 'graphql';
import { explain_all } from './driver.js';
import { probe_schema_of, schema_of } from './execution.js';
import { expectation, mistake } from './compare.js';
import { is_valid } from './random_query.js';

const SIZED = ['edges', 'nodes', 'items', 'page']; // Directives name them.
const ROUNDS = 60;
const MOST_MS = 15_000;
const LISTS = ['selections', 'arguments', 'directives', 'definitions', 'variableDefinitions', 'values', 'fields'];

function selections_of(document, node) {
  if (node.kind !== 'FragmentSpread') return node.selectionSet?.selections;
  const fragment = document.definitions.find((d) => d.kind === 'FragmentDefinition' && d.name.value === node.name.value);
  return fragment?.selectionSet.selections;
}

// Every document that lacks one element of one list, or has a selection's own selections in its place.
function* smaller_documents(query) {
  const places = [];
  visit(parse(query), { enter(node, key, parent, path) { places.push([...path]); } });
  for (const path of places) {
    const name = path[path.length - 2];
    if (!LISTS.includes(name)) continue;
    const document = parse(query);
    const list = path.slice(0, -1).reduce((at, step) => at[step], document);
    const [node] = list.splice(path[path.length - 1], 1);
    yield print(without_unused(document));
    const inside = selections_of(document, node);
    if (name !== 'selections' || !inside) continue;
    list.push(...inside);
    yield print(without_unused(document));
  }
}

function without_unused(document) {
  const used = new Set();
  visit(document, {
    FragmentSpread: (node) => { used.add(node.name.value); },
    Variable(node, key, parent) { if (parent.kind !== 'VariableDefinition') used.add(`$${node.name.value}`); },
  });
  const kept = document.definitions.filter((d) => d.kind !== 'FragmentDefinition' || used.has(d.name.value));
  return {
    ...document,
    definitions: kept.map((d) => ({
      ...d, variableDefinitions: d.variableDefinitions?.filter((v) => used.has(`$${v.variable.name.value}`)),
    })),
  };
}

function* smaller_objects(value) {
  for (const key of Object.keys(value)) {
    const { [key]: inner, ...rest } = value;
    yield rest;
    if (inner === null || typeof inner !== 'object' || Array.isArray(inner)) continue;
    for (const less of smaller_objects(inner)) yield { ...value, [key]: less };
  }
}

// The schema without the fields that the call names nowhere, and without types that nothing leads to then.
function smaller_schema(sdl, query) {
  const named = new Set(query.match(/\w+/g));
  const schema = schema_of(sdl);
  const reached = new Set();
  const reach = (type) => {
    if (reached.has(type.name)) return;
    reached.add(type.name);
    for (const f of kept_fields(type, named)) {
      reach(base_of(f.type));
      f.args.forEach((a) => reach(base_of(a.type)));
    }
    if (isObjectType(type)) type.getInterfaces().forEach(reach);
    if (isInterfaceType(type) || type.getTypes) schema.getPossibleTypes(type).forEach(reach);
    if (type.getFields && !isObjectType(type) && !isInterfaceType(type)) {
      Object.values(type.getFields()).forEach((f) => reach(base_of(f.type)));
    }
  };
  ['query', 'mutation', 'subscription'].forEach((kind) => reach(schema.getRootType(kind)));
  return print(visit(parse(sdl), {
    FieldDefinition(node, key, parent, path, ancestors) {
      const owner = ancestors.findLast((a) => a.kind);
      const type = schema.getType(owner.name.value);
      return kept_fields(type, named).some((f) => f.name === node.name.value) ? undefined : null;
    },
    enter(node) {
      const is_type = node.name && /Type(Definition|Extension)$/.test(node.kind);
      return is_type && !reached.has(node.name.value) ? null : undefined;
    },
  }));
}

function base_of(type) {
  return type.ofType ? base_of(type.ofType) : type;
}

function kept_fields(type, named) {
  if (!isObjectType(type) && !isInterfaceType(type)) return [];
  const fields = Object.values(type.getFields());
  const inherited = type.getInterfaces().flatMap((i) => kept_fields(i, named)).map((f) => f.name);
  const kept = fields.filter((f) => named.has(f.name) || inherited.includes(f.name) || SIZED.includes(f.name));
  return kept.length > 0 ? kept : fields.slice(0, 1);
}

function* smaller_cases(one) {
  for (const query of smaller_documents(one.query)) yield { ...one, query };
  for (const graphql of smaller_objects(one.graphql)) yield { ...one, graphql };
  for (const variables of smaller_objects(one.variables)) yield { ...one, variables };
  const sdl = smaller_schema(one.sdl, one.query);
  if (sdl.length < print(parse(one.sdl)).length) yield { ...one, sdl };
}

function with_expectation(one) {
  try {
    const real = schema_of(one.sdl);
    if (!is_valid(real, one.query)) return undefined;
    const wanted = expectation({ real, probe: probe_schema_of(one.sdl) }, one.graphql, one);
    return wanted && { ...one, expected: wanted };
  } catch {
    return undefined; // The smaller call is none that can be executed.
  }
}

// A call that is wrongly refused stays one that is refused, and another stays one that is not.
export function shrink(one) {
  const refused = Boolean(explain_all([one])[0].error);
  let smallest = one;
  const end = Date.now() + MOST_MS;
  for (let round = 0; round < ROUNDS && Date.now() < end; round++) {
    const smaller = [...smaller_cases(smallest)].map(with_expectation).filter(Boolean);
    if (smaller.length === 0) return smallest;
    const answers = explain_all(smaller);
    const failing = smaller.filter((c, i) => mistake(c, answers[i]) && Boolean(answers[i].error) === refused);
    if (failing.length === 0) return smallest;
    const size = (c) => c.query.length + JSON.stringify([c.graphql, c.variables]).length + c.sdl.length;
    smallest = failing.reduce((a, b) => (size(b) < size(a) ? b : a));
  }
  return smallest;
}
