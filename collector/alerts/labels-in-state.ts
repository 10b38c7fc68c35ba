/** What conditions on labels may name, read from the state of a collector. */

import type { Rule } from '../evaluate/rule.ts';
import type { State } from '../state/open.ts';
import { type KnownLabels, labelsKnown } from './matcher-doubts.ts';
import { ownRules } from './own-rules.ts';

/** @param rules of the settings; those of the page come from the state */
export async function labelsInState(state: State, rules: readonly Rule[]): Promise<KnownLabels> {
  const endpoints = await state
    .selectFrom('endpoints')
    .select(['name', 'site', 'tags'])
    .where('retired_at', 'is', null)
    .execute();
  const names = async (table: 'sites' | 'groups') =>
    (
      await state
        .selectFrom(table as 'sites')
        .select('name')
        .execute()
    ).map(({ name }) => name);
  const ofPage = await state.selectFrom('rules').select('rule as id').execute();
  const alerts = await state.selectFrom('alerts').select('tags').where('active_key', 'is not', null).execute();
  return labelsKnown({
    endpoints: endpoints.map(({ name, tags }) => ({ name, tags: JSON.parse(tags) as string[] })),
    sites: [...(await names('sites')), ...endpoints.flatMap(({ site }) => site ?? [])],
    groups: await names('groups'),
    rules: [...rules, ...ownRules, ...ofPage],
    labels: alerts.flatMap(({ tags }) => Object.keys(JSON.parse(tags) as object)),
  });
}
