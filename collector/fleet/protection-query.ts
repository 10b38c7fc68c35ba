/** What of the backups is asked for: filters, order and page of the Protection page. Pure. */
import { type Static, Type } from 'typebox';
import { type Protection, type ProtectionGroup, type ProtectionRow, protectionGroups } from '../../shared/api.ts';
import { weightOf, worst } from '../../shared/level.ts';
import { oneLinePattern } from '../../shared/safe-text.ts';
import { worstJobFirst } from './backup-state.ts';
import { byName, type SortValue } from './row-filters.ts';

/** What of a row decides whether and where it is shown; the rest is read for those that are. */
export interface ProtectionKey extends Pick<ProtectionRow, 'endpoint' | 'level' | 'groups'> {
  job: Pick<
    NonNullable<ProtectionRow['job']>,
    'product' | 'job' | 'state' | 'lastSuccess' | 'lastRun' | 'bytes' | 'lastVerified'
  > | null;
}

/** null where it is not known: such rows come last either way. */
const sorts = {
  state: ({ job, level, groups }: ProtectionKey): SortValue => {
    const rank = job
      ? worstJobFirst.indexOf(job.state)
      : groups.includes('none')
        ? -1
        : worstJobFirst.indexOf('unknown');
    // Its state, then its level, then the longest without a good one. Not its age, which moves between two answers.
    return ((worstJobFirst.length - rank) * 10 + weightOf(level)) * 1e13 - (job?.lastSuccess ?? 0);
  },
  endpoint: ({ endpoint }: ProtectionKey): SortValue => endpoint.name,
  site: ({ endpoint }: ProtectionKey): SortValue => endpoint.site,
  success: ({ job }: ProtectionKey): SortValue => job?.lastSuccess ?? null,
  run: ({ job }: ProtectionKey): SortValue => job?.lastRun ?? null,
  size: ({ job }: ProtectionKey): SortValue => job?.bytes ?? null,
  verified: ({ job }: ProtectionKey): SortValue => job?.lastVerified ?? null,
} as const;
type ProtectionSort = keyof typeof sorts;
const sortNames = Object.keys(sorts) as ProtectionSort[];
const defaultSort = '-state';

const line = { pattern: oneLinePattern, want: 'a text on one line, of characters that can be seen' };

export const protectionFilter = {
  group: Type.Optional(
    Type.Enum([...protectionGroups, 'worst'] as const, {
      description: 'left out: all; `worst`: the worst that has something in it',
    }),
  ),
  site: Type.Optional(Type.String({ maxLength: 512, description: 'its name; empty: endpoints that have none' })),
  product: Type.Optional(Type.String({ maxLength: 128, ...line, description: 'of the backup' })),
  q: Type.Optional(
    Type.String({ maxLength: 128, ...line, description: 'words that all occur in endpoint, site, job or product' }),
  ),
  sort: Type.Optional(
    Type.Enum([...sortNames, ...sortNames.map((name) => `-${name}` as const)], {
      default: defaultSort,
      description: '`-`: from above; by state that is the worst first',
    }),
  ),
};
const ProtectionFilter = Type.Object(protectionFilter);
export type ProtectionFilter = Static<typeof ProtectionFilter>;

type ProtectionHead = Pick<Protection, 'groups' | 'bySite' | 'goodSites' | 'group' | 'sites' | 'products'>;
type IsWanted = (row: ProtectionKey) => boolean;
const always: IsWanted = () => true;

