// What one executed field weighs and how long its list is, from the schema's directives and the configuration's `cost`.
// Knows nothing of documents but the arguments of one field: which fields are executed is for the engine to say.
import {
  getNamedType, isAbstractType, isInputObjectType, isInterfaceType, isLeafType, isListType, isNonNullType, isObjectType,
  valueFromASTUntyped,
} from 'graphql';
import { size_of_count, thousandths, times_size } from './thousandths.js';

const STANDARD = {
  operation: { query: 0, mutation: 10, subscription: 0 },
  mutation_field: 0, object: 1, scalar: 0, scalar_in_list: 0, list_size: 10,
  slicing_arguments: ['first', 'last', 'limit'], connections: 'handed_down', types: {}, fields: {},
};
const CENTRA = {
  ...STANDARD, operation: { query: 0, mutation: 0, subscription: 0 }, mutation_field: 100, scalar_in_list: 1,
  connections: 'multiplied',
};

// The call is one that Tollgate refuses as graphql_invalid.
export class Invalid extends Error {}

export function cost_settings(graphql) {
  const own = graphql.cost ?? {};
  const preset = own.preset === 'centra' ? CENTRA : STANDARD;
  return { ...preset, ...own, operation: { ...preset.operation, ...own.operation } };
}

function directive(definition, name) {
  const nodes = [definition.astNode, ...(definition.extensionASTNodes ?? [])];
  const found = nodes.flatMap((n) => n?.directives ?? []).find((d) => d.name.value === name);
  return found && Object.fromEntries(found.arguments.map((a) => [a.name.value, valueFromASTUntyped(a.value)]));
}

function cost_of(definition) {
  const found = directive(definition, 'cost');
  return found && thousandths(found.weight);
}

export function list_levels(type) {
  if (isNonNullType(type)) return list_levels(type.ofType);
  return isListType(type) ? 1 + list_levels(type.ofType) : 0;
}

// "page { items }" and "page.items" are one path.
const path_of = (text) => text.split(/[\s.{}]+/).filter(Boolean);

// Values of the operation alone, without the schema's defaults: undefined is what it does not give.
export function raw_value(node, variables) {
  if (node.kind === 'Variable') return variables[node.name.value];
  if (node.kind === 'ListValue') return node.values.map((v) => raw_value(v, variables));
  if (node.kind !== 'ObjectValue') return valueFromASTUntyped(node);
  const fields = node.fields.map((f) => [f.name.value, raw_value(f.value, variables)]);
  return Object.fromEntries(fields.filter(([, value]) => value !== undefined));
}

function along(path, value) {
  return path.reduce((at, name) => (at === null || at === undefined ? undefined : at[name]), value);
}

function input_weight(definition, value) {
  if (!definition || value === null || value === undefined) return 0n;
  const own = cost_of(definition) ?? 0n;
  const elements = Array.isArray(value) ? value.flat(9) : [value];
  const total = own * BigInt(Array.isArray(value) ? value.length : 1);
  const type = getNamedType(definition.type);
  if (!isInputObjectType(type)) return total;
  return elements.reduce((sum, element) => sum + fields_weight(type.getFields(), element), total);
}

function fields_weight(definitions, values) {
  return Object.entries(values ?? {}).reduce((sum, [name, value]) => sum + input_weight(definitions[name], value), 0n);
}

function size_of_value(value) {
  if (Array.isArray(value)) return BigInt(value.length);
  if (typeof value !== 'number' || !Number.isInteger(value)) throw new Invalid(`${value} is not a size`);
  if (value < 0) throw new Invalid(`${value} is a negative size`);
  return BigInt(value);
}

const greatest = (sizes) => sizes.reduce((a, b) => (a === undefined || b > a ? b : a), undefined);

export class Pricing {
  constructor(graphql) {
    this.cost = cost_settings(graphql);
    this.introspection = thousandths(graphql.introspection?.cost ?? 100);
    this.list_size = size_of_count(this.cost.list_size);
  }

  operation_weight(operation) {
    return thousandths(this.cost.operation[operation]);
  }

  mutation_field() {
    return thousandths(this.cost.mutation_field);
  }

  // The field's own definition, then the same field of the interfaces: [[type, field]].
  carriers(parent, name) {
    return [parent, ...parent.getInterfaces()].filter((t) => t.getFields()[name]).map((t) => [t, t.getFields()[name]]);
  }

  configured(parent, name, piece) {
    for (const [type] of this.carriers(parent, name)) {
      const value = this.cost.fields[`${type.name}.${name}`]?.[piece];
      if (value !== undefined) return value;
    }
    return undefined;
  }

