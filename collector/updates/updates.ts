/**
 * Updates of agents: the admin turns them on and starts a release; rings decide whose turn it is, its setting `update` is delivered
 * with the others, and what agents say of it moves the rings on or stops them. State is written before anything is sent.
 */
import { updateLevel } from '../../shared/agent-level.ts';
import type { EndpointUpdate, UpdateSettings, UpdateSummary } from '../../shared/agent-update.ts';
import { fail } from '../../shared/errors.ts';
import type { AgentConfig } from '../../shared/report.ts';
import type { UpdateReport } from '../../shared/update.ts';
import type { Endpoint } from '../fleet/fleet.ts';
import { oneAtATime } from '../fleet/turns.ts';
import { createGroup } from '../state/group.ts';
import { createUpdateMemory } from './memory.ts';
import type { PackageFolder } from './release-folder.ts';
import { isTold } from './rings.ts';
import { endpointsOf, summaryOf, type UpdateSight } from './shown.ts';
import { changeRollout, forget, type KeptRollout, saveRollout, saveSettings, saveUpdateSaid } from './store.ts';
import { createUpdateWatch, type UpdateParts, type UpdateWatch } from './watch.ts';

export interface Updates {
  /** What an endpoint is told at present. */
  settingsFor(endpoint: Endpoint): Pick<AgentConfig, 'update'>;
  /** What an agent says of its own update. */
  heard(endpoint: Endpoint, said: UpdateReport): Promise<void>;
  summary(): Promise<UpdateSummary>;
  /** All, or one. */
  endpoints(id?: string): Promise<EndpointUpdate[]>;
  /** @throws EvenkeelError CONFLICT where it is off, expired, replayed, or not whole */
  begin(version: string, sequence: number, reason: string, by: string): Promise<void>;
  configure(settings: UpdateSettings): Promise<void>;
  /** @throws EvenkeelError CONFLICT where there is nothing to stop, to resume or to withdraw */
  stop(): Promise<void>;
  resume(): Promise<void>;
  withdraw(): Promise<void>;
  folder: Pick<PackageFolder, 'manifest' | 'pathOf'>;
  retired(id: string): Promise<void>;
  /** From here on endpoints are told. */
  start: UpdateWatch['start'];
  close(): Promise<void>;
}

const lookEveryMs = 5000;
/** What many say at once is looked at once. */
const gatherMs = 1000;

