/** All mirrors of the settings: what taps the journal for them, and how they are. */
import type { Registry } from 'prom-client';
import type { Clock } from '../../shared/clock.ts';
import { reasonOf } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { MetricsOwner } from '../../shared/metrics-prometheus.ts';
import type { MirrorView } from '../../shared/mirror.ts';
import type { OwnAlerts } from '../alerts/own.ts';
import { mirrorBehind } from '../alerts/own-rules.ts';
import type { BlockTap } from '../series/tap.ts';
import { createMirrorClient, type MirrorClient } from './client.ts';
import { countMirrors } from './counters.ts';
import { mirrorKinds } from './index.ts';
import type { EndpointNow, MirrorFormat, MirrorSettings } from './mirror.ts';
import { type MirrorQueue, openMirrorQueue } from './queue.ts';
import { createSender, type LossReason, type MirrorSender } from './sender.ts';

export interface MirrorParts {
  settings: readonly MirrorSettings[];
  /** Where what waits is kept. */
  file: string;
  clock: Clock;
  log: Log;
  /** Of an endpoint that is not known any more its id alone. */
  ownerOf(endpoint: string): MetricsOwner;
  everyMs?: number;
  retryMs?: readonly [number, number];
  deadlineMs?: number;
}

type RaisedAlerts = Pick<OwnAlerts, 'own' | 'ownTags'>;

export interface Mirrors {
  /** Given to the series store; null where no mirror is set. */
  tap: BlockTap | null;
  view(): MirrorView[];
  /** From now on it is counted, alerts are raised, and gauges of now are sent as well. @returns what ends it */
  start(parts: { registry: Registry; alerts: RaisedAlerts; endpoints(): EndpointNow[] }): () => void;
}

interface RunningMirror {
  settings: MirrorSettings;
  format: MirrorFormat;
  client: MirrorClient;
  sender: MirrorSender;
}

/** A receiver that is restarted alerts nobody. */
const awayMs = 10 * 60_000;
/** An alert of samples that were lost ends when none was for so long. */
const calmMs = 60 * 60_000;
const lookEveryMs = 30_000;

export function createMirrors(parts: MirrorParts): Mirrors {
  const { settings, clock, log } = parts;
  const everyMs = parts.everyMs ?? 1000;
  const tallies = new Map(settings.map(({ name }) => [name, newTally()]));
  const tallyOf = (name: string) => tallies.get(name) as MirrorTally;
  const lose = (name: string, samples: number, reason: LossReason) => {
    const tally = tallyOf(name);
    tally.lost.set(reason, (tally.lost.get(reason) ?? 0) + samples);
    tally.lostAt = clock.now();
    if (reason === 'full') {
      tally.fullAt = clock.now();
      log.error({ mirror: name, samples }, 'Samples were given up for a mirror: more wait than its settings keep');
    } else log.warn({ mirror: name, samples, reason }, 'A mirror refuses samples; they are not sent again');
  };
  let queue: MirrorQueue | null = null;
  let running: RunningMirror[] = [];
  let timer: NodeJS.Timeout | undefined;

  const tap: BlockTap = {
    open({ dictionary, lastBlock }) {
      const names = { dictionary, ownerOf: parts.ownerOf };
      const given = settings.map(({ name, keepBytes }) => ({ name, keepBytes }));
      const lost = (name: string, samples: number) => lose(name, samples, 'full');
      const opened = openMirrorQueue({ file: parts.file, lastBlock, mirrors: given, log, lost });
      queue = opened;
      running = settings.map((one) => {
        const kind = mirrorKinds.find(({ kind }) => kind === one.kind);
        if (!kind) throw new Error(`there is no kind of mirror "${one.kind}"`);
        const format = kind.format(names);
        const headers = {
          ...format.headers,
          'user-agent': 'evenkeel',
          ...(one.authorization === null ? {} : { authorization: one.authorization }),
          ...(one.tenant === null ? {} : { 'x-scope-orgid': one.tenant }),
        };
        const client = createMirrorClient(format.target(new URL(one.url)), headers, parts.deadlineMs ?? 30_000);
        const sender = createSender(
          {
            ...{ name: one.name, url: one.url, queue: opened, format, client, log, everyMs },
            sent: (samples) => {
              tallyOf(one.name).sent += samples;
              tallyOf(one.name).sentAt = clock.now();
            },
            lost: (samples, reason) => lose(one.name, samples, reason),
            retryMs: parts.retryMs ?? [1000, 60_000],
          },
          clock.now,
        );
        return { settings: one, format, client, sender };
      });
      timer = setInterval(() => opened.flush(), everyMs);
      timer.unref();
      for (const { sender } of running) sender.start();
    },
    write: (block) => queue?.add(block),
    keep: () => queue?.flush(),
    erase(endpoints) {
      queue?.erase(new Set(endpoints.map(({ id }) => id)));
      for (const { sender } of running) sender.restart();
    },
    async close() {
      clearInterval(timer);
      queue?.flush();
      await Promise.all(running.map(({ sender }) => sender.stop()));
      queue?.close();
      queue = null;
    },
  };

  const view = (): MirrorView[] =>
    running.map(({ settings: { name, kind, url, keepBytes }, sender: { trouble } }) => {
      const { sent, sentAt, lost, lostAt } = tallyOf(name);
      return {
        ...{ name, kind, url, keepBytes, sent, sentAt, lostAt },
        waitingBytes: queue?.waitingBytes(name) ?? 0,
        lost: Object.fromEntries(lost),
        trouble: trouble?.reason ?? null,
        troubleSince: trouble?.since ?? null,
      };
    });

  async function look(alerts: RaisedAlerts): Promise<void> {
    const now = clock.now();
    for (const { settings: one, sender } of running) {
      const { fullAt } = tallyOf(one.name);
      const since = sender.trouble?.since ?? null;
      const isAway = since !== null && now - since > awayMs;
      const isLosing = fullAt !== null && now - fullAt < calmMs;
      await alerts.own(mirrorBehind, { mirror: one.name }, isAway || isLosing, since ?? fullAt ?? now);
    }
    for (const { mirror = '' } of alerts.ownTags(mirrorBehind))
      if (!tallies.has(mirror)) await alerts.own(mirrorBehind, { mirror }, false);
  }

  return {
    tap: settings.length === 0 ? null : tap,
    view,
    start({ registry, alerts, endpoints }) {
      if (settings.length > 0) countMirrors(registry, view);
      const lookNow = () => {
        look(alerts).catch((thrown: unknown) =>
          log.error({ err: thrown }, 'Could not raise or end the alert of a mirror'),
        );
        for (const { format, client, sender } of running) {
          if (format.encodeNow === null || sender.trouble !== null) continue;
          const body = format.encodeNow(endpoints(), clock.now());
          client
            .send(body)
            .catch((thrown: unknown) => log.debug({ reason: reasonOf(thrown) }, 'Gauges of now missed a mirror'));
        }
      };
      const looking = setInterval(lookNow, Math.min(lookEveryMs, everyMs * 30));
      looking.unref();
      lookNow();
      return () => clearInterval(looking);
    },
  };
}

interface MirrorTally {
  sent: number;
  sentAt: number | null;
  lost: Map<LossReason, number>;
  lostAt: number | null;
  /** When samples were given up because too many waited. */
  fullAt: number | null;
}

const newTally = (): MirrorTally => ({ sent: 0, sentAt: null, lost: new Map(), lostAt: null, fullAt: null });
