// Random valid calls of a schema: { query, variables, operationName }. What validation refuses is thrown away.
import {
  doTypesOverlap, getNamedType, getNullableType, isAbstractType, isInputObjectType, isLeafType, isListType, isNonNullType,
  isObjectType, isUnionType, parse, validate,
} from 'graphql';

const INTROSPECTION = [
  '__schema { types { name fields { name args { name } } } }', '__schema { queryType { name ... on __Type { kind } } }',
  '__type(name: "O0") { name }', 'again: __type(name: "Nothing") { ofType { ofType { name } } fields { __typename } }',
];
const ALIASES = ['x', 'y', 'z'];
const ATTEMPTS = 60;

class QueryMaker {
  constructor(random, schema) {
    Object.assign(this, { random, schema, fragments: [], pool: new Map(), values: {}, names: 0 });
    this.definitions = [];
    this.may_use_variables = true;
    this.left = random.between(3, 30);
    this.huge = random.chance(0.06);
    this.composites = Object.values(schema.getTypeMap())
      .filter((t) => (isObjectType(t) || isAbstractType(t)) && !t.name.startsWith('__'));
  }

  scalar_value(type) {
    const { random } = this;
    switch (type.name) {
      case 'Int': {
        if (this.huge && random.chance(0.6)) return random.pick([2147483647, 1_000_000]);
        if (random.chance(0.01)) return random.pick([-1, 2147483647]);
        return random.chance(0.05) ? random.below(60) : random.below(5);
      }
      case 'Float': return random.pick([0.5, 2.25]);
      case 'Boolean': return random.chance(0.5);
      default: return type.getValues ? random.pick(type.getValues()).name : random.pick(['a', 'b\u00e9']);
    }
  }

  // A JSON value of a type.
  value(type, depth = 0) {
    const { random } = this;
    if (isNonNullType(type)) return this.value(type.ofType, depth);
    if (isListType(type)) {
      return Array.from({ length: random.below(4) }, () => this.nullable_value(type.ofType, depth + 1));
    }
    if (!isInputObjectType(type)) return this.scalar_value(type);
    const fields = Object.values(type.getFields());
    const required = (f) => isNonNullType(f.type) && f.defaultValue === undefined;
    const given = fields.filter((f) => required(f) || random.chance(depth > 1 ? 0.2 : 0.5));
    return Object.fromEntries(given.map((f) => [f.name, this.nullable_value(f.type, depth + 1)]));
  }

  nullable_value(type, depth) {
    return !isNonNullType(type) && this.random.chance(0.12) ? null : this.value(type, depth);
  }

  // Writes a JSON value as a literal; enums are bare names.
  literal(type, value) {
    if (value === null) return 'null';
    const bare = getNullableType(type);
    if (isListType(bare)) return `[${value.map((v) => this.literal(bare.ofType, v)).join(', ')}]`;
    if (isInputObjectType(bare)) {
      const fields = bare.getFields();
      return `{${Object.entries(value).map(([k, v]) => `${k}: ${this.literal(fields[k].type, v)}`).join(', ')}}`;
    }
    return bare.getValues ? value : JSON.stringify(value);
  }

  // A variable for a position of `type`; `has_default` says whether the position has a default of its own.
  variable(type, has_default) {
    const { random } = this;
    const name = `v${this.names++}`;
    const strict = isNonNullType(type);
    const bare = getNullableType(type);
    const given = () => { this.values[name] = this.value(bare); };
    const fallback = () => ` = ${this.literal(bare, this.value(bare))}`;
    const kinds = strict && !has_default ? ['required', 'required', 'defaulted', 'strict_defaulted']
      : ['required', 'defaulted', 'strict_defaulted', 'absent', 'given'];
    if (!strict) kinds.push('null', 'null_over_default', 'null_default');
    let text;
    switch (random.pick(kinds)) {
      case 'required': text = `${bare}!`; given(); break;
      case 'defaulted': text = `${bare}${fallback()}`; if (random.chance(0.4)) given(); break;
      case 'strict_defaulted': text = `${bare}!${fallback()}`; if (random.chance(0.4)) given(); break;
      case 'absent': text = `${bare}`; break;
      case 'given': text = `${bare}`; given(); break;
      case 'null': text = `${bare}`; this.values[name] = null; break;
      case 'null_over_default': text = `${bare}${fallback()}`; this.values[name] = null; break;
      default: text = `${bare} = null`;
    }
    this.definitions.push(`$${name}: ${text}`);
    return `$${name}`;
  }

