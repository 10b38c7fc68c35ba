/**
 * The Patches page: compliance by site, and the age of the oldest security update. By age, not by any pending update:
 * a machine that installs each night has one pending most mornings and is well kept. Pure.
 */

import type { PatchOverview, PatchRow } from '../../shared/api.ts';
import { joinReasons, reason, reasonsIn } from '../../shared/reason.ts';
import type { HeldAlert } from '../alerts/alerts.ts';
import type { Rule } from '../evaluate/rule.ts';
import { heldAbout } from './attention.ts';
import type { Facts } from './facts.ts';
import type { Endpoint } from './fleet.ts';

const dayMs = 86_400_000;

const ageMetric = 'patches.oldest_security_age_s';

/** Days after which a security update that is pending is critical, as the rules say; null where none says so. */
export function patchLimitDays(rules: readonly Rule[]): number | null {
  const limits = rules.flatMap(({ enabled, severity, when }) => {
    if (!enabled || severity !== 'critical' || when.kind !== 'threshold') return [];
    return when.all.filter(({ field }) => `${when.measurement}.${field}` === ageMetric).map(({ value }) => value);
  });
  return limits.length === 0 ? null : Math.min(...limits) / 86_400;
}

/** @param held what the engine of alerts holds of the endpoint: it says what is too old */
export function patchRow(endpoint: Endpoint, facts: Facts, held: readonly HeldAlert[], now: number): PatchRow {
  const own = facts.patches?.filter((manager) => !manager.thirdParty) ?? [];
  const unread = own.filter((manager) => manager.scan !== 'ok');
  const sum = (pick: 'pending' | 'pendingSecurity') =>
    own.length === 0 || own.some((manager) => manager[pick] === null)
      ? null
      : own.reduce((total, manager) => total + (manager[pick] ?? 0), 0);
  const since = own.flatMap((manager) => manager.oldestSecuritySince ?? []);
  const oldest = since.length > 0 ? Math.min(...since) : null;
  const pendingSecurity = sum('pendingSecurity');
  const scanned = own.flatMap((manager) => manager.scannedAt ?? []);
  const supportEnd = facts.osState?.endOfSecurity ?? facts.osState?.endOfLife ?? null;
  // The day itself is still covered. Nothing pending is no merit where nothing is published any more.
  const ended = supportEnd !== null && now >= supportEnd + dayMs;
  const overdue = ended || heldAbout(held, [ageMetric])?.severity === 'critical';
  // "At least since": an update that was old when the agent first looked is as young as that look.
  const undated = own.filter((manager) => (manager.pendingSecurity ?? 0) > 0 && manager.oldestSecurityAtLeast === true);
  const reasons = [
    ...(ended ? [reason('no_security_updates_since', { ended_on: supportEnd })] : []),
    ...unread.flatMap(({ manager, reason: why }) => [
      reason('in_part', { name: manager }),
      ...(joinReasons(reasonsIn(why)) ?? [reason('not_scanned')]),
    ]),
    ...undated.flatMap(({ manager }) => [reason('in_part', { name: manager }), reason('security_age_unknown')]),
  ];
  return {
    endpoint: { id: endpoint.id, name: endpoint.name, kind: endpoint.kind, site: endpoint.site },
    // What is known to be overdue is overdue, even when another manager could not be read.
    state: overdue
      ? 'overdue'
      : own.length === 0 || unread.length > 0 || undated.length > 0 || pendingSecurity === null
        ? 'unknown'
        : 'compliant',
    reason: joinReasons(reasons),
    managers: own.map((manager) => manager.manager),
    pending: sum('pending'),
    pendingSecurity,
    oldestSecuritySince: oldest,
    scannedAt: scanned.length > 0 ? Math.min(...scanned) : null,
    rebootRequired: facts.osState?.rebootRequired ?? null,
    rebootSince: facts.osState?.rebootSince ?? null,
    os: facts.os,
    endOfLife: supportEnd,
  };
}

const order = { overdue: 0, unknown: 1, compliant: 2 } as const;

export function patchOverview(rows: readonly PatchRow[], limitDays: number | null, now: number): PatchOverview {
  const bySite = new Map<string | null, PatchRow[]>();
  for (const row of rows) bySite.set(row.endpoint.site, [...(bySite.get(row.endpoint.site) ?? []), row]);
  const sites = [...bySite].map(([site, members]) => {
    const count = (state: PatchRow['state']) => members.filter((row) => row.state === state).length;
    const since = members.flatMap((row) => row.oldestSecuritySince ?? []);
    return {
      site,
      endpoints: members.length,
      compliant: count('compliant'),
      overdue: count('overdue'),
      unknown: count('unknown'),
      oldestSecuritySince: since.length > 0 ? Math.min(...since) : null,
    };
  });
  sites.sort((a, b) => b.overdue - a.overdue || b.unknown - a.unknown || (a.site ?? '').localeCompare(b.site ?? ''));
  const endpoints = [...rows].sort(
    (a, b) =>
      order[a.state] - order[b.state] || (a.oldestSecuritySince ?? Infinity) - (b.oldestSecuritySince ?? Infinity),
  );
  return { asOf: now, limitDays, sites, endpoints };
}
