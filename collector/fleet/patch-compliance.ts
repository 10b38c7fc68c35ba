/**
 * The Patches page: compliance by site, and the age of the oldest security update. By age, not by any pending update:
 * a machine that installs each night has one pending most mornings and is compliant. Pure.
 */

import type { PatchOverview, PatchRow } from '../../shared/api.ts';
import { worst, worstOf } from '../../shared/level.ts';
import { joinReasons, reason, reasonsIn } from '../../shared/reason.ts';
import type { HeldAlert } from '../alerts/alerts.ts';
import { attentionOf, heldAbout } from './attention.ts';
import type { EndpointFacts } from './facts.ts';
import type { Endpoint } from './fleet.ts';
import { patchesOf } from './row.ts';

const ageMetric = 'patches.oldest_security_age_s';

/** @param held verdicts of the endpoint in the alert engine, which decide what is too old */
export function patchRow(endpoint: Endpoint, facts: EndpointFacts, held: readonly HeldAlert[], now: number): PatchRow {
  const { endOfLife, supportEnded, ...patches } = patchesOf(facts, now);
  const own = facts.patches?.filter((manager) => !manager.thirdParty) ?? [];
  const unread = own.filter((manager) => manager.scan !== 'ok');
  const scanned = own.flatMap((manager) => manager.scannedAt ?? []);
  // After the end of support nothing is published, so "none pending" does not count as compliant.
  const level = heldAbout(held, [ageMetric])?.severity ?? null;
  const overdue = supportEnded || level === 'critical';
  // A lower limit: an update is dated from the first scan that showed it.
  const undated = own.filter((manager) => (manager.pendingSecurity ?? 0) > 0 && manager.oldestSecurityAtLeast === true);
  const reasons = [
    ...(supportEnded ? [reason('no_security_updates_since', { ended_on: endOfLife })] : []),
    ...unread.flatMap(({ manager, reason: why }) => [
      reason('in_part', { name: manager }),
      ...(joinReasons(reasonsIn(why)) ?? [reason('not_scanned')]),
    ]),
    ...undated.flatMap(({ manager }) => [reason('in_part', { name: manager }), reason('security_age_unknown')]),
  ];
  const isUnknown = own.length === 0 || unread.length > 0 || undated.length > 0 || patches.pendingSecurity === null;
  // What is known to be overdue is overdue, even when another manager could not be read.
  const state = overdue ? 'overdue' : isUnknown ? 'unknown' : 'compliant';
  return {
    endpoint: { id: endpoint.id, name: endpoint.name, kind: endpoint.kind, site: endpoint.site },
    state,
    group: level ?? (isUnknown ? 'unknown' : patches.pendingSecurity === 0 ? 'none' : 'waiting'),
    attention: attentionOf(held.filter(({ metric }) => metric.startsWith('patches.') || metric.startsWith('os.'))),
    reason: joinReasons(reasons),
    managers: own.map((manager) => manager.manager),
    pending: patches.pending,
    pendingSecurity: patches.pendingSecurity,
    oldestSecuritySince: patches.oldestSecuritySince,
    oldestSecurityAtLeast: undated.some((manager) => manager.oldestSecuritySince === patches.oldestSecuritySince),
    scannedAt: scanned.length > 0 ? Math.min(...scanned) : null,
    rebootRequired: patches.rebootRequired,
    rebootSince: facts.osState?.rebootSince ?? null,
    os: facts.os,
    endOfLife,
  };
}

const order = { overdue: 0, unknown: 1, compliant: 2 } as const;

function complianceOf(rows: readonly PatchRow[]): PatchOverview['whole'] {
  const count = (state: PatchRow['state']) => rows.filter((row) => row.state === state).length;
  const [compliant, overdue] = [count('compliant'), count('overdue')];
  const known = compliant + overdue;
  const percent = known === 0 ? null : (100 * compliant) / known;
  return { endpoints: rows.length, compliant, overdue, unknown: count('unknown'), percent };
}

const oldest = (since: readonly number[]) => (since.length === 0 ? null : Math.min(...since));
const groupNames: readonly PatchRow['group'][] = ['critical', 'warning', 'info', 'waiting', 'unknown', 'none'];

export function patchOverview(rows: readonly PatchRow[], now: number): PatchOverview {
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
  const endpoints = [...rows].sort(
    (a, b) =>
      order[a.state] - order[b.state] || (a.oldestSecuritySince ?? Infinity) - (b.oldestSecuritySince ?? Infinity),
  );
  return { asOf: now, whole: complianceOf(rows), sites, groups, endpoints };
}
