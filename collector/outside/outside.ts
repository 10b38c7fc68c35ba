/**
 * Takes alerts of other monitoring. Each becomes an alert of ours under its labels; who sent it, and the texts that came
 * with it, are kept beside it.
 */
import { createHash } from 'node:crypto';
import type { Clock } from '../../shared/clock.ts';
import { fail } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { escaped, escapedLines } from '../../shared/safe-text.ts';
import { bucketOf } from '../../shared/topics.ts';
import type { Sample } from '../alerts/batch.ts';
import { collectorId, outsideFamily, outsideLevels } from '../alerts/own-rules.ts';
import { createDueQueue } from '../due.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { State } from '../state/open.ts';
import { insertRows } from '../state/rows.ts';

export interface OutsideAlert {
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  /** Since when, as its sender says, ms UTC; null: it does not say. */
  startsAt: number | null;
  /** Over at this instant, or unless it is sent again, ms UTC; null: only when its sender says so. */
  endsAt: number | null;
  isOver: boolean;
  /** http or https: where its sender shows it. */
  url: string | null;
}

export interface Outside {
  /** @param sender the token that they came with. @throws EvenkeelError TOO_MANY_ALERTS, and then none of them was taken */
  take(alerts: readonly OutsideAlert[], sender: string): Promise<void>;
  /** Reads what fires from before, and ends what runs out from then on. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Ends what has run out. Called by itself. */
  tick(): Promise<void>;
}

export interface OutsideParts {
  state: State;
  clock: Clock;
  log: Log;
  fleet: Pick<Fleet, 'get' | 'all'>;
  /** Verdicts about alerts; saved when it resolves. */
  said(samples: readonly Sample[]): Promise<void>;
}

/** Each is kept in memory, and looked at by people. */
const outsideAtMost = 2000;
const lookEveryMs = 5_000;
const textAtMost = 1000;
const labelsAtMost = 32;

/** In this order: the first that names an endpoint. */
const hostLabels = ['endpoint', 'host', 'hostname', 'node', 'instance'];
const severities: Readonly<Record<string, 'info' | 'critical'>> = {
  ...Object.fromEntries(
    ['critical', 'page', 'error', 'high', 'fatal', 'disaster', 'emergency'].map((name) => [name, 'critical']),
  ),
  ...Object.fromEntries(
    ['info', 'information', 'informational', 'none', 'low', 'notice', 'debug'].map((name) => [name, 'info']),
  ),
};
const rank = { info: 0, warning: 1, critical: 2 } as const;

/** What is none of the known words is a warning. */
const severityOf = ({ severity = '' }: OutsideAlert['labels']) => severities[severity.toLowerCase()] ?? 'warning';

const cut = (text: string, atMost: number, clear = escaped) => {
  const clean = clear(text);
  return clean.length > atMost ? `${clean.slice(0, atMost - 1)}…` : clean;
};