export async function createUpdates(parts: UpdateParts): Promise<Updates> {
  const { state, fleet, folder, clock, log, changeFeed } = parts;
  const memory = await createUpdateMemory(state);
  const watch = createUpdateWatch(parts, memory);
  const hearing = oneAtATime();
  const group = createGroup(state);
  let timer: NodeJS.Timeout | undefined;
  let soon: NodeJS.Timeout | undefined;
  let working: Promise<unknown> = Promise.resolve();

  /** One after the other: each is judged by what the one before has left. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = working.then(work);
    working = done.catch(() => undefined);
    return done;
  }

  const tick = () =>
    inTurn(watch.look).catch((thrown: unknown) => {
      log.error({ err: thrown }, 'Could not look after an update of agents; tried again');
    });

  function lookSoon(): void {
    if (!timer || memory.current() === null) return;
    soon ??= setTimeout(() => {
      soon = undefined;
      void tick();
    }, gatherMs).unref();
  }

  const unsubscribe = changeFeed.subscribe(({ kind }) => {
    if (kind === 'endpoint') lookSoon();
  });

  async function sight(): Promise<UpdateSight> {
    const { folder: path, found, problem } = await folder.look();
    return { ...memory, ...{ fleet, path, found, problem, current: memory.current(), isPaused: watch.isPaused() } };
  }

  /** @throws EvenkeelError CONFLICT */
  function rolloutThatIs(...states: KeptRollout['state'][]): KeptRollout {
    const rollout = memory.current();
    if (rollout && states.includes(rollout.state)) return rollout;
    const now = rollout ? `the roll-out of ${rollout.version} is ${rollout.state}` : 'no release is being rolled out';
    throw fail('CONFLICT', { problem: `${now}; this is for one that is ${states.join(' or ')}` });
  }

  async function change(rollout: KeptRollout, to: Parameters<typeof changeRollout>[2]): Promise<void> {
    await changeRollout(state, rollout.id, to);
    await memory.reload();
    watch.deliver(memory.told());
    await watch.raise();
  }

  async function begin(version: string, sequence: number, reason: string, by: string): Promise<void> {
    if (!memory.settings.on)
      throw fail('CONFLICT', { problem: 'updates of agents are off; turn them on first, on the page Agent updates' });
    const { found, problem } = await folder.look();
    if (!found || problem)
      throw fail('CONFLICT', {
        problem: `the folder has no release that may be rolled out (${problem?.code ?? 'none'}); the page Agent updates says why`,
      });
    const { release } = found;
    if (release.version !== version || release.sequence !== sequence)
      throw fail('CONFLICT', {
        problem: `the folder has ${release.version} (number ${release.sequence}) by now, not ${version} (number ${sequence}); look at it again`,
      });
    const highest = Math.max(0, ...memory.rollouts.map((one) => one.sequence));
    if (sequence < highest)
      throw fail('CONFLICT', {
        problem: `number ${sequence} is older than ${highest}, which was rolled out before; agents refuse a number that falls`,
      });
    await folder.verify(found);
    const before = memory.told();
    const made = { version, sequence, startedAt: clock.now(), by, reason };
    await state.transaction().execute((db) => saveRollout(db, made));
    await memory.reload();
    watch.listens();
    watch.deliver(before);
    await watch.raise();
    log.info({ version, sequence, by }, 'Began to roll out a release to agents');
    await watch.look();
  }

  return {
    settingsFor({ id, level }) {
      const rollout = memory.current();
      const turn = memory.turns.get(id);
      if (!memory.settings.on || rollout?.state !== 'running' || !turn || !isTold(turn)) return {};
      return (level ?? 0) < updateLevel ? {} : { update: { allow: rollout.version, sequence: rollout.sequence } };
    },
    heard: ({ id }, now) =>
      hearing.run(id, async () => {
        if (JSON.stringify(memory.said.get(id)) === JSON.stringify(now)) return;
        await group((db) => saveUpdateSaid(db, id, now));
        memory.said.set(id, now);
        changeFeed.publish({ kind: 'agent_update' });
        lookSoon();
      }),
    summary: async () => summaryOf(await sight()),
    endpoints: async (id) => endpointsOf(await sight(), id),
    configure: (next) =>
      inTurn(async () => {
        await saveSettings(state, next);
        memory.settings = next;
        watch.deliver(memory.told());
      }).then(lookSoon),
    begin: (...release) => inTurn(() => begin(...release)),
    stop: () =>
      inTurn(async () => {
        const rollout = rolloutThatIs('running');
        const stop = { why: 'person' as const, ring: rollout.stage, found: 0, limit: 0 };
        await change(rollout, { state: 'stopped', stop, endedAt: clock.now() });
      }),
    resume: () =>
      inTurn(async () => {
        const again = { state: 'running' as const, stop: null, endedAt: null, resumedAt: clock.now() };
        await change(rolloutThatIs('stopped'), again);
      }).then(lookSoon),
    withdraw: () =>
      inTurn(() => change(rolloutThatIs('running', 'stopped'), { state: 'withdrawn', endedAt: clock.now() })),
    folder,
    async retired(id) {
      memory.said.delete(id);
      memory.turns.delete(id);
      await forget(state, id);
    },
    start(tell, alerts) {
      watch.start(tell, alerts);
      timer = setInterval(() => void tick(), lookEveryMs);
      timer.unref();
      void tick();
    },
    async close() {
      clearInterval(timer);
      clearTimeout(soon);
      timer = undefined;
      unsubscribe();
      await working;
    },
  };
}
