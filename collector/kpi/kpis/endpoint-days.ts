/**
 * Backups, restores and patches: of the days on which it is known, on how many an endpoint was as it should be. Days of
 * several endpoints are pooled. Monitored days of which it is not known widen the value to a range.
 */
import { defineKpi, type EvidenceItem, figureOf, totalOf, valueIn } from '../kpi.ts';
import type { MachineFact } from '../machine-facts.ts';

interface DayTotals {
  good: number;
  bad: number;
  unknown: number;
}

interface DayKpi {
  id: string;
  formula: string;
  daysOf(fact: MachineFact): DayTotals;
  stateOf(last: NonNullable<MachineFact['last']>): string;
}

const dayKpi = ({ id, formula, daysOf, stateOf }: DayKpi) =>
  defineKpi({
    id,
    unit: 'percent',
    of: 'count',
    formula,
    worst: 'lowest',
    needs: ['machines'],
    compute({ machines }) {
      const evidence: EvidenceItem[] = [];
      let unknown = 0;
      const now = { good: 0, not: 0 };
      for (const fact of machines) {
        const days = daysOf(fact);
        const whole = days.good + days.bad;
        if (whole + days.unknown === 0) continue;
        unknown += days.unknown;
        evidence.push({ endpoint: fact.endpoint.id, part: days.good, whole });
        const state = fact.last && stateOf(fact.last);
        if (state === 'good' || state === 'compliant') now.good++;
        else if (state !== null && state !== 'unknown') now.not++;
      }
      const { part, whole } = totalOf(evidence);
      const all = whole + unknown;
      return figureOf('percent', evidence, {
        low: whole > 0 ? valueIn('percent', { part, whole: all }) : null,
        high: whole > 0 ? valueIn('percent', { part: part + unknown, whole: all }) : null,
        coverage: valueIn('percent', { part: whole, whole: all }),
        beside: [
          { code: 'at_end', unit: 'count', value: whole > 0 ? now.good : null },
          { code: 'not_at_end', unit: 'count', value: whole > 0 ? now.not : null },
        ],
      });
    },
  });

/** A workstation without a job is not expected to have a backup; a server is. */
const jobDays = (fact: MachineFact, { good = 0, bad = 0, none = 0, unknown = 0 }: Partial<Record<string, number>>) => {
  const isExpected = fact.endpoint.kind === 'server' || good + bad > 0;
  return isExpected ? { good, bad: bad + (fact.endpoint.kind === 'server' ? none : 0), unknown } : noDays;
};
const noDays: DayTotals = { good: 0, bad: 0, unknown: 0 };

export const backupCoverage = dayKpi({
  id: 'backup_coverage',
  formula:
    'backup_coverage/2: days with a good backup in 24 h, none failed or late / days known; servers and endpoints with a job',
  daysOf: (fact) => jobDays(fact, fact.days.backup),
  stateOf: ({ backup }) => backup,
});

export const verifiedRestores = dayKpi({
  id: 'verified_restores',
  formula:
    'verified_restores/2: days on which each job had a good restore test in 90 days / days known; endpoints with a job',
  daysOf({
    days: {
      restore: { good = 0, bad = 0, unknown = 0 },
    },
  }) {
    return good + bad > 0 ? { good, bad, unknown } : noDays;
  },
  stateOf: ({ restore }) => (restore === 'none' ? 'unknown' : restore),
});

export const patchCompliance = dayKpi({
  id: 'patch_compliance',
  formula: 'patch_compliance/2: days without an overdue security update and with security support / days known',
  daysOf: ({
    days: {
      patches: { compliant = 0, overdue = 0, unknown = 0 },
    },
  }) => ({ good: compliant, bad: overdue, unknown }),
  stateOf: ({ patches }) => patches,
});
