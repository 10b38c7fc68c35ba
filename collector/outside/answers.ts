/**
 * What an Alertmanager answers about alerts and silences, made of ours, so that its tools work here. Pure.
 * https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml
 */
import { createHash } from 'node:crypto';
import type { SilenceRow } from '../../shared/silence.ts';
import type { LiveAlert } from '../alerts/alert.ts';
import type { Labels } from '../alerts/labels.ts';
import { type Matcher, type MatcherOp, matchesAll, parseMatcher, textOfMatcher } from '../alerts/matcher.ts';

export interface SuppressibleAlert {
  alert: LiveAlert;
  labels: Labels;
  silencedBy: readonly string[];
  /** Suppressed by anything but a silence. */
  isInhibited: boolean;
}

export interface ForeignMatcher {
  name: string;
  value: string;
  isRegex: boolean;
  /** Left out by versions that did not know it. */
  isEqual?: boolean | undefined;
}

export interface WantedAlerts {
  matchers: readonly Matcher[];
  active: boolean;
  silenced: boolean;
  inhibited: boolean;
}

/** Alertmanager knows one value per label: of several, all of them in one. */
const flat = (labels: Labels): Record<string, string> =>
  Object.fromEntries(
    Object.entries(labels)
      .map(([name, value]) => [name, typeof value === 'string' ? value : value.join(',')] as const)
      .filter(([, value]) => value !== ''),
  );

const iso = (at: number) => new Date(at).toISOString();
/** For one that goes on: its tools expect an end. */
const goesOnMs = 5 * 60_000;

interface AnswerParts {
  /** Where the pages are. */
  url: string;
  now: number;
  /** In one line, as messages say it. */
  summaryOf(one: SuppressibleAlert): string;
  /** With which other monitoring sent it, by the key of the alert. */
  saidOf: ReadonlyMap<string, Record<string, string>>;
}

export function foreignAlert(one: SuppressibleAlert, { url, now, summaryOf, saidOf }: AnswerParts) {
  const { alert, labels, silencedBy, isInhibited } = one;
  const isSuppressed = isInhibited || silencedBy.length > 0;
  return {
    annotations: {
      summary: summaryOf(one),
      ...saidOf.get(alert.key),
      ...(alert.value === null ? {} : { value: String(alert.value) }),
      ...(alert.threshold === null ? {} : { threshold: String(alert.threshold) }),
    },
    receivers: [{ name: 'evenkeel' }],
    fingerprint: createHash('sha256').update(alert.key).digest('hex').slice(0, 16),
    startsAt: iso(alert.firedAt ?? alert.pendingAt),
    updatedAt: iso(alert.dataAt),
    endsAt: iso(now + goesOnMs),
    status: {
      state: isSuppressed ? 'suppressed' : 'active',
      silencedBy: [...silencedBy],
      inhibitedBy: isInhibited ? ['evenkeel'] : [],
    },
    labels: flat(labels),
    generatorURL: `${url}/alerts/${alert.id}`,
  };
}

export function passes({ labels, silencedBy, isInhibited }: SuppressibleAlert, filter: WantedAlerts): boolean {
  if (!matchesAll(filter.matchers, labels)) return false;
  if (silencedBy.length > 0) return filter.silenced;
  return isInhibited ? filter.inhibited : filter.active;
}

/** As our groups are: by rule and site. */
export function inGroups(alerts: readonly SuppressibleAlert[], asked: AnswerParts) {
  const keyOf = ({ labels }: SuppressibleAlert) => JSON.stringify([labels.rule, labels.site]);
  return [...Map.groupBy(alerts, keyOf).values()].map((members) => {
    const { rule = '', site = '' } = flat(members[0]?.labels ?? {});
    const labels = { ...(rule && { rule }), ...(site && { site }) };
    return { labels, receiver: { name: 'evenkeel' }, alerts: members.map((one) => foreignAlert(one, asked)) };
  });
}

const ops: Readonly<Record<string, MatcherOp>> = { '10': '=', '00': '!=', '11': '=~', '01': '!~' };

/** As we write it. */
export const textOfForeign = ({ name, value, isRegex, isEqual = true }: ForeignMatcher): string =>
  textOfMatcher({ label: name, value, op: ops[`${Number(isEqual)}${Number(isRegex)}`] as MatcherOp });

function foreignMatcher(text: string) {
  const { label, op, value } = parseMatcher(text);
  return { name: label, value, isRegex: op.endsWith('~'), isEqual: op.startsWith('=') };
}

const states = { active: 'active', pending: 'pending', over: 'expired' } as const;

export function foreignSilence({ id, matchers, start, end, updatedAt, reason, createdBy, state }: SilenceRow) {
  return {
    ...{ id, status: { state: states[state] }, updatedAt: iso(updatedAt) },
    ...{ comment: reason, createdBy, startsAt: iso(start), endsAt: iso(end) },
    matchers: matchers.map(foreignMatcher),
  };
}

/** A filter of silences is about the labels in their matchers. */
export function silencePasses({ matchers }: SilenceRow, filter: readonly Matcher[]): boolean {
  const labels = Object.fromEntries(matchers.map(parseMatcher).map(({ label, value }) => [label, value]));
  return matchesAll(filter, labels);
}
