// What Tollgate estimates is what executing the operation produces: random schemas, configurations and calls, executed
// by graphql-js, which collects, merges, skips and enters fragments by itself.
//
// EXPLAIN_LINES names the program that answers `explain --json` line by line. COST_SEED and COST_CASES choose other
// cases; COST_CASE makes one case again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cases_of, mistake } from './cost_oracle/compare.js';
import { explain_all } from './cost_oracle/driver.js';
import { shrink } from './cost_oracle/shrink.js';

const { COST_SEED, COST_CASES = '1000', COST_CASE } = process.env;
const SEEDS = COST_SEED ? [Number(COST_SEED)] : [1, 2, 3];
const MOST_SHOWN = 2;

function described(one, got) {
  return [
    `COST_SEED=${one.seed} COST_CASE=${one.number}: the call ${mistake(one, got)}`,
    `schema:\n${one.sdl}`,
    `graphql: ${JSON.stringify(one.graphql)}`,
    `query:\n${one.query}`,
    `variables: ${JSON.stringify(one.variables)}`,
    `operationName: ${one.operationName}`,
    `expected: ${JSON.stringify(one.expected)}`,
    `got: ${JSON.stringify(got)}`,
  ].join('\n');
}

for (const seed of SEEDS) {
  test(`every call of seed ${seed} is estimated at what its execution produces`, () => {
    assert.ok(process.env.EXPLAIN_LINES, 'EXPLAIN_LINES must name the program that explains line by line.');
    const from = Number(COST_CASE ?? 0);
    const cases = [...cases_of(seed, from, COST_CASE ? from + 1 : Number(COST_CASES))];
    const answers = explain_all(cases);
    const failed = cases.filter((one, i) => mistake(one, answers[i]));
    const shown = failed.slice(0, MOST_SHOWN).map(shrink);
    const again = shown.length > 0 ? explain_all(shown) : [];
    const text = shown.map((one, i) => described(one, again[i])).join('\n\n');
    assert.equal(failed.length, 0, `${failed.length} of ${cases.length} calls; the first, made smaller:\n${text}`);
  });
}
