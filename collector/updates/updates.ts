/**
 * Updates of agents: the admin turns them on and starts a release; rings decide whose turn it is, its setting `update` is delivered
 * with the others, and what agents say of it moves the rings on or stops them. State is written before anything is sent.
 */
import type { EndpointUpdate, UpdateSettings, UpdateSummary } from '../../shared/agent-update.ts';
import type { UpdateReport } from '../../shared/update.ts';
import { updateLevel } from '../../shared/agent-level.ts';
import type { Clock } from '../../shared/clock.ts';
import { fail } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { AgentConfig } from '../../shared/report.ts';
import type { UpdatePlace } from '../../shared/update-choices.ts';
import type { OwnAlerts } from '../alerts/own.ts';
import { updateStopped } from '../alerts/own-rules.ts';
import type { ChangeFeed } from '../change-feed.ts';
import type { Endpoint, Fleet } from '../fleet/fleet.ts';
import { oneAtATime } from '../fleet/turns.ts';
import type { SeriesStore } from '../series/series.ts';
import { createGroup } from '../state/group.ts';
import type { State } from '../state/open.ts';
import type { FoundRelease, ReleaseFolder } from './release-folder.ts';
import { decide, isCutOff, isTold, type RingDecision, type RingFacts, type RingMachine, type Turn } from './rings.ts';
import { endpointsOf, machineOf, summaryOf, type UpdateSight } from './shown.ts';
import {
  changeRollout,
  forget,
  type Rollout,
  readRollouts,
  readSettings,
  readTurns,
  readUpdatesSaid,
  saveDecision,
  saveRollout,
  saveSettings,
  saveUpdateSaid,
} from './store.ts';
import { lookWhetherWorse } from './worse.ts';

export interface UpdateParts {
  state: State;
  fleet: Fleet;
  series: Pick<SeriesStore, 'query'>;
  folder: ReleaseFolder;
  clock: Clock;
  log: Log;
  changeFeed: ChangeFeed;
}

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
  stop(reason: string, by: string): Promise<void>;
  resume(reason: string, by: string): Promise<void>;
  withdraw(reason: string, by: string): Promise<void>;
  folder: Pick<ReleaseFolder, 'manifest' | 'pathOf'>;
  retired(id: string): Promise<void>;
  /** From here on endpoints are told. */
  start(tell: (endpoint: string) => void, alerts: Pick<OwnAlerts, 'own' | 'ownTags'>): void;
  close(): Promise<void>;
}

const lookEveryMs = 5000;
const compareEveryMs = 15 * 60_000;
const rolloutsShown = 20;

