// Random schemas with @cost and @listSize, and random `graphql` configuration laid over them.
// Left out is what has no reading in terms of execution: two rules of equal rank for one field.
import { random_configuration } from './random_configuration.js';

const BUILT_IN = ['Int', 'String', 'ID', 'Float', 'Boolean'];
const DIRECTIVES = `
directive @cost(weight: String!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR
directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!],
  requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION
`;

export function random_weight(random, least = 0) {
  const decimals = random.pick([0, 0, 0, 1, 2, 3]);
  if (random.chance(0.005)) return 999_999_999_999;
  const value = random.chance(0.03) ? random.below(1_000_000) : random.between(least, 6);
  return decimals === 0 ? value : Number((value + random.next()).toFixed(decimals));
}

function cost(random, probability, least = 0) {
  if (!random.chance(probability)) return '';
  const weight = random_weight(random, least);
  return ` @cost(weight: ${random.chance(0.5) ? `"${weight}"` : weight})`;
}

const list_size = (parts) => ` @listSize(${parts.filter(Boolean).join(', ')})`;
const texts = (list) => `[${list.map((t) => `"${t}"`).join(', ')}]`;

class SchemaMaker {
  constructor(random) {
    this.random = random;
    this.objects = [];
    this.interfaces = [];
    this.unions = [];
    this.inputs = [];
    this.leaves = [...BUILT_IN];
    this.definitions = [];
    this.slicing_arguments = random.chance(0.8) ? ['first', 'last', 'limit'] : ['first', 'size'];
    this.connections = 0;
  }

  wrap(name, levels) {
    const bang = () => (this.random.chance(0.4) ? '!' : '');
    let type = name + bang();
    for (let i = 0; i < levels; i++) type = `[${type}]${bang()}`;
    return type;
  }

  make_leaves() {
    for (let i = 0; i < this.random.between(0, 2); i++) {
      this.leaves.push(`S${i}`);
      this.definitions.push(`scalar S${i}${cost(this.random, 0.5)}`);
    }
    for (let i = 0; i < this.random.between(0, 2); i++) {
      this.leaves.push(`E${i}`);
      this.definitions.push(`enum E${i}${cost(this.random, 0.5)} { RED GREEN }`);
    }
  }

  make_inputs() {
    const { random } = this;
    for (let i = 0; i < random.between(1, 2); i++) {
      const fields = [
        `first: Int${random.chance(0.3) ? ' = 3' : ''}${cost(random, 0.3, -3)}`,
        `ids: [ID!]`,
        `text: String${cost(random, 0.5, -3)}`,
        `flag: Boolean! = true${cost(random, 0.3, -3)}`,
      ];
      if (i > 0) fields.push(`inner: In0${cost(random, 0.4, -3)}`, `many: [In0!]`);
      this.definitions.push(`input In${i} {\n  ${fields.join('\n  ')}\n}`);
      this.inputs.push(`In${i}`);
    }
  }

  // A plain argument, no size.
  plain_argument(name) {
    const { random } = this;
    const type = random.pick(['Int', 'String', 'Boolean! = false', '[Int]', '[ID!]', 'Float = 1.5', ...this.inputs,
      ...this.inputs.map((i) => `[${i}!]`), ...this.inputs.map((i) => `${i} = {text: "x"}`)]);
    const [kind, fallback] = type.split(' = ');
    return `${name}: ${kind}${fallback ? ` = ${fallback}` : ''}${cost(random, 0.5, -4)}`;
  }

  plain_arguments() {
    return this.random.some(['a', 'b', 'c'], 0, 2).map((name) => this.plain_argument(name));
  }

  slicing_argument(name) {
    const type = this.random.pick(['Int', 'Int', 'Int!', 'Int = 2', 'Int! = 3']);
    return `${name}: ${type}${cost(this.random, 0.2, -3)}`;
  }

  // Names that look like sizes and are none.
  decoy(name) {
    return `${name}: ${this.random.pick(['String', 'Float', '[Int]'])}`;
  }

  conventional_arguments() {
    const names = this.random.some(this.slicing_arguments, 0, 2);
    return names.map((n) => (this.random.chance(0.12) ? this.decoy(n) : this.slicing_argument(n)));
  }

