// Asks the program under test: EXPLAIN_LINES names one that reads a JSON object a line and answers each with the line
// that `explain --json` prints.
import { spawnSync } from 'node:child_process';
import { Lexer, Source, TokenKind, parse, visit } from 'graphql';
import { thousandths } from './thousandths.js';

export function explain_all(cases) {
  const input = cases.map(({ sdl, graphql, query, variables, operationName }) => JSON.stringify({
    schema: sdl, graphql, query, variables, operationName,
  })).join('\n');
  const done = spawnSync(process.env.EXPLAIN_LINES, { input: `${input}\n`, maxBuffer: 1 << 30, encoding: 'utf8' });
  const lines = done.stdout.split('\n').filter(Boolean);
  if (done.status !== 0 || lines.length !== cases.length) {
    const end = done.status ?? done.signal ?? done.error;
    throw new Error(`${process.env.EXPLAIN_LINES} answered ${lines.length} of ${cases.length} lines, and ended with ` +
      `${end}.\nThe next question: ${input.split('\n')[lines.length]}\n${done.stderr}`);
  }
  return lines.map((line) => JSON.parse(line));
}

export function tokens_of(query) {
  const lexer = new Lexer(new Source(query));
  let count = 0;
  while (lexer.advance().kind !== TokenKind.EOF) count++;
  return count;
}

export function aliases_of(query) {
  let count = 0;
  visit(parse(query), { Field(node) { count += node.alias ? 1 : 0; } });
  return count;
}

const exact = (number) => BigInt(Math.round(number * 1000));

// A root field of a mutation may show mutation_field within its weight or beside it.
function node_problem(node, mutation_field) {
  if (node.cost > 2 ** 40) return undefined;
  const below = (node.fields ?? []).reduce((sum, f) => sum + exact(f.cost), 0n);
  const own = exact(node.arguments) + BigInt(node.count) * exact(node.weight);
  const total = (own < 0n ? 0n : own) + BigInt(node.count) * below;
  if ([total, total + mutation_field].includes(exact(node.cost))) return undefined;
  return `${node.response}: cost ${node.cost}, but ${node.arguments} + ${node.count} x (${node.weight} + ` +
    `${Number(below) / 1000}) is ${Number(total) / 1000}`;
}

function tree_problem(fields, mutation_field) {
  for (const node of fields) {
    if (node.field === '__schema' || node.field === '__type') continue;
    const problem = node_problem(node, mutation_field) ?? tree_problem(node.fields ?? [], 0n);
    if (problem) return problem;
  }
  return undefined;
}

// What does not add up in the tree of an answer, or undefined. Sums near the end of exact numbers are not looked at.
export function tree_mistake(answer, { operation, mutation_field }) {
  if (answer.complexity > 2 ** 40) return undefined;
  const problem = tree_problem(answer.tree, answer.operation === 'mutation' ? thousandths(mutation_field) : 0n);
  if (problem) return problem;
  const sum = answer.tree.reduce((total, f) => total + exact(f.cost), thousandths(operation[answer.operation]));
  const whole = sum <= 0n ? 0 : Number((sum + 999n) / 1000n);
  return whole === answer.complexity ? undefined : `the tree adds up to ${whole}, not to ${answer.complexity}`;
}
