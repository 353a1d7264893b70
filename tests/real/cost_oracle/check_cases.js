// Holds tests/cases/cost against graphql-js: figures of what can be executed, places of syntax errors, and the counts
// of aliases and tokens. Says how many expectations it could check.
//
//   node tests/real/cost_oracle/check_cases.js
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { GraphQLError, parse, validate } from 'graphql';
import { aliases_of, tokens_of } from './driver.js';
import { expected, probe_schema_of, schema_of } from './execution.js';
import { Invalid } from './pricing.js';

const FOLDER = fileURLToPath(new URL('../../cases/cost/', import.meta.url));

// Flow YAML on one line, whose words are texts.
function flow(text) {
  return JSON.parse(text.replace(/"[^"]*"|[A-Za-z_]\w*/g, (word) => (word.startsWith('"') ? word : `"${word}"`)));
}

function read_case(block) {
  const found = {};
  let open;
  for (const line of block.split('\n')) {
    const key = /^(\w+): ?(.*)$/.exec(line);
    if (open && (line.startsWith('  ') || line === '')) found[open] += `${line.slice(2)}\n`;
    else if (key && key[2] === '|') { [, open] = key; found[open] = ''; }
    else if (key) { [, , found[key[1]]] = key; open = undefined; }
    else if (!line.startsWith('#') && line !== '') throw new Error(`not a line of a case: ${line}`);
  }
  return found;
}

function wanted_figures(text) {
  const parts = text.split(', ').map((part) => part.split(' '));
  return Object.fromEntries(parts.map(([name, value]) => [name, Number(value)]));
}

function executed(one) {
  const schemas = { real: schema_of(one.schema), probe: probe_schema_of(one.schema) };
  const call = { query: one.query, variables: JSON.parse(one.variables ?? '{}'), operationName: one.operation };
  return expected(schemas, flow(one.graphql ?? '{}'), call);
}

// Columns in code points; graphql-js counts UTF-16 units.
function syntax_place(query) {
  try {
    parse(query);
  } catch (error) {
    const { line, column } = error.locations[0];
    const before = query.split('\n')[line - 1].slice(0, column - 1);
    return `${line}:${[...before].length + 1}`;
  }
  return undefined;
}

// Fields and types that the schema lacks are executed by nobody, and priced all the same.
function beyond_schema(one) {
  const errors = validate(schema_of(one.schema), parse(one.query));
  return errors.map((e) => e.message).find((m) => /Cannot query field|Unknown type/.test(m));
}

// The figures that can be known, or why they cannot.
function known_figures(one) {
  const figures = { aliases: aliases_of(one.query), tokens: tokens_of(one.query) };
  if (!one.schema) return figures;
  const beyond = beyond_schema(one);
  if (beyond) return { ...figures, unexecuted: beyond };
  try {
    return { ...executed(one), ...figures };
  } catch (error) {
    if (error instanceof Invalid) return { invalid: error.message };
    if (error instanceof GraphQLError) return { ...figures, unexecuted: error.message };
    throw error;
  }
}

function problems(one) {
  const place = syntax_place(one.query);
  const invalid = /^graphql_invalid(?: (\d+:\d+))?/.exec(one.expect);
  const wants_a_place = invalid?.[1] !== undefined;
  if (place && invalid && !wants_a_place) return [];
  if (place || wants_a_place) return place === invalid?.[1] ? [] : [`graphql-js says ${place}`];
  const figures = known_figures(one);
  if (invalid) return figures.complexity === undefined || /^graphql_invalid \(/.test(one.expect) ? [] : ['is executed'];
  if (figures.invalid) return [`is invalid: ${figures.invalid}`];
  if (figures.unexecuted) console.log(`not executed: ${one.title}\n  ${figures.unexecuted}`);
  const wanted = Object.entries(wanted_figures(one.expect));
  return wanted.filter(([name, value]) => figures[name] !== undefined && figures[name] !== value)
    .map(([name, value]) => `${name} is ${figures[name]}, not ${value}`);
}

let wrong = 0;
let cases = 0;
for (const file of readdirSync(FOLDER).filter((f) => f.endsWith('.txt'))) {
  for (const block of readFileSync(FOLDER + file, 'utf8').split(/^----$/m)) {
    const one = { ...read_case(block.trim()), title: `${file}: ${block.trim().split('\n')[0]}` };
    cases++;
    for (const problem of problems(one)) {
      wrong++;
      console.log(`${one.title}\n  ${problem}`);
    }
  }
}
console.log(`${cases} cases, ${wrong} wrong.`);
process.exitCode = wrong > 0 ? 1 : 0;
