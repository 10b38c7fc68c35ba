/**
 * What was said of a series within the days in which its kind of rule says nothing again: its next alert that is no worse
 * fires without a message, until they have passed. The history of that alert says so.
 */
import type { LiveAlert } from '../alerts/alert.ts';
import type { Labels } from '../alerts/labels.ts';
import { rankOf } from '../evaluate/book.ts';
import { kindOf } from '../evaluate/kinds/index.ts';
import type { RuleKind } from '../evaluate/kinds/kind.ts';
import type { Rule } from '../evaluate/rule.ts';
import type { LastSaid } from './group.ts';
import type { AlertNews, GroupMemory, TrackedAlert } from './group-memory.ts';

/** Among what suppresses an alert in its groups. */
export const saidBefore = 'said';
export const saidDue = (key: string) => `said ${key}`;

const rememberedAtMost = 10_000;

/** The longest of all kinds. */
export const longestAgainMs = 7 * 86_400_000;

/** How long nothing is said again of a series, ms; null: each alert is news. */
export const againOfRule = (rule: Partial<Rule> | undefined): number | null =>
  rule?.when ? ((kindOf(rule.when) as RuleKind | undefined)?.againMs ?? null) : null;
export const againOf = ({ rule }: LiveAlert) => againOfRule(rule);

/** By which an alert is grouped: what is unusual of a site is one message, whichever rules say so. */
export const groupLabels = (labels: Labels, { rule }: LiveAlert): Labels =>
  rule.when && (kindOf(rule.when) as RuleKind).explains ? { ...labels, rule: 'unusual' } : labels;

/** Until when nothing is said of this alert; null: it is news. */
export function saidUntil(before: LastSaid | undefined, alert: LiveAlert, at: number): number | null {
  const again = againOf(alert);
  if (!before || again === null || before.alert === alert.id) return null;
  const until = before.at + again;
  return until > at && rankOf[alert.rule.severity] <= before.rank ? until : null;
}

/** A message says that it fires. */
export function noteSaid({ said, assign }: Pick<GroupMemory, 'said' | 'assign'>, alert: LiveAlert, at: number): void {
  const again = againOf(alert);
  if (again === null) return;
  const before = said.get(alert.key);
  const known = before && before.at + again > at ? before.rank : 0;
  assign(said, alert.key, undefined);
  assign(said, alert.key, { alert: alert.id, at, rank: Math.max(known, rankOf[alert.rule.severity]) });
  if (said.size > rememberedAtMost) assign(said, said.keys().next().value as string, undefined);
}

/** @returns what suppresses the alert now, as it has become */
export function followSaid(
  { said, setDue }: Pick<GroupMemory, 'said' | 'setDue'>,
  { key, suppressedBy }: TrackedAlert,
  { about, fires }: AlertNews,
  at: number,
  onHidden: (until: number) => void,
): readonly string[] {
  const isHidden = suppressedBy.includes(saidBefore);
  if (!isHidden && againOf(about) === null) return suppressedBy;
  const until = fires ? saidUntil(said.get(key), about, at) : null;
  setDue(saidDue(key), until);
  if (until === null) return suppressedBy.filter((one) => one !== saidBefore);
  if (!isHidden) onHidden(until);
  return isHidden ? suppressedBy : [...suppressedBy, saidBefore];
}