  // { args, directive } of a field that @listSize sizes; `sized` are the fields that it sizes, if any.
  sized_by_directive(sized) {
    const { random } = this;
    const handed = sized.length > 0 && `sizedFields: ${texts(sized)}`;
    const assumed = `assumedSize: ${random.below(5)}`;
    const loose = 'requireOneSlicingArgument: false';
    switch (random.below(6)) {
      case 0: return { args: [], directive: list_size([assumed, handed]) };
      case 1: // Exactly one, without defaults.
        return { args: ['first: Int', 'last: Int'], directive: list_size(['slicingArguments: ["first", "last"]', handed]) };
      case 2:
        return { args: ['n: Int = 4'], directive: list_size(['slicingArguments: ["n"]', handed, random.chance(0.5) && loose]) };
      case 3:
        return {
          args: ['n: Int', 'm: Int = 2', 'ids: [ID!]'],
          directive: list_size(['slicingArguments: ["n", "m", "ids"]', assumed, handed, loose]),
        };
      case 4: return {
        args: [`input: In0${random.chance(0.4) ? ' = {first: 2}' : ''}`],
        directive: list_size(['slicingArguments: ["input.first", "input.ids"]', assumed, handed, loose]),
      };
      default: // A size by convention that the directive overrules.
        return { args: sized.length > 0 ? [] : ['first: Int'], directive: list_size([assumed, handed]) };
    }
  }

  field(name, type, args, directive = '') {
    return { name, type, args, directive, cost: cost(this.random, 0.2), text: null };
  }

  // A connection type of its own, with edges or nodes or both.
  connection(target) {
    const { random } = this;
    const name = `C${this.connections++}`;
    const fields = [`total: Int${cost(random, 0.2)}`, `info: Info${cost(random, 0.2)}`];
    const kind = random.pick(['edges', 'nodes', 'both', 'neither']);
    const both = kind === 'both';
    const assumed = () => (random.chance(0.15) ? ' @listSize(assumedSize: 7)' : '');
    if (kind === 'edges' || both) {
      fields.push(`edges: ${this.wrap(`${name}Edge`, 1)}${assumed()}${cost(random, 0.1)}`);
      this.definitions.push(`type ${name}Edge${cost(random, 0.2)} {\n  cursor: String\n  node: ${target}\n}`);
    }
    if (kind === 'nodes' || both) fields.push(`nodes: ${this.wrap(target, 1)}${cost(random, 0.1)}`);
    if (kind === 'neither') fields.push(`edges: Int`, `items: ${this.wrap(target, 1)}`);
    this.definitions.push(`type ${name}${cost(random, 0.2)} {\n  ${fields.join('\n  ')}\n}`);
    return { name, sized: { edges: ['edges'], nodes: ['nodes'], both: ['edges', 'nodes'], neither: ['items'] }[kind] };
  }

  // An object whose page has the items.
  page(target) {
    const name = `P${this.connections++}`;
    this.definitions.push(`type ${name} {\n  page: ${name}Page\n  total: Int\n}`,
      `type ${name}Page${cost(this.random, 0.3)} {\n  items: ${this.wrap(target, 1)}\n  more: [${target}]\n}`);
    return name;
  }

  composite() {
    return this.random.pick([...this.objects, ...this.objects, ...this.interfaces.map((i) => i.name), ...this.unions]);
  }

  // The result is a field's parts; `name` is free in its type.
  random_field(name) {
    const { random } = this;
    const target = this.composite();
    const kind = random.pick(['leaf', 'leaf', 'leaf', 'leaves', 'one', 'one', 'list', 'list', 'deep_list', 'sized_list',
      'sized_list', 'connection', 'connection', 'sized_connection', 'page']);
    const plain = this.plain_arguments();
    switch (kind) {
      case 'leaf': return this.field(name, this.wrap(random.pick(this.leaves), 0), plain);
      case 'leaves':
        return this.field(name, this.wrap(random.pick(this.leaves), random.between(1, 2)),
          [...plain, ...this.conventional_arguments()]);
      case 'one': return this.field(name, this.wrap(target, 0), plain);
      case 'list': return this.field(name, this.wrap(target, 1), [...plain, ...this.conventional_arguments()]);
      case 'deep_list': return this.field(name, this.wrap(target, 2), [...plain, ...this.conventional_arguments()]);
      case 'sized_list': {
        const { args, directive } = this.sized_by_directive([]);
        return this.field(name, this.wrap(random.chance(0.8) ? target : random.pick(this.leaves), random.chance(0.85) ? 1 : 2),
          [...plain, ...args], directive);
      }
      case 'connection':
        return this.field(name, this.wrap(this.connection(target).name, 0), [...plain, ...this.conventional_arguments()]);
      case 'sized_connection': {
        const { name: type, sized } = this.connection(target);
        const { args, directive } = this.sized_by_directive(sized);
        return this.field(name, this.wrap(type, 0), [...plain, ...args], directive);
      }
      default: {
        const { args, directive } = this.sized_by_directive([random.pick(['page.items', 'page { items }'])]);
        return this.field(name, this.page(target), [...plain, ...args], directive);
      }
    }
  }

