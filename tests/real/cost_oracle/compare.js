// One case: the schema, the configuration and the call, what executing it produces, and what the program answered.
import { Random, mix } from './random.js';
import { random_schema } from './random_schema.js';
import { random_query } from './random_query.js';
import { expected, probe_schema_of, schema_of, TooLarge } from './execution.js';
import { cost_settings, Invalid } from './pricing.js';
import { aliases_of, tokens_of, tree_mistake } from './driver.js';

const QUERIES_OF_A_SCHEMA = 10;
const FIGURES = ['complexity', 'mutations', 'depth', 'aliases', 'tokens'];

// The figures, or { invalid: why }; undefined where the case is too large to execute.
export function expectation(schemas, graphql, call, random) {
  try {
    const { complexity, mutations, depth } = expected(schemas, graphql, call, random);
    return { complexity, mutations, depth, aliases: aliases_of(call.query), tokens: tokens_of(call.query) };
  } catch (error) {
    if (error instanceof Invalid) return { invalid: error.message };
    if (error instanceof TooLarge) return undefined;
    throw error;
  }
}

// The cases with numbers `from` to `to` of a seed; each can be made again alone.
export function* cases_of(seed, from, to) {
  for (let number = from; number < to; number++) {
    const schema_number = Math.floor(number / QUERIES_OF_A_SCHEMA);
    const { sdl, graphql } = random_schema(new Random(mix(seed, schema_number)));
    const schemas = { real: schema_of(sdl), probe: probe_schema_of(sdl) };
    const random = new Random(mix(seed + 7919, number));
    const call = random_query(random, schemas.real);
    const wanted = expectation(schemas, graphql, call, random);
    if (wanted) yield { seed, number, sdl, graphql, ...call, expected: wanted };
  }
}

// What is wrong with an answer, or undefined.
export function mistake({ expected: wanted, graphql }, got) {
  if (wanted.invalid) {
    return got.error?.reason === 'graphql_invalid' ? undefined : `is not refused, but: ${wanted.invalid}`;
  }
  if (got.error) return `is refused: ${JSON.stringify(got.error)}`;
  const wrong = FIGURES.filter((name) => got[name] !== wanted[name]);
  if (wrong.length > 0) return wrong.map((name) => `${name} is ${got[name]}, not ${wanted[name]}`).join(', ');
  return tree_mistake(got, cost_settings(graphql));
}
