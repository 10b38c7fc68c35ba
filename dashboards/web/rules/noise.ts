/** How much noise each rule made, and where the alerts behind a number are listed. Pure. */
import type { AlertNoise } from '../../../shared/alert-groups.ts';
import type { alertOutcomes } from '../../../shared/choices.ts';

/** What is shown of noise looks back so far. */
export const noiseDays = 30;

export type Outcome = (typeof alertOutcomes)[number];
type RuleNoise = Omit<AlertNoise['rules'][number], 'rule' | 'alertname'>;

const quiet: RuleNoise = { fired: 0, acknowledged: 0, ticket: 0, alone: 0, open: 0 };

/** The list whose length is the number. */
export function alertsBehind(from: number, outcome: Outcome | null, rule?: string, alertname?: string): string {
  const query = new URLSearchParams({ state: 'all', fired: String(from) });
  if (outcome) query.set('outcome', outcome);
  if (rule) query.set('rule', rule);
  if (alertname) query.set('alertname', alertname);
  return `/alerts?${query}`;
}

/** Of one rule; null: not known, because only the noisiest ones were answered. */
export function noiseOf(noise: AlertNoise, family: string): RuleNoise | null {
  const own = noise.rules.find(({ rule }) => rule.id === family);
  if (own) return own;
  const answered = noise.rules.reduce((sum, { fired }) => sum + fired, 0);
  return answered === noise.fired ? quiet : null;
}

/** The noisiest of those that can be tuned; alerts of the collector itself and of removed rules have no form. */
export const noisiest = (noise: AlertNoise, families: ReadonlySet<string>): AlertNoise['rules'][number] | null =>
  noise.rules.find(({ rule, fired }) => fired > 0 && families.has(rule.id)) ?? null;
