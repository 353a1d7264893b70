// Tollgate's reader and graphql-js accept the same texts, and where both refuse one, they say the same of the same
// place: good documents, broken at random.
//
// EXPLAIN_LINES names the program that answers `explain --json` line by line. SYNTAX_SEED and SYNTAX_CASES choose other
// texts.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { isExecutableDefinitionNode, parse } from 'graphql';
import { explain_all } from './cost_oracle/driver.js';
import { Random } from './cost_oracle/random.js';

const { SYNTAX_SEED, SYNTAX_CASES = '4000' } = process.env;
const SEEDS = SYNTAX_SEED ? [Number(SYNTAX_SEED)] : [1, 2, 3];
const MOST_SHOWN = 5;

const OWN = [
  `query Q($a: [Int!]! = [1, 2] @d, $b: In = {a: "x", b: null, c: E, d: -1.5e+3}) @live(f: 1) {
    first: b(c: $a, d: """block \\""" text
      more""" e: "é\\u00e9\\u{1F600}\\uD83D\\uDE00\\n\\"") @skip(if: $b) ... on T { x } ...F ... @include(if: true) { y } ... { z }
  }
  # a comment
  fragment F on T @d { z on fragment: query true null }`,
  '{ a, b(x: [[], {}, $v], y: {a: {b: [true, false, null, E]}}) { c }, }',
  'mutation { a } subscription S { b(n: 0, m: -0.1, o: 1E5) }',
];
const PIECES = ['{', '}', '(', ')', '[', ']', '!', '$', '&', '|', '=', ':', '@', '...', '..', 'on', 'fragment', 'query', 'x',
  'true', 'null', '0', '-1', '01', '1.5', '1.', '.5', '1e', '1e5', '0x1', '1a', '"a"', '"""b"""', '"', '"""', '"\\', '\\', "'",
  '"\\q"', '"\\u12"', '"\\u12g4"', '"\\uD800"', '"\\uDC00"', '"\\uD83D\\u0041"', '"\\u{}"', '"\\u{110000}"', '"\\u{D800}"',
  '"\\u{12345678}"', '"\\u{FFFFFFFFFF}"', '"\\u{é}"', '"\\ué"', '"\\é"', '"\\u{1F600"', '"a\nb"', '"a\rb"', '#', '# c\r',
  ',', '\n', '\r\n', '\r', '\t', ' ', '\0', '\x07', '\x7f', '\ufeff', 'é', '😀', '\u2028', '%', '?', '`', ';', '~', '<', '-', '+', '.'];

function good_documents() {
  const folder = new URL('../cases/cost/', import.meta.url);
  const files = readdirSync(folder).filter((name) => name.endsWith('.txt')).sort();
  const blocks = files.flatMap((name) => [
    ...readFileSync(new URL(name, folder), 'utf8').matchAll(/^query: \|\n((?: {2}.*\n)+)/gm)].map((m) => m[1]));
  return [...OWN, ...OWN, ...OWN, ...blocks];
}

const TOKEN = /"""[^]*?"""|"(?:\\.|[^"\\\n])*"|[A-Za-z_]\w*|-?\d[\d.eE+-]*|\.\.\.|[\s,]+|./gsu;

function broken(random, text) {
  const tokens = text.match(TOKEN);
  const changes = random.between(0, 3);
  for (let i = 0; i < changes && tokens.length > 0; i++) {
    const at = random.below(tokens.length);
    switch (random.below(6)) {
      case 0: tokens.splice(at, 1); break;
      case 1: tokens.splice(at, 0, random.pick(PIECES)); break;
      case 2: tokens[at] = random.pick(PIECES); break;
      case 3: [tokens[at], tokens[0]] = [tokens[0], tokens[at]]; break;
      case 4: tokens.splice(at, 0, tokens[random.below(tokens.length)]); break;
      default: {
        const points = Array.from(tokens[at]);
        points.splice(random.below(points.length + 1), random.below(3), random.pick(PIECES));
        tokens[at] = points.join('');
      }
    }
  }
  if (random.chance(0.05)) tokens.splice(random.below(tokens.length + 1));
  return tokens.join('');
}

// What graphql-js says: null, or { message, line, column }, the column in code points.
function verdict(text) {
  try {
    const document = parse(text);
    return { type_system: !document.definitions.every(isExecutableDefinitionNode) };
  } catch (error) {
    const offset = error.positions[0];
    const before = text.slice(0, offset);
    const start = Math.max(before.lastIndexOf('\n'), before.lastIndexOf('\r')) + 1;
    const column = Array.from(text.slice(start, offset)).length + 1;
    return { message: error.message, line: error.locations[0].line, column };
  }
}

// Differences that are meant: graphql-js shows strings with their escapes resolved and block strings without their
// indentation, and cuts an escape sequence that it shows between two halves of a character.
const comparable = (message) => message.replace(/((?:Block)?String) ".*"\.$/s, '$1.')
  .replace(/^(.*escape sequence: ).*[\ud800-\udfff].*$/s, '$1');

// Tollgate reads executable documents alone, and stops where graphql-js reads on.
const DEFINES_TYPES = /Unexpected Name "(schema|scalar|type|interface|union|enum|input|directive|extend)"\.$/;

// Why the two differ, or null.
function difference(text, ours, theirs) {
  const error = ours.error?.message.startsWith('Syntax Error: ') ? ours.error : null;
  if (theirs.type_system && !error) return 'definitions of types are accepted';
  if (error && DEFINES_TYPES.test(error.message)) return theirs.type_system || theirs.message ? null : 'refused';
  if (!theirs.message) return error ? `refused: ${JSON.stringify(error)}` : null;
  if (!error) return `accepted, graphql-js says ${JSON.stringify(theirs)}`;
  const same = comparable(error.message) === comparable(theirs.message) && error.line === theirs.line &&
    error.column === theirs.column;
  return same ? null : `${JSON.stringify(error)}\ngraphql-js says ${JSON.stringify(theirs)}`;
}

for (const seed of SEEDS) {
  test(`texts broken with seed ${seed} are judged as graphql-js judges them`, () => {
    assert.ok(process.env.EXPLAIN_LINES, 'EXPLAIN_LINES must name the program that explains line by line.');
    const random = new Random(seed);
    const documents = good_documents();
    const texts = Array.from({ length: Number(SYNTAX_CASES) }, () => broken(random, random.pick(documents)));
    const answers = explain_all(texts.map((query) => ({ query })));
    const found = texts.map((text, i) => [text, difference(text, answers[i], verdict(text))]).filter(([, d]) => d);
    const shown = found.slice(0, MOST_SHOWN).map(([text, d]) => `${JSON.stringify(text)}\n${d}`).join('\n\n');
    assert.equal(found.length, 0, `${found.length} of ${texts.length} texts; the first:\n${shown}`);
    const refused = texts.filter((text) => verdict(text).message).length;
    assert.ok(refused > texts.length / 4 && refused < texts.length, 'texts of both kinds are tried');
  });
}
