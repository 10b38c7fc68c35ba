/** Silences in the shapes of the REST interface. */
import { fail } from '../../shared/errors.ts';
import type { HiddenAlert, SilencePreview, SilenceRow, SilenceSummary } from '../../shared/silence.ts';
import type { NamedRule } from '../../shared/words/names.ts';
import type { LiveAlert } from '../alerts/alert.ts';
import type { Labels } from '../alerts/labels.ts';
import { isLabel, type Matcher, matchesAll, textOfMatcher } from '../alerts/matcher.ts';
import type { AlertMemory } from '../alerts/memory.ts';
import { fires, type Suppressions } from '../alerts/suppressions.ts';
import { rankOf } from '../evaluate/book.ts';
import type { SuppressibleAlert } from '../outside/answers.ts';
import type { State } from '../state/open.ts';
import type { SilenceMemory } from './memory.ts';
import { type Silence, stateAt } from './model.ts';
import { matchersOf } from './people.ts';
import { silenceOf } from './save.ts';

export interface SilenceReadParts {
  state: State;
  silences: SilenceMemory;
  suppressions: Pick<Suppressions, 'suppressedBy'>;
  memory: Pick<AlertMemory, 'all' | 'byId'>;
  labels(alert: LiveAlert): Labels;
  named(endpoint: string): { id: string; name: string };
  ruleNamed(id: string): NamedRule;
  now(): number;
}

const shownAtMost = 20;
const pastAtMost = 200;

export type SilenceReads = ReturnType<typeof createSilenceReads>;

export function createSilenceReads(parts: SilenceReadParts) {
  const { state, silences, suppressions, memory, labels, named, ruleNamed, now } = parts;
  const firing = () => [...memory.all()].filter(fires);
  const fitting = (matchers: readonly Matcher[]) => firing().filter((alert) => matchesAll(matchers, labels(alert)));

  function shown(alerts: readonly LiveAlert[]): Pick<SilenceRow, 'alerts' | 'hides'> {
    const worst = alerts.toSorted(
      (a, b) => rankOf[b.rule.severity] - rankOf[a.rule.severity] || a.pendingAt - b.pendingAt,
    );
    const hides = worst.slice(0, shownAtMost).map((alert): HiddenAlert => {
      const { id, name } = named(alert.endpoint);
      const { severity } = alert.rule;
      const since = alert.firedAt ?? alert.pendingAt;
      return { id: alert.id, rule: ruleNamed(alert.rule.id), severity, endpoint: { id, name }, since };
    });
    return { alerts: alerts.length, hides };
  }

  function rowOf(silence: Silence): SilenceRow {
    const { id, matchers, reason, start, end, createdAt, createdBy, updatedAt, updatedBy } = silence;
    const at = now();
    const hidden = {
      active: () => [...silences.hidden(id)].flatMap((alert) => memory.byId(alert) ?? []),
      pending: () => fitting(matchers),
      over: () => [],
    };
    const present = stateAt(silence, at);
    return {
      ...{ id, matchers: matchers.map(textOfMatcher), reason, start, end, state: present },
      ...{ createdAt, createdBy, updatedAt, updatedBy },
      ...shown(hidden[present]()),
    };
  }

  async function find(id: string): Promise<Silence> {
    const known = silences.get(id);
    if (known) return known;
    const row = await state.selectFrom('silences').selectAll().where('id', '=', id).executeTakeFirst();
    if (!row) throw fail('NOT_FOUND', { what: 'silence', id });
    return silenceOf(row);
  }

  return {
    /** What fires, with its labels and why nobody is notified of it. */
    firing: (): SuppressibleAlert[] =>
      firing().map((alert) => {
        const silencedBy = [...silences.hiding(alert.id)];
        const isInhibited = [...suppressions.suppressedBy(alert.id)].some((kind) => kind !== 'silence');
        return { alert, labels: labels(alert), silencedBy, isInhibited };
      }),

    /** Those that hide an alert now, the one that ends last at the top: until then nobody is notified. */
    hiding: (alert: string): Silence[] =>
      [...silences.hiding(alert)].flatMap((id) => silences.get(id) ?? []).sort((a, b) => b.end - a.end),

    /** @throws EvenkeelError NOT_FOUND */
    row: async (id: string): Promise<SilenceRow> => rowOf(await find(id)),

    /** What it would hide. @throws EvenkeelError BAD_MATCHER, BAD_SILENCE */
    preview(texts: readonly string[]): Omit<SilencePreview, 'warnings'> {
      const matchers = matchersOf(texts);
      return { matchers: matchers.map(textOfMatcher), ...shown(fitting(matchers)), of: firing().length };
    },

    /** As it would hide this alert: its rule on its endpoint, and this instance of it. @throws EvenkeelError NOT_FOUND */
    proposal(id: string): Omit<SilencePreview, 'warnings'> {
      const alert = memory.byId(id);
      if (!alert) throw fail('NOT_FOUND', { what: 'current alert', id });
      const own = Object.entries(alert.tags).filter(([label]) => label !== 'host' && isLabel(label));
      const all = { rule: alert.family, host: named(alert.endpoint).name, ...Object.fromEntries(own) };
      const matchers = Object.entries(all).map(([label, value]) => textOfMatcher({ label, op: '=', value }));
      return this.preview(matchers);
    },

    /** Those in force and to come, the one that ends first at the top; or those that are over, the newest first. */
    async list(past: boolean): Promise<SilenceRow[]> {
      if (!past) {
        const rows = [...silences.all()].map(rowOf).filter((row) => row.state !== 'over');
        return rows.sort((a, b) => Number(a.state === 'pending') - Number(b.state === 'pending') || a.end - b.end);
      }
      const rows = await state
        .selectFrom('silences')
        .selectAll()
        .where('end_at', '<=', now())
        .orderBy('end_at', 'desc')
        .limit(pastAtMost)
        .execute();
      return rows.map((row) => rowOf(silenceOf(row)));
    },

    /** @param isSeen of those who do not see all */
    summary(isSeen?: (row: SilenceRow) => boolean): SilenceSummary {
      const own = isSeen && [...silences.all()].map(rowOf).filter(isSeen);
      const states = own?.map((one) => one.state) ?? [...silences.all()].map((one) => stateAt(one, now()));
      const count = (of: string) => states.filter((one) => one === of).length;
      return {
        active: count('active'),
        pending: count('pending'),
        alerts: own?.reduce((sum, one) => sum + (one.state === 'active' ? one.alerts : 0), 0) ?? silences.hiddenCount(),
      };
    },
  };
}