  text_of(field) {
    const args = field.args.length > 0 ? `(${field.args.join(', ')})` : '';
    return `${field.name}${args}: ${field.type}${field.cost}${field.directive}`;
  }

  // Interfaces; a later one may implement an earlier one. @listSize stands with the interface or with the implementing
  // types; @cost may stand with both.
  make_interfaces(names) {
    names.forEach((name, i) => {
      const above = this.interfaces.filter(() => this.random.chance(0.4));
      const closure = new Set(above.flatMap((a) => [a, ...a.above]));
      const fields = [...closure].flatMap((a) => a.own);
      const own = Array.from({ length: this.random.between(1, 2) }, (_, k) => this.random_field(`i${i}x${k}`));
      for (const f of own) f.carrier = this.random.pick(['interface', 'objects']);
      const made = { name, above: [...closure], own, fields: [...new Set([...fields, ...own])] };
      this.interfaces.push(made);
      const implementing = closure.size > 0 ? ` implements ${[...closure].map((a) => a.name).join(' & ')}` : '';
      const lines = made.fields.map((f) => this.text_of(this.seen_from_interface(f, own.includes(f))));
      this.definitions.push(`interface ${name}${implementing}${cost(this.random, 0.3)} {\n  ${lines.join('\n  ')}\n}`);
    });
  }

  seen_from_interface(field, is_origin) {
    const carries = is_origin && field.carrier === 'interface';
    return carries ? field : { ...field, cost: '', directive: '' };
  }

  seen_from_object(field) {
    if (field.carrier === 'interface') return { ...field, cost: cost(this.random, 0.15), directive: '' };
    return { ...field, cost: cost(this.random, 0.3) };
  }

  make_object(name) {
    const { random } = this;
    const direct = this.interfaces.filter((i) => i.must === name || random.chance(0.3));
    const closure = [...new Set(direct.flatMap((i) => [i, ...i.above]))];
    const inherited = [...new Set(closure.flatMap((i) => i.fields))].map((f) => this.seen_from_object(f));
    const own = Array.from({ length: random.between(2, 5) }, (_, k) => this.random_field(`f${k}`));
    const implementing = closure.length > 0 ? ` implements ${closure.map((i) => i.name).join(' & ')}` : '';
    const lines = [...inherited, ...own].map((f) => this.text_of(f));
    const apart = random.chance(0.1) ? lines.splice(-1) : [];
    this.definitions.push(`type ${name}${implementing}${cost(random, 0.3)} {\n  ${lines.join('\n  ')}\n}`);
    if (apart.length > 0) this.definitions.push(`extend type ${name} {\n  ${apart.join('\n  ')}\n}`);
  }

  make_root(name, fields) {
    const lines = Array.from({ length: fields }, (_, k) => this.text_of(this.random_field(`r${k}`)));
    this.definitions.push(`type ${name} {\n  ${lines.join('\n  ')}\n}`);
  }

  make() {
    const { random } = this;
    this.make_leaves();
    this.make_inputs();
    this.objects = Array.from({ length: random.between(2, 4) }, (_, i) => `O${i}`);
    this.definitions.push('type Info { more: Boolean cursors: [String] }');
    this.unions = random.chance(0.6) ? ['U0'] : [];
    if (this.unions.length > 0) {
      this.definitions.push(`union U0${cost(random, 0.3)} = ${random.some(this.objects, 1, 3).join(' | ')}`);
    }
    this.make_interfaces(random.some(['I0', 'I1', 'I2'], 0, 3));
    for (const i of this.interfaces) i.must = random.pick(this.objects);
    for (const name of this.objects) this.make_object(name);
    const renamed = random.chance(0.2);
    const roots = renamed ? ['Root', 'Change', 'Feed'] : ['Query', 'Mutation', 'Subscription'];
    roots.forEach((name) => this.make_root(name, random.between(3, 6)));
    if (renamed) this.definitions.push('schema { query: Root mutation: Change subscription: Feed }');
    if (random.chance(0.5)) this.definitions.unshift(DIRECTIVES.trim());
    return this.definitions.join('\n\n');
  }
}

// { sdl, graphql }: the schema and apis[].graphql.
export function random_schema(random) {
  const maker = new SchemaMaker(random);
  const sdl = maker.make();
  return { sdl, graphql: random_configuration(random, sdl, maker.slicing_arguments) };
}
