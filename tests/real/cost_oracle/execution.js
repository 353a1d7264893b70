// What executing an operation produces, by the real engine (graphql-js): the engine collects, merges, skips and enters
// fragments; resolvers that it calls note what each executed field weighs.
//
// The first run enumerates: each list has one item that stands for all, each value of an abstract type one item for
// every possible type, and the costs are added up from below. The second run is literal: lists have their real lengths,
// values of abstract types the dearest type, and each call of a resolver adds what it costs. Both must agree.
import {
  buildSchema, execute, getNamedType, getOperationAST, GraphQLList, isAbstractType, isLeafType, parse,
} from 'graphql';
import { collectFields, collectSubfields } from 'graphql/execution/collectFields.js';
import { getVariableValues } from 'graphql/execution/values.js';
import { Invalid, list_levels, Pricing, raw_value } from './pricing.js';
import { add, points, times } from './thousandths.js';

const MOST_FIELDS = 20_000;
const MOST_LITERAL = 2_000n;

// The case needs more than a test should spend.
export class TooLarge extends Error {}

export const schema_of = (sdl) => buildSchema(sdl, { assumeValid: true, assumeValidSDL: true });

// The same schema, where a single value of an abstract type is a list, so that one run can return every possible type.
export function probe_schema_of(sdl) {
  const schema = schema_of(sdl);
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__') || !('getInterfaces' in type)) continue;
    for (const field of Object.values(type.getFields())) {
      field.real_type = field.type;
      const is_single = list_levels(field.type) === 0;
      if (is_single && isAbstractType(getNamedType(field.type))) field.type = new GraphQLList(field.type);
    }
  }
  return schema;
}

// The operation's own variables: as sent, else the default in the document.
function raw_variables(operation, sent) {
  const values = {};
  for (const { variable, defaultValue } of operation.variableDefinitions ?? []) {
    const name = variable.name.value;
    if (Object.hasOwn(sent, name)) values[name] = sent[name];
    else if (defaultValue) values[name] = raw_value(defaultValue, {});
  }
  return values;
}

const SAMPLES = { Int: 1, Float: 1.5, Boolean: true };

function leaf_sample(type) {
  return type.getValues ? type.getValues()[0].name : SAMPLES[type.name] ?? 'x';
}

const nested = (levels, items) => (levels > 1 ? [nested(levels - 1, items)] : items);

// One executed selection set of an object: its type, what its parent hands down, and the fields that were executed.
class Item {
  constructor(type, hand, absorbs) {
    Object.assign(this, { type, hand, absorbs, fields: new Map() });
  }

  handed_to(name) {
    return this.hand.find(({ path }) => path.length === 1 && path[0] === name)?.size;
  }

  handed_through(name) {
    return this.hand.filter(({ path }) => path.length > 1 && path[0] === name)
      .map(({ path, size }) => ({ path: path.slice(1), size }));
  }

  total() {
    return [...this.fields.values()].reduce((sum, field) => add(sum, field.cost()), 0n);
  }
}

// One executed field: n times one of its items, whichever is the dearest.
class Field {
  constructor(size, argument_weight, extra) {
    Object.assign(this, { size, argument_weight, extra, choices: [] });
  }

  cost_of({ weight, item }) {
    const own = add(this.argument_weight, times(this.size.n, weight));
    const below = item ? times(this.size.n, item.total()) : 0n;
    return add(add(own < 0n ? 0n : own, below), this.extra);
  }

  dearest() {
    if (this.best === undefined) {
      const costs = this.choices.map((choice) => this.cost_of(choice));
      this.best = this.choices[costs.reduce((best, cost, i) => (cost > costs[best] ? i : best), 0)];
    }
    return this.best;
  }

  cost() {
    this.value ??= this.cost_of(this.dearest());
    return this.value;
  }
}

// Evaluates one field where `item` is its parent; `args` are what the engine coerced.
function price(pricing, context, item, args, info, type) {
  const field = { ...info.parentType.getFields()[info.fieldName], type };
  const node = info.fieldNodes[0];
  const { fieldName: name } = info;
  if (item.absorbs && (name === 'edges' || name === 'nodes')) {
    return { size: { n: 1n, hand: item.handed_through(name), absorbs: false }, argument_weight: 0n, weigh: () => 0n };
  }
  const size = pricing.size(info.parentType, field, node, args, context.raw, item.handed_to(name));
  size.hand = [...size.hand, ...item.handed_through(name)];
  return {
    size,
    argument_weight: pricing.argument_weight(field, node, context.raw),
    weigh: (possible) => pricing.weight(info.parentType, field, possible),
  };
}

function probe_resolver(pricing, context) {
  let fields = 0;
  return (item, args, _, info) => {
    if (++fields > MOST_FIELDS) throw new TooLarge();
    const { real_type } = info.parentType.getFields()[info.fieldName];
    const { size, argument_weight, weigh } = price(pricing, context, item, args, info, real_type);
    const is_root = info.path.prev === undefined;
    const extra = is_root && context.operation.operation === 'mutation' ? pricing.mutation_field() : 0n;
    const field = new Field(size, argument_weight, extra);
    item.fields.set(info.path.key, field);
    const named = getNamedType(real_type);
    const levels = list_levels(info.returnType);
    if (isLeafType(named)) {
      field.choices = [{ weight: weigh(named) }];
      return levels > 0 ? [] : leaf_sample(named);
    }
    const possible = isAbstractType(named) ? info.schema.getPossibleTypes(named) : [named];
    field.choices = possible.map((t) => ({ weight: weigh(t), item: new Item(t, size.hand, size.absorbs) }));
    const items = field.choices.map((c) => c.item);
    return levels > 0 ? nested(levels, items) : items[0];
  };
}

