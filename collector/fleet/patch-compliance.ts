/**
 * The Patches page: compliance by site, and the age of the oldest security update. By age, not by any pending update:
 * a machine that installs each night has one pending most mornings and is compliant. Pure.
 */

import { type Static, Type } from 'typebox';
import type { PatchAges, PatchOverview, PatchRow } from '../../shared/api.ts';
import { patchAges } from '../../shared/choices.ts';
import { worst, worstOf } from '../../shared/level.ts';
import { joinReasons, reason, reasonsIn } from '../../shared/reason.ts';
import { oneLinePattern } from '../../shared/safe-text.ts';
import type { HeldAlert } from '../alerts/alerts.ts';
import { attentionOf, heldAbout } from './attention.ts';
import { type EndpointFacts, shownOs } from './facts.ts';
import { type Endpoint, machineKind } from './fleet.ts';
import { patchesOf } from './row.ts';
import { byName } from './row-filters.ts';

const ageMetric = 'patches.oldest_security_age_s';

/** What the system's own package managers say, and whether that is all of it. */
function knownOf({ patches }: EndpointFacts) {
  const own = patches?.filter((manager) => !manager.thirdParty) ?? [];
  const unread = own.filter((manager) => manager.scan !== 'ok');
  // A lower limit: an update is dated from the first scan that showed it.
  const undated = own.filter((manager) => (manager.pendingSecurity ?? 0) > 0 && manager.oldestSecurityAtLeast === true);
  const isUncounted = own.some((manager) => manager.pendingSecurity === null);
  const isUnread = own.length === 0 || unread.length > 0 || isUncounted;
  return { own, unread, undated, isUnread, isUnknown: isUnread || undated.length > 0 };
}

type PatchAge = PatchRow['age'];
const day = 86_400_000;
const limits: readonly [PatchAge, number][] = [
  ['to7', 7],
  ['to14', 14],
  ['to30', 30],
  ['to90', 90],
];

/** How long the oldest security update has waited. Of a lower bound only that it is beyond the last limit is certain. */
export function patchAge(facts: EndpointFacts, now: number): PatchAge {
  const { pendingSecurity, oldestSecuritySince: since, supportEnded } = patchesOf(facts, now);
  // A date of the future comes from a wrong clock.
  const waited = since === null || since > now + day ? null : (now - since) / day;
  const [age] = limits.find(([, limit]) => waited !== null && waited < limit) ?? ['over90' as const];
  const isPending = waited !== null && pendingSecurity !== 0;
  if (isPending && (age === 'over90' || !knownOf(facts).isUnknown)) return age;
  if (supportEnded) return 'unsupported';
  return pendingSecurity === 0 && !knownOf(facts).isUnknown ? 'none' : 'unknown';
}

export function patchAgesOf(fleet: readonly EndpointFacts[], now: number): PatchAges {
  const counts = Map.groupBy(fleet, (facts) => patchAge(facts, now));
  const ages = patchAges.map((name) => ({ name, count: counts.get(name)?.length ?? 0 }));
  return { asOf: now, endpoints: fleet.length, ages };
}

export const isAboutUpdates = ({ metric }: HeldAlert): boolean => /^(patches|os)\./.test(metric);

/** @param held verdicts of the endpoint in the alert engine, which decide what is too old */
export function patchRow(endpoint: Endpoint, facts: EndpointFacts, held: readonly HeldAlert[], now: number): PatchRow {
  const { endOfLife, supportEnded, ...patches } = patchesOf(facts, now);
  const { own, unread, undated, isUnread, isUnknown } = knownOf(facts);
  const scanned = own.flatMap((manager) => manager.scannedAt ?? []);
  // After the end of support nothing is published, so "none pending" does not count as compliant.
  const level = heldAbout(held, [ageMetric])?.severity ?? null;
  const overdue = supportEnded || level === 'critical';
  const reasons = [
    ...(supportEnded ? [reason('no_security_updates_since', { ended_on: endOfLife })] : []),
    ...unread.flatMap(({ manager, reason: why }) => [
      reason('in_part', { name: manager }),
      ...(joinReasons(reasonsIn(why)) ?? [reason('not_scanned')]),
    ]),
    ...undated.flatMap(({ manager }) => [reason('in_part', { name: manager }), reason('security_age_unknown')]),
  ];
  // What is known to be overdue is overdue, even when another manager could not be read.
  const state = overdue ? 'overdue' : isUnknown ? 'unknown' : 'compliant';
  return {
    endpoint: { id: endpoint.id, name: endpoint.name, kind: machineKind(endpoint.kind), site: endpoint.site },
    state,
    fresh: state === 'unknown' && !isUnread,
    group: level ?? (isUnknown ? 'unknown' : patches.pendingSecurity === 0 ? 'none' : 'waiting'),
    age: patchAge(facts, now),
    attention: attentionOf(held.filter(isAboutUpdates)),
    reason: joinReasons(reasons),
    managers: own.map((manager) => manager.manager),
    pending: patches.pending,
    pendingSecurity: patches.pendingSecurity,
    oldestSecuritySince: patches.oldestSecuritySince,
    oldestSecurityAtLeast: undated.some((manager) => manager.oldestSecuritySince === patches.oldestSecuritySince),
    scannedAt: scanned.length > 0 ? Math.min(...scanned) : null,
    rebootRequired: patches.rebootRequired,
    rebootSince: facts.osState?.rebootSince ?? null,
    os: shownOs(facts),
    endOfLife,
    ticket: null,
  };
}

