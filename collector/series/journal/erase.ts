/** Erases an endpoint, and those that it goes on for: first its samples, then the names by which they would be found. */
import { fail } from '../../../shared/errors.ts';
import type { Backend } from '../backend.ts';
import type { Dictionary } from './dictionary.ts';
import type { Epochs } from './epochs.ts';
import type { Journal } from './journal.ts';
import type { LatestValues } from './latest.ts';

export interface EraseParts {
  backend: Pick<Backend, 'erase'>;
  journal: Pick<Journal, 'erase' | 'shred' | 'names'>;
  dictionary: Pick<Dictionary, 'namesOf' | 'endpoint' | 'holds'>;
  epochs: Pick<Epochs, 'forget'>;
  latest: Pick<LatestValues, 'forget' | 'prune' | 'has'>;
  /** No other part is dropping rows of the journal. */
  dropped(): Promise<void>;
  /** The store is being closed. */
  isOver(): boolean;
}

/** Repeating it does no harm: the endpoint's number and id stay, so that neither is given again. */
export async function eraseSeries(parts: EraseParts, endpoint: string, now: number): Promise<void> {
  const { backend, journal, dictionary, epochs, latest, isOver } = parts;
  // Also one that has never reported here: the backend may have what another collector has written.
  const erased = dictionary.namesOf(endpoint).map((name) => ({ id: dictionary.endpoint(name), name }));
  for (const { name } of erased) latest.forget(name, now);
  await backend.erase(erased);
  await parts.dropped();
  const ids = erased.map(({ id }) => id);
  epochs.forget(ids);
  journal.erase(ids);
  // No name of a line is dropped that another endpoint has: memory must know those first.
  latest.prune(Number.NEGATIVE_INFINITY);
  await journal.names.dropLeftBefore(1, latest.has, dictionary.holds, isOver);
  if (isOver()) throw fail('CONFLICT', { problem: 'the collector is stopping' });
  journal.shred();
}
