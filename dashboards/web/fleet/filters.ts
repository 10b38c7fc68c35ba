/** The fleet filters that the API offers, with the count per choice: read once for all pages. */
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { FleetFilters } from '../../../shared/api.ts';
import type { LiveChange } from '../net/live.ts';
import { type Loaded, useLoad } from '../net/load.ts';
import { ruleName } from '../words/value.ts';
import { t, wordOr } from '../words/words.ts';

export const fleetFilters = signal<Loaded<FleetFilters> | null>(null);

export const concernsFleet = (change: LiveChange): boolean => 'endpoint' in change || change.kind === 'group';

/** For the frame of all pages, which shows some of the counts. */
export function useFleetFilters(): void {
  const loaded = useLoad<FleetFilters>('endpoints/filters', concernsFleet, 2000);
  const { data, problem } = loaded;
  // Read again or drawn again: what was loaded is new only with its data
  useEffect(() => {
    fleetFilters.value = loaded;
  }, [data, problem]);
}

type FleetFilter = FleetFilters['filters'][number];
type FilterChoice = FleetFilter['choices'][number];

const noChoice: FilterChoice = { value: '', label: null, count: 0, level: null };

/** How many endpoints a choice finds, and the worst level among them. */
export function found(name: string, value: string): FilterChoice {
  const filter = fleetFilters.value?.data?.filters.find((one) => one.name === name);
  return filter?.choices.find((choice) => choice.value === value) ?? noChoice;
}

/** `Late`; a site, tag, group or rule has a name of its own. */
export function choiceWord(name: string, { value, label }: FilterChoice): string {
  if (label !== null) return typeof label === 'string' ? label : ruleName(label);
  return value === '' ? t('filter.none') : wordOr(`filter.${name}`, value);
}