export async function createUpdates(parts: UpdateParts): Promise<Updates> {
  const { state, fleet, folder, clock, log, changeFeed } = parts;
  let settings = await readSettings(state);
  let rollouts = await readRollouts(state, rolloutsShown);
  let turns = new Map<string, Turn>();
  const said = await readUpdatesSaid(state);
  const hearing = oneAtATime();
  const group = createGroup(state);
  let tell: ((endpoint: string) => void) | undefined;
  let alerts: Pick<OwnAlerts, 'own' | 'ownTags'> | undefined;
  let found: FoundRelease | null = null;
  /** Silence before that is our own: we were off, or cut off. */
  let listeningSince = clock.now();
  let isPaused = false;
  let timer: NodeJS.Timeout | undefined;
  let soon: NodeJS.Timeout | undefined;
  let working: Promise<unknown> = Promise.resolve();

  const current = (): Rollout | null => {
    const [newest] = rollouts;
    return newest && (newest.state === 'running' || newest.state === 'stopped') ? newest : null;
  };
  await reload();

  async function reload(): Promise<void> {
    rollouts = await readRollouts(state, rolloutsShown);
    const [newest] = rollouts;
    turns = newest ? await readTurns(state, newest.id) : new Map();
  }

  /** One after the other: each is judged by what the one before has left. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = working.then(work);
    working = done.catch(() => undefined);
    return done;
  }

  const machines = (): RingMachine[] =>
    [...fleet.all()].map((one) => machineOf(one, turns.get(one.id) ?? null, said.get(one.id) ?? null));

  /** The release that is rolled out, where it still lies in the folder. */
  const released = (rollout: Rollout) => (found?.release.sequence === rollout.sequence ? found : null);

  function factsOf(rollout: Rollout, release: FoundRelease): RingFacts {
    const { version, from, files } = release.release;
    return {
      ...{ now: clock.now(), numbers: settings.numbers, rollout, machines: machines(), listeningSince },
      release: { version, from, files: files.filter(({ name }) => release.there.has(name)) },
    };
  }

  const sight = async (): Promise<UpdateSight> => {
    const { folder: path, found: there, problem } = await folder.look();
    const [newest = null] = rollouts;
    return { fleet, settings, rollouts, rollout: current() ?? newest, turns, said, path, found: there, problem, isPaused };
  };

  /** Those that are told something else now. */
  function deliver(ids: Iterable<string>): void {
    for (const id of ids)
      try {
        tell?.(id);
      } catch (thrown) {
        log.warn({ err: thrown, endpoint: id }, 'Could not send its update to an agent; it follows when it connects');
      }
    changeFeed.publish({ kind: 'agent_update' });
  }

  const toldNow = () => [...turns].flatMap(([id, turn]) => (isTold(turn) ? [id] : []));

  async function raise(): Promise<void> {
    if (!alerts) return;
    const stopped = current()?.state === 'stopped' && current()?.stop?.why !== 'person' ? current() : null;
    if (stopped) await alerts.own(updateStopped, { version: stopped.version }, true, stopped.endedAt);
    for (const { version = '' } of alerts.ownTags(updateStopped))
      if (version !== stopped?.version) await alerts.own(updateStopped, { version }, false);
  }

  /** Every step is decided by what is kept: after an end in the middle it is decided again, and is the same. */
  async function look(): Promise<void> {
    const rollout = current();
    if (!rollout || !settings.on) return;
    found = (await folder.look()).found;
    const release = released(rollout);
    if (!release) return;
    const now = clock.now();
    const facts = factsOf(rollout, release);
    const wasPaused = isPaused;
    isPaused = isCutOff(facts);
    if (wasPaused && !isPaused) listeningSince = now;
    const expired = now >= Date.parse(release.release.expires);
    const decision = decide(facts, isPaused || rollout.state === 'stopped' || expired);
    if (rollout.state === 'stopped') decision.stop = null;
    else decision.stop ??= await compared(rollout, decision, now);
    if (decision.stop) Object.assign(decision, { offers: [], stage: null });
    const { results, taken, offers, stage, stop } = decision;
    if (results.length + taken.length + offers.length === 0 && !stage && !stop) {
      if (wasPaused !== isPaused) changeFeed.publish({ kind: 'agent_update' });
      return;
    }
    const before = new Set(toldNow());
    await state
      .transaction()
      .execute((db) => saveDecision(db, rollout.id, decision, now, (id) => fleet.get(id)?.version ?? null));
    await reload();
    const after = new Set(stop ? [] : toldNow());
    if (stop) log.error({ version: rollout.version, ...stop }, 'Stopped the roll-out of a release to agents');
    else if (stage) log.info({ version: rollout.version, ring: stage }, 'A release goes to the next ring of agents');
    deliver(stop ? before : [...before.symmetricDifference(after)]);
    await raise();
  }

  async function compared(rollout: Rollout, { stage }: RingDecision, now: number) {
    if (stage === null && now - Math.max(rollout.judgedAt, rollout.startedAt) < compareEveryMs) return null;
    const { numbers } = settings;
    const about = { turns, ring: rollout.stage, version: rollout.version, numbers, now };
    const worse = await lookWhetherWorse(parts, about);
    await changeRollout(state, rollout.id, { judgedAt: now });
    rollout.judgedAt = now;
    // What a person has seen and went on with is measured anew from then.
    return worse && rollout.resumedAt > 0 && now - rollout.resumedAt < compareEveryMs ? null : worse;
  }

  function lookSoon(): void {
    if (current()?.state === undefined || !timer) return;
    soon ??= setTimeout(() => {
      soon = undefined;
      void tick();
    }, 1000).unref();
  }

  const tick = () =>
    inTurn(look).catch((thrown: unknown) => log.error({ err: thrown }, 'Could not look after an update; tried again'));

  const unsubscribe = changeFeed.subscribe((change) => {
    if (change.kind === 'endpoint') lookSoon();
  });

  /** @throws EvenkeelError CONFLICT */
  function inState(...states: Rollout['state'][]): Rollout {
    const rollout = current();
    if (rollout && states.includes(rollout.state)) return rollout;
    const now = rollout ? `the roll-out of ${rollout.version} is ${rollout.state}` : 'no release is being rolled out';
    throw fail('CONFLICT', { problem: `${now}; this is for one that is ${states.join(' or ')}` });
  }

  async function end(rollout: Rollout, change: Parameters<typeof changeRollout>[2]): Promise<void> {
    const before = toldNow();
    await changeRollout(state, rollout.id, change);
    await reload();
    deliver(before);
    await raise();
  }

  return {
    settingsFor({ id, level }) {
      const rollout = current();
      const turn = turns.get(id);
      if (!settings.on || rollout?.state !== 'running' || !turn || !isTold(turn)) return {};
      if ((level ?? 0) < updateLevel) return {};
      return { update: { allow: rollout.version, sequence: rollout.sequence } };
    },
    heard: ({ id }, now) =>
      hearing.run(id, async () => {
        const was = said.get(id);
        if (was && JSON.stringify(was) === JSON.stringify(now)) return;
        await group((db) => saveUpdateSaid(db, id, now));
        said.set(id, now);
        changeFeed.publish({ kind: 'agent_update' });
        lookSoon();
      }),
    summary: async () => summaryOf(await sight()),
    endpoints: async (id) => endpointsOf(await sight(), id),
    configure: (next) =>
      inTurn(async () => {
        await saveSettings(state, next);
        const before = settings;
        settings = next;
        if (before.on !== next.on) deliver(toldNow());
        else changeFeed.publish({ kind: 'agent_update' });
      }).then(lookSoon),
    begin: (version, sequence, reason, by) =>
      inTurn(async () => {
        if (!settings.on)
          throw fail('CONFLICT', { problem: 'updates of agents are off; turn them on first, on the page Agent updates' });
        const { found: there, problem } = await folder.look();
        if (!there || problem)
          throw fail('CONFLICT', {
            problem: `the folder has no release that may be rolled out (${problem?.code ?? 'none'}); the page Agent updates says why`,
          });
        const { release } = there;
        if (release.version !== version || release.sequence !== sequence)
          throw fail('CONFLICT', {
            problem: `the folder has ${release.version} (number ${release.sequence}) by now, not ${version} (number ${sequence}); look at it again`,
          });
        const highest = Math.max(0, ...rollouts.map((one) => one.sequence));
        if (sequence < highest)
          throw fail('CONFLICT', {
            problem: `number ${sequence} is older than ${highest}, which was rolled out before; agents refuse a number that falls`,
          });
        await folder.verify(there);
        const before = toldNow();
        const made = { version, sequence, startedAt: clock.now(), by, reason };
        await state.transaction().execute((db) => saveRollout(db, made));
        await reload();
        listeningSince = clock.now();
        deliver(before);
        await raise();
        log.info({ version, sequence, by }, 'Began to roll out a release to agents');
        await look();
      }),
    stop: (_reason, _by) =>
      inTurn(async () => {
        const rollout = inState('running');
        const stop = { why: 'person' as const, ring: rollout.stage, found: 0, limit: 0 };
        await end(rollout, { state: 'stopped', stop, endedAt: clock.now() });
      }),
    resume: () =>
      inTurn(async () => {
        const rollout = inState('stopped');
        await changeRollout(state, rollout.id, {
          ...{ state: 'running', stop: null, endedAt: null, resumedAt: clock.now() },
        });
        await reload();
        deliver(toldNow());
        await raise();
      }).then(lookSoon),
    withdraw: () =>
      inTurn(() => end(inState('running', 'stopped'), { state: 'withdrawn', endedAt: clock.now() })),
    folder,
    async retired(id) {
      said.delete(id);
      turns.delete(id);
      await forget(state, id);
    },
    start(send, through) {
      tell = send;
      alerts = through;
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

export type { UpdatePlace };
