/**
 * Links in messages by which their reader does one thing without a log-in. A link holds a secret, of which only the hash
 * is stored; it serves one purpose, for the alerts that fired when its message was sent, for 24 h. Opening it changes
 * nothing, because mail scanners open links: its page has a button.
 */
import type { Clock } from '../../shared/clock.ts';
import { EvenkeelError, fail } from '../../shared/errors.ts';
import { oneOf } from '../../shared/matchers.ts';
import { fieldOf } from '../../shared/metrics.ts';
import { defaultLanguage, word } from '../../shared/words/index.ts';
import type { NamedRule } from '../../shared/words/names.ts';
import type { RuleTemplates } from '../../shared/words/rule-texts.ts';
import { shownInstant } from '../../shared/zone.ts';
import { hashSecret, makeSecret } from '../accounts/secret.ts';
import type { AcknowledgementRequest } from '../alerts/acknowledgement.ts';
import { asTemplates, outsideTexts } from '../outside/texts.ts';
import { chunks } from '../state/chunks.ts';
import type { Database } from '../state/database.ts';
import type { State } from '../state/open.ts';
import { messageLink } from '../tickets/events.ts';

export type ActPurpose = Database['act_links']['purpose'];

/** One alert as the page of a link shows it. */
export interface ActAlert {
  id: string;
  rule: NamedRule;
  endpoint: { id: string; name: string };
  metric: string;
  tags: Readonly<Record<string, string>>;
  unit: string;
  severity: 'info' | 'warning' | 'critical';
  state: 'pending' | 'firing' | 'unknown' | 'resolved';
  value: number | null;
  threshold: number | null;
  since: number;
  resolvedAt: number | null;
  acknowledged: { by: string; at: number; until: number | null } | null;
  ticket: number | null;
  /** As its rule or other monitoring has them; the rule's are filled in for the reader. */
  texts: RuleTemplates;
}

export interface ActRequest {
  purpose: ActPurpose;
  /** For whom the message was; null: for whoever reads the channel. */
  user: string | null;
  expiresAt: number;
  usedAt: number | null;
  /** As they are now, worst and longest first; those that were deleted since are missing. */
  alerts: readonly ActAlert[];
}

/** What silences alerts; `by` is its author. */
export type SilenceAlerts = (alerts: readonly ActAlert[], until: number, by: string) => Promise<void>;

export interface ActLinks {
  /** Paths for one message; undefined where there is nothing to do about it. */
  make(alerts: readonly string[], user: string | null): Promise<Partial<Record<ActPurpose, string>>>;
  /** @throws EvenkeelError ACT_UNKNOWN, ACT_EXPIRED; so does `use` */
  read(token: string): Promise<ActRequest>;
  /** Does it. @throws EvenkeelError CONFLICT where nothing is left to do */
  use(token: string): Promise<void>;
}

export interface ActParts {
  state: State;
  clock: Clock;
  /** Report zone, IANA. */
  zone: string;
  ruleNamed(id: string): NamedRule;
  /** What a rule says of its alerts. */
  templatesOf?(rule: string): RuleTemplates;
  acknowledge(alert: string, request: AcknowledgementRequest): Promise<void>;
  /** Null: messages have no link for it. */
  silence: SilenceAlerts | null;
}

const lifeMs = 24 * 3_600_000;
/** A matcher takes 1,024 characters. */
const inMatcher = 50;

interface Silencing {
  create(given: { matchers: readonly string[]; reason: string; end: number }, by: string): Promise<unknown>;
}

/** These rules on these endpoints, by their ids: names may be given twice. */
export const silencing =
  (silences: () => Silencing): SilenceAlerts =>
  async (alerts, end, by) => {
    const engine = silences();
    const reason = word(defaultLanguage, 'actor.message link');
    const families = alerts.map(({ rule }) => rule.level_of ?? rule.id);
    const endpoints = [...new Set(alerts.map(({ endpoint }) => endpoint.id))];
    for (const some of chunks(endpoints, inMatcher))
      await engine.create({ matchers: [oneOf('rule', families), oneOf('endpoint', some)], reason, end }, by);
  };

export const silenceMs = 2 * 3_600_000;
/** An outage of a large site is one group: so many are one row of 115 kB for each link. */
const alertsAtMost = 5_000;
/** As many as the page lists. */
const textsAtMost = 20;
const weights = { critical: 2, warning: 1, info: 0 } as const;

/** Those that the button of this link would change. */
export function waiting({ purpose, alerts, usedAt }: Pick<ActRequest, 'purpose' | 'alerts' | 'usedAt'>): ActAlert[] {
  const open = alerts.filter(({ state }) => state === 'firing' || state === 'unknown');
  // Pressed twice, a second silence would begin.
  if (purpose === 'silence') return usedAt === null ? open : [];
  return open.filter(({ acknowledged }) => acknowledged === null);
}

