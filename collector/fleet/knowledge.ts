/** What the rows need out of state, read once at the start and again where something has changed. */
import type { EndpointRow } from '../../shared/api.ts';
import type { State } from '../state/open.ts';
import { type Facts, factSections, factsOf, noFacts } from './facts.ts';
import { testKey, testsByJob, withTests } from './restore-tests.ts';

export interface Known {
  facts: Facts;
  alerts: EndpointRow['alerts'];
  /** Loss records and refused messages of the last day. */
  lost: number;
  rejected: number;
  /** Backup jobs whose restore a person has tried out, the newest time with success. */
  verified: Set<string>;
}

export interface Knowledge {
  of(id: string): Known;
  /** Each reads one endpoint, or all of them when `id` is left out. */
  facts(id?: string): Promise<void>;
  alerts(id?: string): Promise<void>;
  verified(id?: string): Promise<void>;
  troubles(): Promise<void>;
}

const dayMs = 86_400_000;
const noAlerts = () => ({ critical: 0, warning: 0, info: 0 });

export function createKnowledge(state: State, now: () => number): Knowledge {
  const known = new Map<string, Known>();

  function of(id: string): Known {
    const old = known.get(id);
    if (old) return old;
    const entry: Known = { facts: noFacts, alerts: noAlerts(), lost: 0, rejected: 0, verified: new Set() };
    known.set(id, entry);
    return entry;
  }

  const countSince = (table: 'losses' | 'quarantine', since: number) =>
    state
      // Both have the two columns; the types of a union of tables cannot say so.
      .selectFrom(table as 'quarantine')
      .select(['endpoint', (f) => f.fn.countAll<number>().as('n')])
      .where('received_at', '>', since)
      .groupBy('endpoint')
      .execute();

  return {
    of,

    async facts(id) {
      let query = state
        .selectFrom('inventory')
        .select(['endpoint', 'section', 'data'])
        .where('section', 'in', factSections);
      if (id !== undefined) query = query.where('endpoint', '=', id);
      const byEndpoint = new Map<string, Map<string, unknown>>();
      for (const { endpoint, section, data } of await query.execute()) {
        const sections = byEndpoint.get(endpoint) ?? new Map<string, unknown>();
        byEndpoint.set(endpoint, sections.set(section, JSON.parse(data)));
      }
      const tests = await testsByJob(state, id);
      for (const [endpoint, sections] of byEndpoint) {
        const facts = factsOf(sections);
        const backups =
          facts.backups?.map((job) => withTests(job, tests.get(testKey(endpoint, job.job)) ?? [])) ?? null;
        of(endpoint).facts = { ...facts, backups };
      }
    },

    async alerts(id) {
      let query = state
        .selectFrom('alerts')
        .select(['endpoint', 'severity', (f) => f.fn.countAll<number>().as('n')])
        .where('state', '=', 'firing')
        .groupBy(['endpoint', 'severity']);
      if (id !== undefined) query = query.where('endpoint', '=', id);
      const rows = await query.execute();
      if (id !== undefined) of(id).alerts = noAlerts();
      for (const { endpoint, severity, n } of rows) of(endpoint).alerts[severity] = Number(n);
    },

    async verified(id) {
      const newest = [...(await testsByJob(state, id))].map(
        ([key, list]) => [key.split('\n')[0] ?? '', list.at(-1)] as const,
      );
      for (const [endpoint, test] of newest)
        if (test?.ok) of(endpoint).verified.add(test.job);
        else if (test) of(endpoint).verified.delete(test.job);
    },

    async troubles() {
      const since = now() - dayMs;
      const losses = await countSince('losses', since);
      const quarantine = await countSince('quarantine', since);
      for (const entry of known.values()) {
        entry.lost = 0;
        entry.rejected = 0;
      }
      for (const { endpoint, n } of losses) if (endpoint !== null) of(endpoint).lost = Number(n);
      for (const { endpoint, n } of quarantine) if (endpoint !== null) of(endpoint).rejected = Number(n);
    },
  };
}
