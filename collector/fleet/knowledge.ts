/** What the rows need out of state, read once at the start and again where something has changed. */
import type { State } from '../state/open.ts';
import { type Facts, factSections, factsOf, noFacts } from './facts.ts';
import { testKey, testsByJob, withTests } from './restore-tests.ts';

export interface Known {
  facts: Facts;
  /** Backup jobs whose restore a person has tried out, the newest time with success. */
  verified: Set<string>;
}

export interface Knowledge {
  of(id: string): Known;
  /** Each reads one endpoint, or all of them when `id` is left out. */
  facts(id?: string): Promise<void>;
  verified(id?: string): Promise<void>;
}

export function createKnowledge(state: State): Knowledge {
  const known = new Map<string, Known>();

  function of(id: string): Known {
    const old = known.get(id);
    if (old) return old;
    const entry: Known = { facts: noFacts, verified: new Set() };
    known.set(id, entry);
    return entry;
  }

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

    async verified(id) {
      const newest = [...(await testsByJob(state, id))].map(
        ([key, list]) => [key.split('\n')[0] ?? '', list.at(-1)] as const,
      );
      for (const [endpoint, test] of newest)
        if (test?.ok) of(endpoint).verified.add(test.job);
        else if (test) of(endpoint).verified.delete(test.job);
    },
  };
}
