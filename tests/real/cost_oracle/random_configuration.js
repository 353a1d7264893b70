// Random apis[].graphql: every piece of `cost`, and what introspection costs.
import { parse } from 'graphql';
import { random_weight } from './random_schema.js';

const COMPOSITE = ['ObjectTypeDefinition', 'InterfaceTypeDefinition', 'ObjectTypeExtension'];
const TYPES = [...COMPOSITE.slice(0, 2), 'UnionTypeDefinition', 'ScalarTypeDefinition', 'EnumTypeDefinition'];

const text_of = (value) => JSON.stringify(value);
const has = (node, name) => node.directives.some((d) => d.name.value === name);

// Fields of interfaces and of the types that implement them are weighed on one of the two sides only, so that no two
// rules of equal rank meet.
function field_entry(random, field, shared) {
  const entry = {};
  const rule = field.directives.find((d) => d.name.value === 'listSize');
  if (random.chance(0.6) || shared || !rule) entry.weight = random_weight(random);
  if (shared || !rule) return entry;
  if (random.chance(0.4)) entry.assumed_size = random.below(5);
  if (random.chance(0.3)) {
    const names = field.arguments.filter((a) => /^(first|last|n|m|ids)$/.test(a.name.value)).map((a) => a.name.value);
    entry.slicing_arguments = random.some(names, 0, 2);
  }
  const sized = rule.arguments.find((a) => a.name.value === 'sizedFields');
  if (sized && random.chance(0.2)) entry.sized_fields = sized.value.values.map((v) => v.value);
  return entry;
}

function random_fields(random, document, fields) {
  const composites = document.definitions.filter((d) => COMPOSITE.includes(d.kind));
  const of_interfaces = new Map();
  for (const d of composites.filter((c) => c.kind === 'InterfaceTypeDefinition')) {
    for (const f of d.fields) of_interfaces.set(f.name.value, false);
  }
  for (const d of composites) {
    for (const f of d.fields ?? []) {
      const name = f.name.value;
      const shared = of_interfaces.has(name);
      const is_interface = d.kind === 'InterfaceTypeDefinition';
      // An interface's field is configured only where nothing else weighs that field.
      if (is_interface && (of_interfaces.get(name) || has(f, 'cost') || weighed_elsewhere(composites, name))) continue;
      if (shared && !is_interface && of_interfaces.get(name)) continue;
      if (!random.chance(0.08)) continue;
      if (is_interface) of_interfaces.set(name, true);
      fields[`${d.name.value}.${name}`] = field_entry(random, f, shared);
    }
  }
}

function weighed_elsewhere(composites, name) {
  return composites.some((d) => (d.fields ?? []).some((f) => f.name.value === name && has(f, 'cost')));
}

function random_types(random, document) {
  const names = document.definitions.filter((d) => TYPES.includes(d.kind)).map((d) => d.name.value);
  const chosen = [...names, 'Int', 'ID'].filter(() => random.chance(0.12));
  return Object.fromEntries(chosen.map((name) => [name, random_weight(random)]));
}

export function random_configuration(random, sdl, slicing_arguments) {
  const document = parse(sdl);
  const cost = {};
  const maybe = (probability, name, make) => { if (random.chance(probability)) cost[name] = make(); };
  const weight = () => random_weight(random);
  maybe(0.25, 'preset', () => random.pick(['centra', 'standard']));
  maybe(0.3, 'operation', () => Object.fromEntries(random.some(['query', 'mutation', 'subscription'], 1, 3)
    .map((kind) => [kind, weight()])));
  maybe(0.4, 'mutation_field', weight);
  maybe(0.2, 'object', weight);
  maybe(0.3, 'scalar', weight);
  maybe(0.3, 'scalar_in_list', weight);
  cost.list_size = random.chance(0.1) ? 0 : random.between(1, 4);
  if (random.chance(0.03)) cost.list_size = 1_000_000_000; // Two lists within each other saturate.
  if (random.chance(0.1)) delete cost.list_size;
  if (text_of(slicing_arguments) !== text_of(['first', 'last', 'limit'])) cost.slicing_arguments = slicing_arguments;
  maybe(0.4, 'connections', () => random.pick(['handed_down', 'multiplied']));
  maybe(0.4, 'types', () => random_types(random, document));
  const fields = {};
  if (random.chance(0.5)) random_fields(random, document, fields);
  if (Object.keys(fields).length > 0) cost.fields = fields;
  const graphql = { cost };
  if (random.chance(0.5)) graphql.introspection = { cost: weight() };
  return graphql;
}