/** @returns the rows that were asked for in their order, and the counts of all choices */
export function chooseProtection(
  all: readonly ProtectionKey[],
  { group: wanted, site, product, q, sort = defaultSort }: ProtectionFilter,
): ProtectionHead & { rows: ProtectionKey[] } {
  const words = (q ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  const isFound: IsWanted = ({ endpoint, job }) => {
    const text = [endpoint.name, endpoint.site, job?.job, job?.product].join('\n').toLowerCase();
    return words.every((word) => text.includes(word));
  };
  const isAtSite: IsWanted = site === undefined ? always : ({ endpoint }) => (endpoint.site ?? '') === site;
  const isOfProduct: IsWanted = product === undefined ? always : ({ job }) => job?.product === product;
  const found = words.length === 0 ? all : all.filter(isFound);
  const groups = groupsOf(found.filter((row) => isAtSite(row) && isOfProduct(row)));
  const worstGroup = () => groups.find(({ count }) => count > 0)?.name ?? 'ok';
  const group = wanted === 'worst' ? worstGroup() : (wanted ?? null);
  const ofGroup = group === null ? found : found.filter((row) => row.groups.includes(group));
  const bySite = bySiteOf(found.filter(isOfProduct));
  return {
    groups,
    bySite: bySite.filter(isTroubled),
    goodSites: bySite.filter((one) => !isTroubled(one)).length,
    group,
    // Each is counted without its own filter: what another choice would find.
    sites: countsOf(ofGroup.filter(isOfProduct), ({ endpoint }) => endpoint.site ?? ''),
    products: countsOf(ofGroup.filter(isAtSite), ({ job }) => job?.product),
    rows: sorted(
      ofGroup.filter((row) => isAtSite(row) && isOfProduct(row)),
      sort,
    ),
  };
}

/** A restore that nobody tried is no trouble of today. */
const calm: readonly string[] = ['ok', 'not_needed', 'unverified'];
const trouble = ({ counts }: Protection['bySite'][number]): number =>
  Object.entries(counts).reduce((sum, [name, n]) => sum + (calm.includes(name) ? 0 : n), 0);
const isTroubled = (site: Protection['bySite'][number]) => trouble(site) > 0;

function bySiteOf(rows: readonly ProtectionKey[]): Protection['bySite'] {
  const sites = [...Map.groupBy(rows, ({ endpoint }) => endpoint.site)].map(([site, members]) => ({
    site,
    counts: Object.fromEntries(groupsOf(members).map(({ name, count }) => [name, count])),
  }));
  return sites.sort((a, b) => trouble(b) - trouble(a) || byName(a.site ?? '', b.site ?? ''));
}

function groupsOf(rows: readonly ProtectionKey[]): ProtectionHead['groups'] {
  const counts = new Map(protectionGroups.map((name) => [name, { count: 0, level: null as ProtectionRow['level'] }]));
  for (const row of rows)
    for (const name of row.groups) {
      const of = counts.get(name as ProtectionGroup);
      if (!of) continue;
      of.count++;
      of.level = worst([of.level, row.level]);
    }
  return [...counts].map(([name, { count, level }]) => ({ name, count, level }));
}

function countsOf(
  rows: readonly ProtectionKey[],
  choiceOf: (row: ProtectionKey) => string | undefined,
): { value: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const row of rows) {
    const value = choiceOf(row);
    if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return [...counts].map(([value, count]) => ({ value, count })).sort((a, b) => byName(a.value, b.value));
}

function sorted(rows: readonly ProtectionKey[], sort: string): ProtectionKey[] {
  const sign = sort.startsWith('-') ? -1 : 1;
  const value = sorts[sort.replace(/^-/, '') as ProtectionSort];
  return rows
    .map((row) => ({ row, value: value(row) }))
    .sort((a, b) => {
      if (a.value !== b.value) {
        if (a.value === null) return 1;
        if (b.value === null) return -1;
        const order = typeof a.value === 'string' ? byName(a.value, String(b.value)) : a.value - Number(b.value);
        if (order !== 0) return sign * order;
      }
      return (
        byName(a.row.endpoint.name, b.row.endpoint.name) ||
        byName(a.row.job?.job ?? '', b.row.job?.job ?? '') ||
        byName(a.row.job?.product ?? '', b.row.job?.product ?? '') ||
        (a.row.endpoint.id < b.row.endpoint.id ? -1 : 1)
      );
    })
    .map(({ row }) => row);
}
