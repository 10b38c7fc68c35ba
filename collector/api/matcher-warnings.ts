/** What conditions on labels may name, as this collector knows it now: see ../alerts/matcher-doubts.ts. */
import type { Reason } from '../../shared/reason.ts';
import { doubtOf, type KnownLabels, labelsKnown } from '../alerts/matcher-doubts.ts';
import { ownRules } from '../alerts/own-rules.ts';
import type { Context } from './context.ts';

type LabelSources = Pick<Context, 'fleet' | 'groups' | 'sites' | 'rules' | 'silences'>;

export async function labelsNow({ fleet, groups, sites, rules, silences }: LabelSources): Promise<KnownLabels> {
  const endpoints = [...fleet.all()];
  const named = (await sites.list()).map(({ name }) => name);
  return labelsKnown({
    endpoints,
    sites: [...named, ...endpoints.flatMap(({ site }) => site ?? [])],
    groups: (await groups.list()).map(({ name }) => name),
    rules: [...rules.books().all(), ...ownRules],
    labels: silences.firing().flatMap(({ labels }) => Object.keys(labels)),
  });
}

export async function matcherWarnings(sources: LabelSources, texts: readonly string[]): Promise<Reason[]> {
  const known = await labelsNow(sources);
  return texts.flatMap((text) => doubtOf(text, known) ?? []);
}
