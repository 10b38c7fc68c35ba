/** What the rows need from state, read once at the start and again where something has changed. */
import type { State } from '../state/open.ts';
import { type EndpointFacts, factSections, factsOf, noFacts } from './facts.ts';
import { testKey, testsByJob, withTests } from './restore-tests.ts';

export interface Knowledge {
  of(id: string): EndpointFacts;
  /** Reads one endpoint, or all of them when `id` is left out. */
  read(id?: string): Promise<void>;
}

export function createKnowledge(state: State): Knowledge {
  const known = new Map<string, EndpointFacts>();

  return {
    of: (id) => known.get(id) ?? noFacts,

    async read(id) {
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
      const tests = await testsByJob(state, id === undefined ? undefined : [id]);
      for (const [endpoint, sections] of byEndpoint) {
        const facts = factsOf(sections);
        const backups =
          facts.backups?.map((job) => withTests(job, tests.get(testKey(endpoint, job.job)) ?? [])) ?? null;
        known.set(endpoint, { ...facts, backups });
      }
    },
  };
}