// Resolvers that return lists of their real lengths; `choose` says which possible type a field's values have.
function literal_resolver(tally, choose, list_size) {
  return ({ item, weighs }, args, _, info) => {
    const field = item.fields.get(info.path.key);
    const { weight, item: below } = choose(field);
    const own = field.argument_weight + field.size.n * weight;
    tally.total += weighs * ((own < 0n ? 0n : own) + field.extra);
    tally.calls++;
    const levels = list_levels(info.returnType);
    const value = (n) => (below ? { item: below, weighs: weighs * n } : leaf_sample(getNamedType(info.returnType)));
    // Only a multiplied connection counts more than once and is one value.
    if (levels === 0) return value(field.size.n);
    const inner = list_size ** BigInt(levels - 1);
    const outer = inner === 0n ? 0n : field.size.n / inner;
    const fill = (left, count) => Array.from({ length: Number(count) },
      () => (left > 1 ? fill(left - 1, list_size) : value(1n)));
    return fill(levels, outer);
  };
}

function literal_calls(item) {
  let calls = 0n;
  for (const field of item.fields.values()) {
    calls += 1n + field.size.n + (field.dearest().item ? field.size.n * literal_calls(field.dearest().item) : 0n);
    if (calls > MOST_LITERAL) return calls;
  }
  return calls;
}

function run(context, schema, root, resolver) {
  const result = execute({
    schema, document: context.document, rootValue: root, variableValues: context.variables,
    operationName: context.operation_name, fieldResolver: resolver,
    typeResolver: (value) => (value.item ?? value).type.name,
  });
  for (const error of result.errors ?? []) throw error.originalError ?? error;
  return result.data;
}

// Depth of what was answered: each key is a collected field.
function answer_depth(value) {
  if (Array.isArray(value)) return Math.max(0, ...value.map(answer_depth));
  if (value === null || typeof value !== 'object') return 0;
  return Math.max(0, ...Object.values(value).map((v) => 1 + answer_depth(v)));
}

// Depth below introspection, whose lists may well be empty: by types, with the engine's own collection.
function introspection_depth(context, type, nodes) {
  const collected = collectSubfields(context.schema, context.fragments, context.coerced, type, nodes);
  const depths = [...collected.values()].map((fields) => {
    const definition = type.getFields()[fields[0].name.value];
    const named = definition && getNamedType(definition.type);
    return 1 + (named && !isLeafType(named) ? introspection_depth(context, named, fields) : 0);
  });
  return Math.max(0, ...depths);
}

function introspection_roots(context, root_type) {
  const collected = collectFields(context.schema, context.fragments, context.coerced, root_type,
    context.operation.selectionSet);
  return [...collected].filter(([, nodes]) => ['__schema', '__type'].includes(nodes[0].name.value));
}

function context_of(schema, query, variables, operation_name) {
  const document = parse(query);
  const operation = getOperationAST(document, operation_name);
  if (!operation) throw new Invalid('no such operation');
  const fragments = Object.fromEntries(
    document.definitions.filter((d) => d.kind === 'FragmentDefinition').map((d) => [d.name.value, d]));
  const { coerced, errors } = getVariableValues(schema, operation.variableDefinitions ?? [], variables);
  if (errors) throw errors[0];
  return {
    schema, document, operation, fragments, coerced, variables, operation_name,
    raw: raw_variables(operation, variables),
  };
}

function depth_of(context, data, roots) {
  const introspected = new Map(roots);
  const depths = Object.entries(data).map(([key, value]) => {
    const nodes = introspected.get(key);
    if (!nodes) return 1 + answer_depth(value);
    const name = nodes[0].name.value === '__schema' ? '__Schema' : '__Type';
    return 1 + introspection_depth(context, context.schema.getType(name), nodes);
  });
  return Math.max(0, ...depths);
}

// Executes for real where that is small: once with the dearest types, and with some others, which must not cost more.
function check_literally(context, schemas, pricing, root, random) {
  if (literal_calls(root) > MOST_LITERAL) return false;
  const literal = (choose) => {
    const tally = { total: 0n, calls: 0 };
    run(context, schemas.real, { item: root, weighs: 1n }, literal_resolver(tally, choose, pricing.list_size));
    return tally.total;
  };
  const most = literal((field) => field.dearest());
  if (most !== root.total() && root.total() < 2n ** 60n) {
    throw new Error(`The literal run costs ${most} thousandths, the enumerating one ${root.total()}.`);
  }
  if (!random) return true;
  let calls = 0n;
  const other = literal((field) => {
    if (++calls > 4n * MOST_LITERAL) return field.dearest();
    return random.pick(field.choices);
  });
  if (other > most) throw new Error(`Another choice of types costs ${other}, more than the dearest ${most}.`);
  return true;
}

// { complexity, mutations, depth, literal }; throws Invalid where the call is graphql_invalid.
// `schemas` is { real, probe }, both of one SDL.
export function expected(schemas, graphql, { query, variables = {}, operationName }, random) {
  const pricing = new Pricing(graphql);
  const context = context_of(schemas.real, query, variables, operationName);
  const { operation } = context;
  const root_type = schemas.probe.getRootType(operation.operation);
  const root = new Item(root_type, [], false);
  const data = run(context, schemas.probe, root, probe_resolver(pricing, context));
  const roots = introspection_roots(context, schemas.real.getRootType(operation.operation));
  const literal = check_literally(context, schemas, pricing, root, random);
  let total = add(root.total(), pricing.operation_weight(operation.operation));
  total = add(total, times(BigInt(roots.length), pricing.introspection));
  return {
    complexity: points(total),
    mutations: operation.operation === 'mutation' ? root.fields.size : 0,
    depth: depth_of(context, data, roots),
    literal,
  };
}