export function createOutside({ state, clock, log, fleet, said }: OutsideParts): Outside {
  const due = createDueQueue();
  /** The sample that ended it would have, by key. */
  const firing = new Map<string, Pick<Sample, 'key' | 'endpoint' | 'tags'>>();
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<unknown> = Promise.resolve();

  function sampleOf({ key, endpoint, tags }: Pick<Sample, 'key' | 'endpoint' | 'tags'>, worst: number): Sample {
    const levels = outsideLevels.map((rule) => {
      const status = rank[rule.severity] <= worst ? ('breach' as const) : ('clear' as const);
      return { rule, status, value: null, threshold: null };
    });
    return { key, endpoint, family: outsideFamily, metric: 'outside.alert', tags, levels };
  }

  async function take(alerts: readonly OutsideAlert[], sender: string): Promise<void> {
    const find = finderIn(fleet);
    const found = alerts.map((alert) => {
      const endpoint = find(alert.labels) ?? collectorId;
      return { ...alert, endpoint, key: keyOf(endpoint, alert.labels), tags: tagsOf(alert.labels) };
    });
    const begun = found.filter(({ isOver }) => !isOver);
    const fresh = new Set(begun.map(({ key }) => key).filter((key) => !firing.has(key)));
    if (firing.size + fresh.size > outsideAtMost)
      throw fail('TOO_MANY_ALERTS', { limit: outsideAtMost, count: firing.size, more: fresh.size });
    const now = clock.now();
    // Its texts first: the alert may be looked at as soon as it is there.
    const rows = begun.map(({ key, endpoint, labels, annotations, url, endsAt }) => ({
      ...{
        key,
        endpoint,
        bucket: bucketOf(endpoint),
        labels: textsOf(labels),
        annotations: textsOf(annotations, escapedLines),
      },
      ...{ url, sender, ends_at: endsAt, updated_at: now },
    }));
    await state.transaction().execute((db) => insertRows(db, 'outside_alerts', lastOfEach(rows), replaced));
    for (const { key, endpoint, tags, isOver, endsAt } of found) {
      if (isOver) firing.delete(key);
      else firing.set(key, { key, endpoint, tags });
      due.set(key, isOver ? null : endsAt);
    }
    const endedBefore = await lastEnds(begun.map(({ key }) => key));
    const samples = found.map((one) => {
      if (one.isOver) return { ...sampleOf(one, -1), ...(one.endsAt === null ? {} : { until: one.endsAt }) };
      // Where a person ended it while its sender goes on, it begins again then and not as it once began.
      const since = Math.max(one.startsAt ?? now, endedBefore.get(one.key) ?? 0);
      const isTold = since < now && now - since <= toldAtMostMs;
      return { ...sampleOf(one, rank[severityOf(one.labels)]), ...(isTold ? { since } : {}) };
    });
    await said(samples);
  }

  /** When those of these that were here before ended last. */
  async function lastEnds(keys: readonly string[]): Promise<ReadonlyMap<string, number>> {
    if (keys.length === 0) return new Map();
    const rows = await state
      .selectFrom('alerts')
      .select(({ fn }) => ['key', fn.max('resolved_at').as('at')])
      .where('key', 'in', [...new Set(keys)])
      .groupBy('key')
      .execute();
    return new Map(rows.map(({ key, at }) => [key, Number(at ?? 0)]));
  }

  async function tick(): Promise<void> {
    const over: Sample[] = [];
    for (let next = due.take(clock.now()); next; next = due.take(clock.now())) {
      const one = firing.get(next.key);
      firing.delete(next.key);
      if (one) over.push({ ...sampleOf(one, -1), until: next.at });
    }
    if (over.length > 0) await said(over);
  }

  return {
    take: (alerts, sender) => {
      const done = running.then(() => take(alerts, sender));
      running = done.catch(() => undefined);
      return done;
    },
    tick,
    async start() {
      const rows = await state
        .selectFrom('alerts')
        .leftJoin('outside_alerts', 'outside_alerts.key', 'alerts.active_key')
        .select(['alerts.active_key', 'alerts.endpoint', 'alerts.tags', 'outside_alerts.ends_at'])
        .where('alerts.active_key', 'is not', null)
        .where(
          'alerts.rule',
          'in',
          outsideLevels.map(({ id }) => id),
        )
        .execute();
      for (const { active_key: key, endpoint, tags, ends_at } of rows) {
        if (key === null) continue;
        firing.set(key, { key, endpoint, tags: JSON.parse(tags) as Record<string, string> });
        // While this collector was off, nobody could say that it goes on.
        due.set(key, ends_at === null ? null : Math.max(ends_at, clock.now() + graceMs));
      }
      timer = setInterval(() => {
        running = running
          .then(tick)
          .catch((thrown) => log.error({ err: thrown }, 'Could not end alerts from outside yet; tried again'));
      }, lookEveryMs);
      timer.unref();
    },
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}

/** An older start is a clock that is wrong, or would change what reports of past months say. */
const toldAtMostMs = 30 * 24 * 3_600_000;
/** Prometheus repeats what fires each minute. */
const graceMs = 5 * 60_000;
const replaced =
  'on conflict (key) do update set labels = excluded.labels, annotations = excluded.annotations, url = excluded.url, sender = excluded.sender, ends_at = excluded.ends_at, updated_at = excluded.updated_at';

const lastOfEach = <T extends { key: string }>(rows: readonly T[]): T[] => [
  ...new Map(rows.map((row) => [row.key, row])).values(),
];

/** What people read keeps its lines, what selects stays on one. */
const textsOf = (texts: Readonly<Record<string, string>>, clear = escaped): string =>
  JSON.stringify(
    Object.fromEntries(Object.entries(texts).map(([name, text]) => [cut(name, 128), cut(text, textAtMost, clear)])),
  );

/** What its alert shows: all labels but the severity, which the level says. */
function tagsOf(labels: OutsideAlert['labels']): Record<string, string> {
  const shown = Object.entries(labels)
    .filter(([name, text]) => name !== 'severity' && text !== '')
    .sort(([a], [b]) => Number(b === 'alertname') - Number(a === 'alertname') || (a < b ? -1 : 1))
    .slice(0, labelsAtMost);
  return Object.fromEntries(shown.map(([name, text]) => [cut(name, 128), cut(text, 200)]));
}

/** All labels count, however many and long they are; the severity may change. */
function keyOf(endpoint: string, { severity: _, ...labels }: OutsideAlert['labels']): string {
  const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${endpoint}/${outsideFamily}/${createHash('sha256').update(JSON.stringify(sorted)).digest('hex').slice(0, 32)}`;
}

/** By id or name; `web-1.example.org:9100` is web-1, too. A name that two have is nobody's. */
function finderIn({ get, all }: OutsideParts['fleet']): (labels: OutsideAlert['labels']) => string | null {
  let byName: Map<string, string | null> | undefined;
  const names = () => {
    if (byName) return byName;
    byName = new Map();
    for (const { id, name } of all()) {
      const known = name.toLowerCase();
      byName.set(known, byName.has(known) ? null : id);
    }
    return byName;
  };
  return (labels) => {
    for (const label of hostLabels) {
      const text = labels[label];
      if (text === undefined || text === '') continue;
      if (get(text)) return text;
      const host = text.toLowerCase().replace(/:\d+$/, '');
      const id = names().get(host) ?? names().get(host.split('.', 1)[0] as string);
      if (id) return id;
    }
    return null;
  };
}
