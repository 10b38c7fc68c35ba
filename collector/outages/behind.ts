/** What follows from alerts that fire: behind a switch its servers, and what is behind these. */
import type { LiveAlert } from '../alerts/alert.ts';
import type { AlertMemory } from '../alerts/memory.ts';
import { collectorId } from '../alerts/own-rules.ts';
import type { Inhibition } from './inhibition.ts';

interface BehindParts {
  inhibition: Pick<Inhibition, 'behind'>;
  memory: Pick<AlertMemory, 'byId'>;
}

export function alertsBehind({ inhibition, memory }: BehindParts, sources: readonly string[]): LiveAlert[] {
  const found = new Set(sources);
  for (const id of found) for (const one of inhibition.behind(id)) found.add(one);
  const alerts = [...found].slice(new Set(sources).size).flatMap((id) => memory.byId(id) ?? []);
  // The incident of a site is none of its endpoints, which are there themselves.
  return alerts.filter(({ endpoint }) => endpoint !== collectorId);
}
