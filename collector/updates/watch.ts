/** Looks after the release that is rolled out: what became of each turn, who is next, whether it stops. State first, then whoever is told. */
import type { Clock } from '../../shared/clock.ts';
import { reasonOf } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { OwnAlerts } from '../alerts/own.ts';
import { updateStopped } from '../alerts/own-rules.ts';
import type { ChangeFeed } from '../change-feed.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { SeriesStore } from '../series/series.ts';
import type { State } from '../state/open.ts';
import { lookWhetherWorse } from './conditions.ts';
import type { UpdateMemory } from './memory.ts';
import type { AgentPackages, PackageFolder } from './release-folder.ts';
import { decide, isCutOff, type RingDecision, type RingFacts } from './rings.ts';
import { machineOf } from './shown.ts';
import { changeRollout, type KeptRollout, saveDecision } from './store.ts';

export interface UpdateParts {
  state: State;
  fleet: Fleet;
  series: Pick<SeriesStore, 'query'>;
  folder: PackageFolder;
  clock: Clock;
  log: Log;
  changeFeed: ChangeFeed;
}

export interface UpdateWatch {
  look(): Promise<void>;
  /** Many that are not being updated are silent together. */
  isPaused(): boolean;
  /** The collector hears agents from now on: silence before counts for nobody. */
  listens(): void;
  /** These are told something else now. */
  deliver(ids: Iterable<string>): void;
  /** The alert begins or ends. */
  raise(): Promise<void>;
  start(tell: (endpoint: string) => void, alerts: Pick<OwnAlerts, 'own' | 'ownTags'>): void;
}

const compareEveryMs = 15 * 60_000;

export function createUpdateWatch(parts: UpdateParts, memory: UpdateMemory): UpdateWatch {
  const { state, fleet, folder, clock, log, changeFeed } = parts;
  let tell: ((endpoint: string) => void) | undefined;
  let alerts: Pick<OwnAlerts, 'own' | 'ownTags'> | undefined;
  let listeningSince = clock.now();
  let isPaused = false;

  function factsOf(rollout: KeptRollout, { release, there }: AgentPackages): RingFacts {
    const { version, sequence, from, files } = release;
    const { turns, said, settings } = memory;
    return {
      ...{ now: clock.now(), numbers: settings.numbers, rollout, listeningSince },
      machines: [...fleet.all()].map((one) => machineOf(one, turns.get(one.id) ?? null, said.get(one.id) ?? null)),
      release: { version, sequence, from, files: files.filter(({ name }) => there.has(name)) },
    };
  }

  function deliver(ids: Iterable<string>): void {
    for (const id of ids)
      try {
        tell?.(id);
      } catch (thrown) {
        const reason = reasonOf(thrown);
        log.warn({ reason, endpoint: id }, 'Could not send its update to an agent; it follows when it connects');
      }
    changeFeed.publish({ kind: 'agent_update' });
  }

  async function raise(): Promise<void> {
    if (!alerts) return;
    const rollout = memory.current();
    const stopped = rollout?.state === 'stopped' && rollout.stop?.why !== 'person' ? rollout : null;
    if (stopped) await alerts.own(updateStopped, { version: stopped.version }, true, stopped.endedAt);
    for (const { version = '' } of alerts.ownTags(updateStopped))
      if (version !== stopped?.version) await alerts.own(updateStopped, { version }, false);
  }

  /** Before each next ring, and now and then. */
  async function compared(rollout: KeptRollout, { stage }: RingDecision, now: number) {
    if (stage === null && now - Math.max(rollout.judgedAt, rollout.startedAt) < compareEveryMs) return null;
    const about = { turns: memory.turns, ring: rollout.stage, version: rollout.version, now };
    const worse = await lookWhetherWorse(parts, {
      ...about,
      since: rollout.resumedAt,
      numbers: memory.settings.numbers,
    });
    await changeRollout(state, rollout.id, { judgedAt: now });
    rollout.judgedAt = now;
    return worse;
  }

  async function judged(rollout: KeptRollout, found: AgentPackages): Promise<RingDecision> {
    const facts = factsOf(rollout, found);
    const wasPaused = isPaused;
    isPaused = isCutOff(facts);
    if (wasPaused !== isPaused) changeFeed.publish({ kind: 'agent_update' });
    if (wasPaused && !isPaused) listeningSince = facts.now;
    const isExpired = facts.now >= Date.parse(found.release.expires);
    const decision = decide(facts, isPaused || isExpired || rollout.state === 'stopped');
    if (rollout.state === 'stopped') return { ...decision, stop: null };
    const stop = decision.stop ?? (await compared(rollout, decision, facts.now));
    return stop ? { ...decision, stop, offers: [], stage: null } : decision;
  }

  /** Decided by what is kept alone: after an end in the middle it is decided again, and is the same. */
  async function look(): Promise<void> {
    const rollout = memory.current();
    if (!rollout || !memory.settings.on) return;
    const { found } = await folder.look();
    // Another release lies in the folder: agents would not find this one.
    if (found?.release.sequence !== rollout.sequence) return;
    const decision = await judged(rollout, found);
    const { results, taken, offers, stage, stop } = decision;
    if (results.length + taken.length + offers.length === 0 && !stage && !stop) return;
    const before = new Set(memory.told());
    const versionOf = (id: string) => fleet.get(id)?.version ?? null;
    await state.transaction().execute((db) => saveDecision(db, rollout.id, decision, clock.now(), versionOf));
    await memory.reload();
    const { version } = rollout;
    if (stop) log.error({ version, ...stop }, 'Stopped the roll-out of a release to agents');
    else if (stage) log.info({ version, ring: stage }, 'A release goes to the next ring of agents');
    deliver(stop ? before : before.symmetricDifference(new Set(memory.told())));
    await raise();
  }

  return {
    look,
    isPaused: () => isPaused,
    listens() {
      listeningSince = clock.now();
    },
    deliver,
    raise,
    start(send, through) {
      tell = send;
      alerts = through;
    },
  };
}