  // The text of an argument's, input field's or list element's value.
  input(type, has_default, depth = 0) {
    const { random } = this;
    if (this.may_use_variables && random.chance(depth === 0 ? 0.35 : 0.25)) return this.variable(type, has_default);
    if (!isNonNullType(type) && random.chance(0.1)) return 'null';
    const bare = getNullableType(type);
    if (isListType(bare)) {
      return `[${Array.from({ length: random.below(4) }, () => this.input(bare.ofType, false, depth + 1)).join(', ')}]`;
    }
    if (!isInputObjectType(bare)) return this.literal(bare, this.value(bare));
    return `{${this.inputs(Object.values(bare.getFields()), depth + 1, depth > 1 ? 0.2 : 0.5).join(', ')}}`;
  }

  inputs(definitions, depth, probability) {
    const has_default = (d) => d.defaultValue !== undefined;
    return definitions
      .filter((d) => (isNonNullType(d.type) && !has_default(d)) || this.random.chance(probability))
      .map((d) => `${d.name}: ${this.input(d.type, has_default(d), depth)}`);
  }

  // Where exactly one slicing argument is wanted, mostly one is given.
  arguments_of(field) {
    const exact = /slicingArguments: \["first", "last"\]/.test(field.astNode?.loc?.source.body
      .slice(field.astNode.loc.start, field.astNode.loc.end));
    let definitions = field.args;
    if (exact && this.random.chance(0.93)) {
      const one = this.random.pick(['first', 'last']);
      definitions = definitions.filter((a) => !['first', 'last'].includes(a.name));
      const value = this.random.chance(0.3) && this.may_use_variables
        ? this.required_variable() : String(this.random.below(5));
      return this.parenthesised([...this.inputs(definitions, 0, 0.5), `${one}: ${value}`]);
    }
    return this.parenthesised(this.inputs(definitions, 0, 0.55));
  }

  required_variable() {
    const name = `v${this.names++}`;
    this.values[name] = this.random.below(5);
    this.definitions.push(`$${name}: Int!`);
    return `$${name}`;
  }

  parenthesised(args) {
    return args.length > 0 ? `(${args.join(', ')})` : '';
  }

  condition() {
    const { random } = this;
    const name = random.pick(['skip', 'include']);
    if (!this.may_use_variables || random.chance(0.5)) return ` @${name}(if: ${random.chance(0.5)})`;
    const variable = `v${this.names++}`;
    if (random.chance(0.5)) {
      this.definitions.push(`$${variable}: Boolean!`);
      this.values[variable] = random.chance(0.5);
    } else {
      this.definitions.push(`$${variable}: Boolean${random.chance(0.5) ? '!' : ''} = ${random.chance(0.5)}`);
      if (random.chance(0.4)) this.values[variable] = random.chance(0.5);
    }
    return ` @${name}(if: $${variable})`;
  }

  directives() {
    const { random } = this;
    if (!random.chance(0.13)) return '';
    return this.condition() + (random.chance(0.1) ? ` @include(if: ${random.chance(0.7)})` : '');
  }

  field(type, depth) {
    const { random } = this;
    const known = this.pool.get(type.name) ?? [];
    if (known.length > 0 && random.chance(0.3)) {
      const { head, named } = random.pick(known);
      return this.completed(head, named, depth);
    }
    const fields = Object.values(type.getFields()).filter((f) => depth > 0 || isLeafType(getNamedType(f.type)));
    if (fields.length === 0) return '__typename';
    const field = random.pick(fields);
    const alias = random.chance(0.3) ? `${random.pick(random.chance(0.3) ? ALIASES : [`${field.name}b`, 'w'])}: ` : '';
    const head = `${alias}${field.name}${this.arguments_of(field)}`;
    const named = getNamedType(field.type);
    this.pool.set(type.name, [...known, { head, named }]);
    return this.completed(head, named, depth);
  }

