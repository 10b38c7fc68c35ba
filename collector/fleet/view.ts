/** What an expression of a rule may look at beside a report: who the endpoint is, its inventory in short, newest values. */
import type { EndpointView } from '../evaluate/kinds/kind.ts';
import type { LatestValue } from '../series/series.ts';
import type { EndpointFacts } from './facts.ts';
import type { Fleet } from './fleet.ts';
import type { Groups } from './groups.ts';

/** As for rules that have just changed: longer than the slowest daily check. */
const staleMs = 26 * 3_600_000;

interface ViewParts {
  fleet: Pick<Fleet, 'get'>;
  groups: Pick<Groups, 'namedGroupsOf'>;
  facts(id: string): EndpointFacts;
  latest(id: string): readonly LatestValue[];
  /** Of an endpoint, what is usual of a series. */
  usual(
    id: string,
    ...of: Parameters<NonNullable<EndpointView['usual']>>
  ): ReturnType<NonNullable<EndpointView['usual']>>;
  now(): number;
}

export const viewOf =
  ({ fleet, groups, facts, latest, usual, now }: ViewParts) =>
  (id: string): EndpointView => ({
    endpoint() {
      const { name, site, kind, platform, version, tags } = fleet.get(id) ?? {};
      return known({
        id,
        name,
        site,
        kind,
        platform,
        version,
        tags,
        groups: groups.namedGroupsOf(id).map((group) => group.name),
      });
    },
    inventory() {
      const { os, osState, patches, backups } = facts(id);
      return known({
        os,
        reboot_required: osState?.rebootRequired,
        pending_updates: totalOf(patches?.map(({ pending }) => pending)),
        backup_jobs: backups?.length,
      });
    },
    latest(measurement) {
      const prefix = `${measurement}.`;
      const found: Record<string, number> = {};
      let first: string | undefined;
      for (const { metric, tags, at, value } of latest(id)) {
        if (!metric.startsWith(prefix) || now() - at > staleMs) continue;
        const instance = JSON.stringify(tags);
        first ??= instance;
        if (instance === first) found[metric.slice(prefix.length)] = value;
      }
      return first === undefined ? undefined : found;
    },
    usual: (metric, tags, at) => usual(id, metric, tags, at),
  });

/** Unknown where one of them is. */
const totalOf = (counts: readonly (number | null)[] | undefined) =>
  counts?.reduce((sum, one) => (sum === null || one === null ? null : sum + one), 0);

/** What is not known is not there: an expression that needs it has no verdict. Numbers as those of metrics. */
const known = (values: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null && value !== undefined));
