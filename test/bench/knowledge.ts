/** `npm run bench -- knowledge [--texts 10000]`: what each key press of 40 questions costs among articles and tickets, on both databases. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clearDocuments, putDocuments } from '../../collector/knowledge/documents.ts';
import { search } from '../../collector/knowledge/search.ts';
import { driverOf, type StatePlace } from '../../collector/state/drivers/index.ts';
import { postgresPlace } from '../../collector/state/drivers/postgres-address.ts';
import { openState } from '../../collector/state/open.ts';
import { wordsOf } from '../support/arguments.ts';
import { judgedDocuments } from '../support/knowledge-corpus.ts';
import { questions } from '../support/knowledge-questions.ts';
import { postgresServer } from '../support/postgres.ts';

export async function run(args: string[]): Promise<void> {
  const { values } = wordsOf({ args, options: { texts: { type: 'string', default: '10000' } } });
  const half = Number(values.texts) / 2;
  const folder = mkdtempSync(join(tmpdir(), 'evenkeel-bench-knowledge-'));
  const server = await postgresServer();
  await measure('sqlite', { driver: 'sqlite', file: join(folder, 'state.db') }, half);
  if (typeof server === 'string') console.log(`SKIP postgres: ${server}`);
  else await measure('postgres', postgresPlace(server.url('bench'), null, null), half);
  rmSync(folder, { recursive: true, force: true });
}

async function measure(name: string, place: StatePlace, half: number): Promise<void> {
  const state = await openState(place);
  const { textIndex: index } = await driverOf(place);
  const docs = judgedDocuments(half, half);
  const began = performance.now();
  await state.transaction().execute((db) => clearDocuments(db, index));
  for (const kind of ['article', 'ticket'] as const) {
    const own = docs.filter((doc) => doc.kind === kind);
    const refs = [...new Set(own.map(({ ref }) => ref))];
    await state.transaction().execute((db) => putDocuments(db, index, kind, refs, own));
  }
  console.log(`${name}: ${docs.length} texts in ${((performance.now() - began) / 1000).toFixed(1)} s`);
  const took: number[] = [];
  for (const [question] of questions)
    for (let typed = 1; typed <= question.length; typed++) {
      const start = performance.now();
      await search({ state, index }, { text: question.slice(0, typed), language: 'en', limit: 20 });
      took.push(performance.now() - start);
    }
  took.sort((a, b) => a - b);
  const at = (share: number) => (took[Math.min(took.length - 1, Math.floor(took.length * share))] ?? 0).toFixed(1);
  console.log(
    `${name}: ${took.length} key presses, ms: median ${at(0.5)}, 95 % ${at(0.95)}, 99 % ${at(0.99)}, most ${at(1)}`,
  );
  await state.destroy();
}