  completed(head, named, depth) {
    if (isLeafType(named)) return head + this.directives();
    return `${head}${this.directives()} ${this.selection(named, Math.max(depth - 1, 0))}`;
  }

  overlapping(type) {
    return this.random.pick(this.composites.filter((t) => doTypesOverlap(this.schema, type, t)));
  }

  inline_fragment(type, depth) {
    if (this.random.chance(0.25)) return `...${this.directives()} ${this.selection(type, depth)}`;
    const condition = this.overlapping(type);
    return `... on ${condition.name}${this.directives()} ${this.selection(condition, depth)}`;
  }

  spread(type, depth) {
    const { random } = this;
    const usable = this.fragments.filter((f) => doTypesOverlap(this.schema, type, f.type));
    if (usable.length > 0 && random.chance(0.6)) return `...${random.pick(usable).name}${this.directives()}`;
    const condition = random.chance(0.5) ? type : this.overlapping(type);
    const misleading = random.chance(0.05) && !this.fragments.some((f) => f.name === '__schema');
    const name = misleading ? '__schema' : `F${this.names++}`;
    const text = `fragment ${name} on ${condition.name} ${this.selection(condition, depth)}`;
    this.fragments.push({ name, type: condition, text });
    return `...${name}${this.directives()}`;
  }

  selected(type, depth) {
    const { random } = this;
    this.left--;
    const roll = random.next();
    const fragments = this.may_use_variables || roll < 0.9;
    if (roll < 0.08) return random.chance(0.3) ? 'kind: __typename' : '__typename';
    if (isUnionType(type) || roll > 0.82) return this.inline_fragment(type, depth);
    if (roll > 0.7 && fragments) return this.spread(type, depth);
    return this.field(type, depth);
  }

  selection(type, depth) {
    if (this.left <= 0) return '{ __typename }';
    const count = this.random.between(1, 4);
    const parts = Array.from({ length: count }, () => this.selected(type, depth));
    return `{ ${parts.join(' ')} }`;
  }

  root_selection(kind) {
    const { random } = this;
    const type = this.schema.getRootType(kind);
    let text = this.selection(type, random.between(1, 5));
    if (kind === 'query' && random.chance(0.08)) {
      text = `{ ${random.some(INTROSPECTION, 1, 2).join(' ')} ${text.slice(1)}`;
    }
    return text;
  }

  operation(kind, name) {
    const selection = this.root_selection(kind);
    const variables = this.definitions.length > 0 ? `(${this.definitions.join(', ')})` : '';
    if (kind === 'query' && name === '' && variables === '' && this.random.chance(0.7)) return selection;
    return `${kind} ${name}${variables} ${selection}`;
  }

  // The chosen operation first of all, so that its variables are its own; others have neither variables nor fragments.
  make() {
    const { random } = this;
    const kind = random.pick(['query', 'query', 'query', 'query', 'mutation', 'mutation', 'subscription']);
    const several = random.chance(0.12);
    const name = several || random.chance(0.3) ? 'Chosen' : '';
    const chosen = this.operation(kind, name);
    const parts = [chosen, ...this.fragments.map((f) => f.text)];
    if (several) parts.unshift(this.other_operation());
    for (let i = parts.length - 1; i > 0; i--) {
      const j = random.below(i + 1);
      [parts[i], parts[j]] = [parts[j], parts[i]];
    }
    const query = parts.join(random.pick(['\n', ' # a comment\n', ' ,']));
    return { query, variables: this.values, operationName: several || (name && random.chance(0.5)) ? 'Chosen' : null };
  }

  other_operation() {
    const other = new QueryMaker(this.random, this.schema);
    other.may_use_variables = false;
    other.left = 4;
    const text = other.operation('query', 'Other');
    return other.fragments.length > 0 ? 'query Other { __typename }' : text;
  }
}

// One rule of validation cannot take a variable where a subscription's root field is conditional, and throws.
export function is_valid(schema, query) {
  try {
    return validate(schema, parse(query)).length === 0;
  } catch {
    return false;
  }
}

export function random_query(random, schema) {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const made = new QueryMaker(random, schema).make();
    if (is_valid(schema, made.query)) return made;
  }
  return { query: '{ __typename }', variables: {}, operationName: null };
}
