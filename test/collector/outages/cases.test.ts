/** The worked cases of inhibition and of site incidents, where their file is at hand. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { runInhibition, runSites } from './run.ts';

const file = fileURLToPath(new URL('../../../../shared/alert-cases.json', import.meta.url));
interface Case {
  id: string;
  fn: string;
  title: string;
  input: never;
  expected: unknown;
}
const cases = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { cases: Case[] }).cases : [];
const run: Record<string, (input: never) => unknown> = { inhibition: runInhibition, siteIncident: runSites };

if (!existsSync(file)) test('the worked cases are not at hand', () => console.log('the cases lie beside the project'));
for (const { id, fn, title, input, expected } of cases) {
  const judge = run[fn];
  if (judge) test(`${id} ${title}`, () => assert.equal(judge(input), expected));
}

test.run();
