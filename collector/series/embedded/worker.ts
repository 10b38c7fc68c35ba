/**
 * The worker thread's entry: DuckDB runs here, so that neither a chart nor a merge blocks the broker. It owns no
 * durable state: what it writes counts only once the store has recorded it.
 */
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { reasonOf } from '../../../shared/errors.ts';
import { blockOf } from '../journal/record.ts';
import { type Compactor, compactGeneration, createCompactor, expire, holdsAny, rewriteWithout } from './compact.ts';
import { type Duck, openDuck } from './duck.ts';
import { createHold, createManifest, type Manifest } from './manifest.ts';
import { createMerges, type Merges } from './merges.ts';
import type { Damage, FromWorker, Plan, RequestKind, Requests, Start, ToWorker } from './messages.ts';
import type { Segment } from './plan.ts';
import { answer, newest } from './read.ts';
import { damageOf, pathOf, removeFiles, removeOrphans, wrongSizes } from './segments.ts';
import { createTail } from './tail.ts';

function serve(port: MessagePort, start: Start): void {
  const post = (message: FromWorker) => port.postMessage(message);
  const tail = createTail();
  /** The removal of files that no query reads any more. If it fails, the next start removes them as orphans. */
  let removal: Promise<unknown> = Promise.resolve();
  const manifest: Manifest = createManifest(start.segments, (segments) => {
    removal = removal.then(() => removeFiles(start.folder, segments)).catch(() => undefined);
  });
  let lastId = start.nextId;
  const folder = { path: start.folder, nextId: () => ++lastId };

  let duck: Duck;
  let compactor: Compactor;
  let merges: Merges;
  /** The plan of the last step until it is installed or withdrawn. */
  let planned: Plan | null = null;

  /** Moves damaged files aside and reports them. @returns whether there were any */
  async function quarantine(suspects: readonly Segment[]): Promise<boolean> {
    const damaged: Damage[] = [];
    for (const segment of suspects) {
      const reason = await damageOf(start.folder, segment);
      if (reason !== null) damaged.push({ segment, reason });
    }
    if (damaged.length === 0) return false;
    await mkdir(join(start.folder, 'quarantine'), { recursive: true });
    manifest.forget(damaged.map(({ segment }) => segment));
    for (const damage of damaged) {
      const { file } = damage.segment;
      // A file that is missing altogether cannot be moved; it can only be dropped from the manifest.
      await rename(pathOf(start.folder, damage.segment), join(start.folder, 'quarantine', file)).catch(() => undefined);
      post({ kind: 'damaged', damage });
    }
    return true;
  }

  /** Runs `read`; when it fails because of damaged files, runs it a second time without them. */
  async function sparing<T>(suspects: () => readonly Segment[], read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (thrown) {
      if (!(await quarantine(suspects()))) throw thrown;
      return read();
    }
  }

  async function nextStep(step: Requests['step']['ask']): Promise<Plan | null> {
    if (planned) await install({ durable: false });
    planned = expire(manifest.segments, step);
    const generation = planned ? undefined : tail.seal(step);
    if (generation) planned = await compactGeneration(compactor, folder, generation, step);
    planned ??= merges.take();
    if (planned) return planned;
    const merging = merges.start(step.now);
    if (!merging || !step.wait) return null;
    await merging;
    return nextStep(step);
  }

  async function install({ durable }: { durable: boolean }): Promise<null> {
    const plan = planned;
    planned = null;
    if (!plan) return null;
    if (!durable) {
      await removeFiles(start.folder, plan.added);
      return null;
    }
    // One turn of the loop for both: a query sees the blocks or the segments.
    manifest.replace(plan.added, plan.removed);
    if (plan.through !== null) tail.drop();
    await removal;
    return null;
  }

  /** Only while no merge runs: its output would hold them again. */
  async function eraseNext({ endpoints, after }: Requests['erase']['ask']): Promise<Plan | null> {
    if (planned) await install({ durable: false });
    const next = manifest.segments
      .filter(
        ({ id, minEndpoint, maxEndpoint }) =>
          id > after && endpoints.some((one) => one >= minEndpoint && one <= maxEndpoint),
      )
      .sort((a, b) => a.id - b.id);
    for (const segment of next) {
      // A damaged file would make a sound-looking one.
      if (await quarantine([segment])) continue;
      if (!(await holdsAny(compactor.connection, folder, segment, endpoints))) continue;
      planned = await rewriteWithout(compactor.connection, folder, segment, endpoints);
      return planned;
    }
    return null;
  }

  const handlers: { [K in RequestKind]: (ask: Requests[K]['ask']) => Promise<Requests[K]['answer']> } = {
    async open({ since }) {
      await mkdir(join(start.folder, 'segments'), { recursive: true });
      await removeOrphans(start.folder, manifest.segments);
      await quarantine(await wrongSizes(start.folder, manifest.segments));
      duck = await openDuck(start.folder, start);
      compactor = createCompactor(await duck.connect());
      const done = () => post({ kind: 'merged' });
      merges = createMerges({ connection: await duck.connect(), folder, manifest, quarantine, done });
      return sparing(
        () => manifest.segments.filter(({ resolution }) => resolution === '1h'),
        () => newest(duck, start.folder, manifest, since),
      );
    },
    step: nextStep,
    erase: eraseNext,
    install,
    hold: createHold(manifest),
    query: (question) =>
      sparing(
        () => manifest.segments.filter(({ resolution }) => resolution === question.resolution),
        () => manifest.reading((segments) => answer(duck, start.folder, segments, tail, question)),
      ),
    async close() {
      compactor?.connection.interrupt();
      await Promise.allSettled([...working, merges?.close()]);
      compactor?.connection.closeSync();
      duck?.close();
      return null;
    },
  };

  /** Requests without an answer yet: DuckDB must not be closed under them. */
  const working = new Set<Promise<unknown>>();

  async function handle(message: Exclude<ToWorker, { kind: 'blocks' }>): Promise<void> {
    const handler = handlers[message.kind] as (ask: unknown) => Promise<Requests[RequestKind]['answer']>;
    const work = handler(message.ask);
    if (message.kind !== 'close') working.add(work);
    try {
      post({ kind: 'answer', id: message.id, answer: await work });
    } catch (thrown) {
      post({ kind: 'failed', id: message.id, reason: reasonOf(thrown) });
    } finally {
      working.delete(work);
    }
    if (message.kind === 'close') port.close();
  }

  port.on('message', (message: ToWorker) => {
    if (message.kind === 'blocks') for (const { id, bytes } of message.blocks) tail.add(blockOf(id, bytes));
    else void handle(message);
  });
}

if (!parentPort) throw new Error('The series worker is started by the series store only.');
serve(parentPort, workerData as Start);
