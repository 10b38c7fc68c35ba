/** Samples on disk: our own captures are always here; the larger collection lies beside the repository where it is developed. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Sample } from './samples.ts';

const here = dirname(fileURLToPath(import.meta.url));
const folders = [join(here, '../../fixtures/backup'), join(here, '../../../../shared/fixtures')].filter(existsSync);

export interface Meta {
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

export function samplesOf(kind: string): { meta: Meta; sample: Sample }[] {
  return folders
    .map((folder) => join(folder, kind))
    .filter(existsSync)
    .flatMap((folder) => readdirSync(folder).map((id) => join(folder, id)))
    .filter((folder) => existsSync(join(folder, 'meta.json')))
    .map(load);
}