  // The field's weight where its value is of `type`, one of the possible types.
  weight(parent, field, type) {
    const configured = this.configured(parent, field.name, 'weight');
    if (configured !== undefined) return thousandths(configured);
    for (const [, carrier] of this.carriers(parent, field.name)) {
      const own = cost_of(carrier);
      if (own !== undefined) return own;
    }
    const named = getNamedType(field.type);
    for (const t of isAbstractType(named) ? [type, named] : [named]) {
      if (this.cost.types[t.name] !== undefined) return thousandths(this.cost.types[t.name]);
      const own = cost_of(t);
      if (own !== undefined) return own;
    }
    if (!isLeafType(named)) return thousandths(this.cost.object);
    return thousandths(list_levels(field.type) > 0 ? this.cost.scalar_in_list : this.cost.scalar);
  }

  argument_weight(field, node, variables) {
    return (node.arguments ?? []).reduce((sum, argument) => {
      const definition = field.args.find((a) => a.name === argument.name.value);
      return sum + input_weight(definition, raw_value(argument.value, variables));
    }, 0n);
  }

  // { slicing, assumed, sized, require_one }, or undefined where neither directive nor configuration says a size.
  list_rule(parent, field) {
    const found = this.carriers(parent, field.name).map(([, f]) => directive(f, 'listSize')).find(Boolean);
    const slicing = this.configured(parent, field.name, 'slicing_arguments');
    const assumed = this.configured(parent, field.name, 'assumed_size');
    const sized = this.configured(parent, field.name, 'sized_fields');
    if (!found && slicing === undefined && assumed === undefined && sized === undefined) return undefined;
    const size = assumed ?? found?.assumedSize;
    return {
      slicing: (slicing ?? found?.slicingArguments ?? []).map(path_of),
      assumed: size === undefined || size === null ? undefined : size_of_count(size),
      sized: (sized ?? found?.sizedFields ?? []).map(path_of),
      require_one: slicing === undefined && (found?.slicingArguments ?? []).length > 0 &&
        found.requireOneSlicingArgument !== false,
    };
  }

  conventional_arguments(field) {
    const fit = (a) => this.cost.slicing_arguments.includes(a.name) && /^Int!?$/.test(String(a.type));
    return field.args.filter(fit).map((a) => [a.name]);
  }

  is_connection(type) {
    if (!isObjectType(type) && !isInterfaceType(type)) return false;
    return ['edges', 'nodes'].some((name) => type.getFields()[name] && list_levels(type.getFields()[name].type) > 0);
  }

  sliced(paths, args) {
    const values = paths.map((path) => along(path, args)).filter((v) => v !== undefined && v !== null);
    return greatest(values.map(size_of_value));
  }

  check_one(rule, field, node, args, variables) {
    if (!rule.require_one) return;
    const raw = Object.fromEntries((node.arguments ?? []).map((a) => [a.name.value, raw_value(a.value, variables)]));
    const given = rule.slicing.filter((p) => along(p, raw) !== undefined && along(p, raw) !== null).length;
    const defaulted = given === 0 && this.sliced(rule.slicing, args) !== undefined;
    if (given !== 1 && !defaulted) throw new Invalid(`${field.name} takes exactly one slicing argument`);
  }

  // How often the field counts, what it hands to its selection, and whether edges and nodes in it are counted with it.
  // `args` are the coerced arguments, `handed` a size from the parent or undefined.
  size(parent, field, node, args, variables, handed) {
    const levels = list_levels(field.type);
    const rule = this.list_rule(parent, field);
    let found = { n: 1n, hand: [], absorbs: false };
    if (rule) {
      this.check_one(rule, field, node, args, variables);
      const size = this.sliced(rule.slicing, args) ?? rule.assumed;
      const hand = size === undefined ? [] : rule.sized.map((path) => ({ path, size }));
      const own = rule.sized.length > 0 ? undefined : size;
      found = { ...found, n: levels > 0 ? handed ?? own ?? this.list_size : 1n, hand };
    } else {
      found = this.conventional_size(field, args, levels, handed);
    }
    for (let level = 1; level < levels; level++) found.n = times_size(found.n, this.list_size);
    return found;
  }

  conventional_size(field, args, levels, handed) {
    const names = this.conventional_arguments(field);
    const connection = names.length > 0 && this.is_connection(getNamedType(field.type));
    if (levels === 0 && !connection) return { n: 1n, hand: [], absorbs: false };
    const size = this.sliced(names, args) ?? this.list_size;
    if (levels > 0) return { n: handed ?? size, hand: [], absorbs: false };
    if (this.cost.connections === 'multiplied') return { n: size, hand: [], absorbs: true };
    return { n: 1n, hand: [['edges'], ['nodes']].map((path) => ({ path, size })), absorbs: false };
  }
}
