/** Every captured sample of a backup product, read through the thin mapping in samples.ts. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { agrees, kinds, type Sample } from './samples.ts';

const here = dirname(fileURLToPath(import.meta.url));
/** Our own captures are always here; the larger collection lies beside the repository where it is developed. */
const folders = [join(here, '../../fixtures/backup'), join(here, '../../../../shared/fixtures')].filter(existsSync);

interface Meta {
  id: string;
  exitCode: number | null;
  inputs: Record<string, string>;
  expected: Record<string, unknown>;
}

function load(folder: string): { meta: Meta; sample: Sample } {
  const meta = JSON.parse(readFileSync(join(folder, 'meta.json'), 'utf8')) as Meta;
  const files = Object.fromEntries(
    Object.entries(meta.inputs).map(([role, file]) => [role, readFileSync(join(folder, file), 'utf8')]),
  );
  return { meta, sample: { code: meta.exitCode, files } };
}

const test = suite('backup samples');

for (const [kind, read] of Object.entries(kinds)) {
  const samples = folders
    .map((folder) => join(folder, kind))
    .filter(existsSync)
    .flatMap((folder) => readdirSync(folder).map((id) => join(folder, id)))
    .filter((folder) => existsSync(join(folder, 'meta.json')));
  if (samples.length === 0) continue;
  test(`reads every sample of ${kind}`, () => {
    const wrong: string[] = [];
    let right = 0;
    for (const folder of samples) {
      const { meta, sample } = load(folder);
      const { tolerance, ...expected } = meta.expected;
      const found = read(sample) as Record<string, unknown>;
      for (const [key, value] of Object.entries(expected)) {
        if (key in found && agrees(value, found[key], Number(tolerance ?? 0))) right += 1;
        else wrong.push(`${meta.id} ${key}: expected ${JSON.stringify(value)}, read ${JSON.stringify(found[key])}`);
      }
    }
    console.log(`\nFIGURE ${kind} read ${right + wrong.length} right ${right} wrong ${wrong.length}`);
    assert.is(wrong.join('\n'), '');
  });
}

test('there is something to read', () => {
  assert.ok(folders.length > 0, 'no samples found');
});

test.run();
