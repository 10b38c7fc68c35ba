/** Builds one row of the fleet page. Pure. */
import { isOlder } from '../../shared/agent-version.ts';
import type { EndpointRow } from '../../shared/api.ts';
import { weightOf } from '../../shared/level.ts';
import type { HeldAlert } from '../alerts/alerts.ts';
import type { LatestValue } from '../series/series.ts';
import { alertCounts, attentionOf, heldAbout } from './attention.ts';
import { backupVerdict, isUntested } from './backup-state.ts';
import { type EndpointFacts, shownOs } from './facts.ts';
import { type Endpoint, machineKind } from './fleet.ts';

export interface RowInput {
  endpoint: Endpoint;
  groups: EndpointRow['groups'];
  latest: readonly LatestValue[];
  facts: EndpointFacts;
  /** Version of the newest agent; null: not known. */
  newestVersion: string | null;
  /** Its verdicts in the alert engine, worst first. */
  held: readonly HeldAlert[];
  now: number;
}

export function composeRow(input: RowInput): EndpointRow {
  const { endpoint, facts, held, now } = input;
  const backup = backupVerdict(facts.backups, held, now);
  const values = valuesOf(input);
  return {
    id: endpoint.id,
    name: endpoint.name,
    kind: machineKind(endpoint.kind),
    site: endpoint.site,
    tags: endpoint.tags,
    groups: input.groups,
    platform: endpoint.platform,
    os: shownOs(facts),
    version: endpoint.version,
    ...(input.newestVersion === null || endpoint.version === null
      ? {}
      : { behind: isOlder(endpoint.version, input.newestVersion) }),
    state: endpoint.state,
    stateReason: endpoint.stateReason,
    stateSince: endpoint.stateSince,
    lastSeenAt: endpoint.lastSeenAt,
    ...values,
    alerts: alertCounts(held),
    attention: attentionOf(held),
    backup: {
      state: backup.state,
      ageSeconds: backup.ageSeconds,
      lastSuccess: backup.lastSuccess,
      jobs: backup.jobs.length,
      ...(facts.backups === null ? {} : { unverified: facts.backups.filter(isUntested).length }),
    },
    patches: patchesOf(facts, now),
    diskHealth: diskHealthOf(facts.disks, held),
  };
}

/** Load is of the moment: of an endpoint that does not report it is unknown. A disk stays as full as it was. */
function valuesOf({
  endpoint,
  latest,
  held,
}: RowInput): Pick<EndpointRow, 'cpuPercent' | 'memoryPercent' | 'disk' | 'valuesAt'> {
  let cpuPercent: number | null = null;
  let memoryPercent: number | null = null;
  let valuesAt: number | null = null;
  for (const { metric, tags, at, value } of latest) {
    if (metric === 'cpu.usage_active' && (tags.cpu === undefined || tags.cpu === 'cpu-total')) cpuPercent = value;
    else if (metric === 'mem.used_percent') memoryPercent = value;
    else if (metric !== 'disk.used_percent') continue;
    valuesAt = Math.max(valuesAt ?? 0, at);
  }
  if (endpoint.state !== 'online') [cpuPercent, memoryPercent] = [null, null];
  return { cpuPercent, memoryPercent, disk: diskOf(latest, held), valuesAt };
}

/** As long as the disk rules wait before a disk counts as gone. */
const goneAfterMs = 600_000;

/** A disk that was unplugged keeps its last value for ever: only those count that are still reported with the others. */
function diskOf(latest: readonly LatestValue[], held: readonly HeldAlert[]): EndpointRow['disk'] {
  const disks = latest.filter(({ metric }) => metric === 'disk.used_percent');
  const newest = Math.max(...disks.map(({ at }) => at));
  const there = disks.filter(({ at }) => newest - at < goneAfterMs);
  // Number and colour are of the same disk: a rule may be broken for another one than the fullest.
  const weight = ({ tags: { path } }: LatestValue) =>
    weightOf(path === undefined ? null : (heldAbout(held, ['disk.used_percent'], { path })?.severity ?? null));
  const first = there.sort((a, b) => weight(b) - weight(a) || b.value - a.value)[0];
  return first === undefined ? null : { path: first.tags.path ?? '?', usedPercent: first.value };
}

const dayMs = 86_400_000;

/** The system's own package managers decide; winget, snap and their like are shown on the endpoint's page only. */
export function patchesOf({ patches, osState }: EndpointFacts, now: number): EndpointRow['patches'] {
  const own = patches?.filter((one) => !one.thirdParty) ?? [];
  const sum = (values: (number | null)[]) =>
    values.length === 0 || values.includes(null) ? null : values.reduce<number>((total, n) => total + (n ?? 0), 0);
  const since = own.flatMap((one) => (one.oldestSecuritySince === null ? [] : [one.oldestSecuritySince]));
  const scans = own.map((one) => one.scan);
  const endOfLife = osState?.endOfSecurity ?? osState?.endOfLife ?? null;
  return {
    pending: sum(own.map((one) => one.pending)),
    pendingSecurity: sum(own.map((one) => one.pendingSecurity)),
    oldestSecuritySince: since.length === 0 ? null : Math.min(...since),
    scan: scans.includes('failed') ? 'failed' : scans.length === 0 || scans.includes('unknown') ? 'unknown' : 'ok',
    rebootRequired: osState?.rebootRequired ?? null,
    endOfLife,
    // The day itself is still covered.
    supportEnded: endOfLife === null ? null : now >= endOfLife + dayMs,
  };
}

/** Verdicts about disks and arrays; without one, `ok` only if some disk was checked. */
function diskHealthOf(disks: EndpointFacts['disks'], held: readonly HeldAlert[]): EndpointRow['diskHealth'] {
  const worst = held.find(({ metric }) => metric.startsWith('smart.') || metric.startsWith('array.'));
  if (worst) return worst.severity;
  return disks?.some(({ status }) => status !== 'unknown') ? 'ok' : 'unknown';
}