export function createActLinks(parts: ActParts): ActLinks {
  const { state, clock, zone } = parts;

  async function find(token: string) {
    const hash = hashSecret(token);
    const row = await state.selectFrom('act_links').selectAll().where('token_hash', '=', hash).executeTakeFirst();
    if (!row) throw fail('ACT_UNKNOWN');
    if (row.expires_at <= clock.now()) throw fail('ACT_EXPIRED', { at: shownInstant(row.expires_at, zone) });
    if (row.user_name !== null && !(await mayAct(row.user_name))) throw fail('ACT_UNKNOWN');
    return row;
  }

  /** Who was disabled since, or may only look, does nothing by an old message either. */
  async function mayAct(user: string): Promise<boolean> {
    const found = state.selectFrom('users').select(['role', 'disabled_at']).where('name', '=', user);
    const { role = 'viewer', disabled_at = null } = (await found.executeTakeFirst()) ?? {};
    return role !== 'viewer' && disabled_at === null;
  }

  async function alertsOf(ids: readonly string[]): Promise<ActAlert[]> {
    const found = state
      .selectFrom('alerts')
      .leftJoin('endpoints', 'endpoints.id', 'alerts.endpoint')
      .selectAll('alerts')
      .select('endpoints.name as endpoint_name');
    const rows = [];
    for (const some of chunks(ids)) rows.push(...(await found.where('alerts.id', 'in', some).execute()));
    return rows
      .map((row): ActAlert => {
        const { acknowledged_by: by, acknowledged_at: at, acknowledged_until: until } = row;
        return {
          ...{ id: row.id, metric: row.metric, severity: row.severity, state: row.state },
          ...{ value: row.value, threshold: row.threshold, resolvedAt: row.resolved_at },
          rule: parts.ruleNamed(row.rule),
          endpoint: { id: row.endpoint, name: row.endpoint_name ?? row.endpoint },
          tags: JSON.parse(row.tags) as Record<string, string>,
          unit: fieldOf(row.metric)?.unit ?? 'number',
          since: row.fired_at ?? row.pending_at,
          acknowledged: by === null || at === null ? null : { by, at, until },
          ticket: row.ticket,
          texts: parts.templatesOf?.(row.rule) ?? {},
        };
      })
      .sort((a, b) => weights[b.severity] - weights[a.severity] || a.since - b.since);
  }

  async function requestOf(row: Awaited<ReturnType<typeof find>>): Promise<ActRequest> {
    const { purpose, user_name: user, expires_at: expiresAt, used_at: usedAt } = row;
    const alerts = await alertsOf(JSON.parse(row.alerts) as string[]);
    for (const [n, alert] of alerts.slice(0, textsAtMost).entries()) {
      const said = alert.metric === 'outside.alert' ? await outsideTexts(state, alert.id) : null;
      if (said) alerts[n] = { ...alert, texts: asTemplates(said) };
    }
    return { ...{ purpose, user, expiresAt, usedAt }, alerts };
  }

  return {
    async make(alerts, user) {
      const some = alerts.slice(0, alertsAtMost);
      if (some.length === 0 || (user !== null && !(await mayAct(user)))) return {};
      const at = clock.now();
      const purposes: readonly ActPurpose[] = parts.silence === null ? ['acknowledge'] : ['acknowledge', 'silence'];
      const made = purposes.map((purpose) => ({ purpose, token: makeSecret() }));
      const shared = { alerts: JSON.stringify(some), user_name: user, made_at: at, expires_at: at + lifeMs };
      const rows = made.map(({ purpose, token }) => ({
        ...{ token_hash: hashSecret(token), purpose, used_at: null },
        ...shared,
      }));
      await state.insertInto('act_links').values(rows).execute();
      return Object.fromEntries(made.map(({ purpose, token }) => [purpose, `/act/${token}`]));
    },
    read: async (token) => requestOf(await find(token)),
    async use(token) {
      const row = await find(token);
      const request = await requestOf(row);
      const some = waiting(request);
      if (some.length === 0) throw fail('CONFLICT', { problem: 'none of these alerts waits for it any more' });
      const now = clock.now();
      const by = request.user ?? messageLink;
      const once = state.updateTable('act_links').set({ used_at: now }).where('token_hash', '=', row.token_hash);
      const first = (await once.where('used_at', 'is', null).executeTakeFirst()).numUpdatedRows === 1n;
      if (request.purpose === 'acknowledge') return acknowledgeAll(some, by);
      if (!first || parts.silence === null) return;
      try {
        await parts.silence(some, now + silenceMs, by);
      } catch (thrown) {
        await state.updateTable('act_links').set({ used_at: null }).where('token_hash', '=', row.token_hash).execute();
        throw thrown;
      }
    },
  };

  /** Together, so that they are one commit; what has ended in this moment needs none. */
  async function acknowledgeAll(some: readonly ActAlert[], by: string): Promise<void> {
    const isOver = (thrown: unknown) => thrown instanceof EvenkeelError && thrown.code === 'CONFLICT';
    const each = some.map(({ id }) =>
      parts.acknowledge(id, { by, via: 'link' }).catch((thrown: unknown) => {
        if (!isOver(thrown)) throw thrown;
      }),
    );
    await Promise.all(each);
  }
}