const order = { overdue: 0, unknown: 1, compliant: 2 } as const;

const groupNames = ['critical', 'warning', 'info', 'waiting', 'unknown', 'none'] as const;
/** A state, a part of one, or all that are not compliant. */
const shownStates = ['due', 'overdue', 'unsupported', 'unknown', 'fresh', 'compliant'] as const;
type PatchStateAsked = (typeof shownStates)[number];

const isShown =
  (state: PatchStateAsked) =>
  (row: PatchRow): boolean =>
    state === 'due'
      ? row.state !== 'compliant'
      : state === 'fresh'
        ? row.fresh
        : state === 'unsupported'
          ? row.age === 'unsupported'
          : row.state === state;

const oneLine = { pattern: oneLinePattern, want: 'a text on one line, of characters that can be seen' };
export const patchFilter = {
  state: Type.Optional(
    Type.Enum([...shownStates], {
      description: 'due: all that are not compliant; unsupported is a part of overdue, fresh of unknown',
    }),
  ),
  group: Type.Optional(Type.Enum([...groupNames], { description: 'verdict of the rules on the age of its updates' })),
  age: Type.Optional(Type.Enum([...patchAges], { description: 'how long its oldest security update has waited' })),
  site: Type.Optional(Type.String({ maxLength: 512, description: 'its name; empty: endpoints that have none' })),
  q: Type.Optional(
    Type.String({ maxLength: 128, ...oneLine, description: 'words that all occur in endpoint, site or system' }),
  ),
};
const PatchFilterShape = Type.Object(patchFilter);
type PatchFilter = Static<typeof PatchFilterShape>;

function complianceOf(rows: readonly PatchRow[]): PatchOverview['whole'] {
  const count = (state: PatchStateAsked) => rows.filter(isShown(state)).length;
  const [compliant, overdue] = [count('compliant'), count('overdue')];
  const known = compliant + overdue;
  const percent = known === 0 ? null : (100 * compliant) / known;
  const parts = { unsupported: count('unsupported'), unknown: count('unknown'), fresh: count('fresh') };
  return { endpoints: rows.length, compliant, overdue, ...parts, percent };
}

const oldest = (since: readonly number[]) => (since.length === 0 ? null : Math.min(...since));

export function patchOverview(
  rows: readonly PatchRow[],
  now: number,
  wanted: PatchFilter = {},
  { limit, page }: { limit: number; page: number } = { limit: Infinity, page: 0 },
): PatchOverview {
  const sites = [...Map.groupBy(rows, ({ endpoint }) => endpoint.site)].map(([site, members]) => ({
    site,
    ...complianceOf(members),
    oldestSecuritySince: oldest(members.flatMap((row) => row.oldestSecuritySince ?? [])),
  }));
  sites.sort((a, b) => (a.percent ?? 101) - (b.percent ?? 101) || b.overdue - a.overdue || b.unknown - a.unknown);
  const groups = groupNames.map((name) => {
    const members = rows.filter(({ group }) => group === name);
    return { name, count: members.length, level: worst(members.map((row) => worstOf(row, ageMetric))) };
  });
  const isAtSite = (row: PatchRow) => wanted.site === undefined || (row.endpoint.site ?? '') === wanted.site;
  const words = (wanted.q ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  const found = rows
    .filter(isAtSite)
    .filter(wanted.state === undefined ? () => true : isShown(wanted.state))
    .filter(({ group, age }) => (wanted.group ?? group) === group && (wanted.age ?? age) === age)
    .filter(({ endpoint: { name, site }, os }) => {
      const text = [name, site, os].join('\n').toLowerCase();
      return words.every((word) => text.includes(word));
    })
    .sort(
      (a, b) =>
        order[a.state] - order[b.state] ||
        byName(a.endpoint.site ?? '', b.endpoint.site ?? '') ||
        (a.oldestSecuritySince ?? Infinity) - (b.oldestSecuritySince ?? Infinity) ||
        byName(a.endpoint.name, b.endpoint.name),
    );
  return {
    ...{ asOf: now, whole: complianceOf(rows.filter(isAtSite)), sites, groups },
    ...{ endpoints: found.slice(page, page + limit), total: found.length },
    next: found.length > page + limit ? String(page + limit) : null,
  };
}
