// The dashboards of deploy/grafana.
import { readFileSync } from 'node:fs';

const FOLDER = new URL('../../../deploy/grafana/', import.meta.url);
export const DASHBOARDS = ['overview', 'budgets'].map((name) => JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), 'utf8')));
