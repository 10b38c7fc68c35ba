/**
 * Captured outputs of real tools, when the folder of samples lies beside the repository: `<kind>/<id>/` holds the input
 * byte for byte and meta.json with what a correct reader must get from it. Without the folder the tests have their own.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { textOfBytes } from '../../agent/checks/parse.ts';

const folder = fileURLToPath(new URL('../../../shared/fixtures/', import.meta.url));

export interface Sample {
  kind: string;
  id: string;
  exitCode: number | null;
  notes: string;
  source: string;
  expected: Record<string, unknown>;
  /** Text of the input with that role; empty when the sample has none. */
  text(role: string): string;
  has(role: string): boolean;
  roles: string[];
}

export const samplesAreHere = existsSync(folder);

/** All samples of a kind; none when the folder is not there. */
export function samplesOf(kind: string): Sample[] {
  const path = join(folder, kind);
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .filter((id) => existsSync(join(path, id, 'meta.json')))
    .map((id) => {
      const meta = JSON.parse(readFileSync(join(path, id, 'meta.json'), 'utf8'));
      const inputs: Record<string, string> = meta.inputs ?? {};
      return {
        kind,
        id,
        exitCode: meta.exitCode ?? null,
        notes: String(meta.notes ?? ''),
        source: String(meta.source ?? ''),
        expected: meta.expected ?? {},
        roles: Object.keys(inputs),
        has: (role) => role in inputs,
        text: (role) => (inputs[role] === undefined ? '' : textOfBytes(readFileSync(join(path, id, inputs[role])))),
      } satisfies Sample;
    });
}

/** Lists of which a sample may name the first entries only. */
const partial = /^(first|samples|devices|disks)/;

/**
 * Compares every key of `expected`; objects by the keys expected, lists in order and (unless partial) by length, times
 * ending in Z with milliseconds, numbers within the absolute tolerance.
 * @returns one line a difference
 */
export function differences(expected: unknown, actual: unknown, tolerance: number, path = ''): string[] {
  const wrong = () => [`${path}: wanted ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`];
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual)) return wrong();
    const some = partial.test(path.split('.').at(-1) ?? '');
    if (!some && actual.length !== expected.length) return wrong();
    // Lists of words are sets: the order in which a tool names them carries nothing.
    if (expected.every((item) => typeof item === 'string'))
      return [...expected].sort().join('\n') === [...actual].sort().join('\n') ? [] : wrong();
    return expected.flatMap((item, index) => {
      const here = differences(item, actual[index], tolerance, `${path}[${index}]`);
      // Where only some are named they may stand anywhere.
      return here.length > 0 && some && actual.some((other) => differences(item, other, tolerance, '').length === 0)
        ? []
        : here;
    });
  }
  if (typeof expected === 'object' && expected !== null) {
    if (typeof actual !== 'object' || actual === null) return wrong();
    return Object.entries(expected).flatMap(([key, value]) =>
      key === 'note' || key === 'tolerance'
        ? []
        : differences(value, (actual as Record<string, unknown>)[key], tolerance, path === '' ? key : `${path}.${key}`),
    );
  }
  if (typeof expected === 'number')
    return typeof actual === 'number' && Math.abs(actual - expected) <= tolerance ? [] : wrong();
  if (typeof expected === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(expected) && typeof actual === 'number')
    return Math.abs(Date.parse(expected) - actual) < 1 ? [] : wrong();
  return expected === actual ? [] : wrong();
}

/** Reads all samples of a kind through a mapping, prints the count, and gives what was wrong. */
export function checkKind(kind: string, map: (sample: Sample) => Record<string, unknown>): string[] {
  const samples = samplesOf(kind);
  const problems: string[] = [];
  let wrong = 0;
  for (const sample of samples) {
    const tolerance = typeof sample.expected.tolerance === 'number' ? sample.expected.tolerance : 1e-9;
    const found = differences(sample.expected, map(sample), tolerance);
    if (found.length > 0) wrong += 1;
    problems.push(...found.map((line) => `${sample.id}: ${line}`));
  }
  // uvu's own mark stands at the start of the line.
  console.log(`\nFIGURE ${kind} read ${samples.length} right ${samples.length - wrong} wrong ${wrong}`);
  return problems;
}
