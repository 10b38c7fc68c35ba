/** The way to a new silence that matches what a person looks at. Matchers are written as Alertmanager writes them. */
import type { AlertGroup } from '../../../shared/alert-groups.ts';
import type { Alert } from '../../../shared/api.ts';
import { oneOf } from '../../../shared/matchers.ts';

const hrefOf = (matchers: readonly string[]) =>
  `/silences/new?${new URLSearchParams(matchers.map((matcher) => ['matcher', matcher]))}`;

const familyOf = ({ id, level_of }: Alert['rule']) => level_of ?? id;

export function silenceHref(groups: readonly AlertGroup[]): string {
  const rules = oneOf(
    'rule',
    groups.map(({ rule }) => familyOf(rule)),
  );
  const alerts = groups.flatMap((group) => group.alerts);
  // All alerts of other monitoring are of one rule; of others what is shown has no such tag.
  const names = alerts.flatMap(({ tags }) => tags.alertname ?? []);
  const called = names.length === alerts.length && names.length > 0 ? [oneOf('alertname', names)] : [];
  // All members are known: just these machines. Else the site, whose further machines are meant as well.
  const isWhole = groups.every(({ alerts, count }) => alerts.length === count);
  const sites = groups.flatMap(({ site }) => site ?? []);
  if (isWhole || sites.length < groups.length)
    return hrefOf([
      rules,
      ...called,
      oneOf(
        'endpoint',
        alerts.map(({ endpoint }) => endpoint.id),
      ),
    ]);
  return hrefOf([rules, ...called, oneOf('site', sites)]);
}

/** The collector knows what matches this alert and nothing else. */
export const silenceHrefOf = ({ id }: Pick<Alert, 'id'>): string => `/silences/new?alert=${encodeURIComponent(id)}`;
