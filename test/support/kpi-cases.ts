/** The worked KPI cases that lie beside the project, where they do; the tests pass without them on cases of our own. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';

export interface KpiCase {
  id: string;
  fn: string;
  title: string;
  // biome-ignore lint/suspicious/noExplicitAny: each function has a shape of its own, mapped where it is used
  input: any;
  expected: Record<string, unknown>;
  tolerance?: Record<string, number>;
}

const file = fileURLToPath(new URL('../../../shared/kpi-cases.json', import.meta.url));
const document = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { calendars: {}, cases: [] };

// biome-ignore lint/suspicious/noExplicitAny: calendars as written in the file
export const caseCalendars: Record<string, any> = document.calendars;

export function casesOf(fn: string): KpiCase[] {
  return document.cases.filter((one: KpiCase) => one.fn === fn);
}

/** Compares the listed outputs only, with the tolerance of the case (`*`, `*_pct`, or the name of the output). */
export function compare(one: KpiCase, got: Record<string, unknown>): void {
  for (const [key, expected] of Object.entries(one.expected)) compareLeaf(one, key, expected, got[key]);
}

function compareLeaf(one: KpiCase, key: string, expected: unknown, value: unknown): void {
  if (typeof expected === 'number' && typeof value === 'number') {
    const suffix = Object.keys(one.tolerance ?? {}).find((k) => k.startsWith('*_') && key.endsWith(k.slice(1)));
    const tolerance =
      one.tolerance?.[key] ?? (suffix ? one.tolerance?.[suffix] : undefined) ?? one.tolerance?.['*'] ?? 0;
    assert.ok(Math.abs(value - expected) <= tolerance + 1e-12, `${one.id} ${key}: expected ${expected}, got ${value}`);
  } else if (Array.isArray(expected) && Array.isArray(value)) {
    assert.is(value.length, expected.length, `${one.id} ${key}`);
    expected.forEach((item, n) => {
      compareLeaf(one, key, item, value[n]);
    });
  } else if (isRecord(expected) && isRecord(value)) {
    for (const [name, part] of Object.entries(expected)) compareLeaf(one, name, part, value[name]);
  } else if (typeof expected === 'string' && typeof value === 'number') {
    assert.is(new Date(value).toISOString(), new Date(expected).toISOString(), `${one.id} ${key}`);
  } else {
    assert.equal(value, expected, `${one.id} ${key}`);
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
