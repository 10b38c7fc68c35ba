/**
 * Why an endpoint needs a look, worst first. A table of limits, so that the fleet page and the default rules can be
 * compared at a glance: ages, not "any update pending", or every machine would be yellow every Tuesday.
 */
import type { EndpointRow } from '../../shared/api.ts';
import type { JobVerdict } from './backup-state.ts';
import type { RowInput } from './row.ts';

type Attention = EndpointRow['attention'][number];
type Severity = Attention['severity'];

const day = 86_400_000;
export const limits = {
  disk: { warning: 90, critical: 95 },
  securityAgeMs: { warning: 7 * day, critical: 14 * day },
  rebootAgeMs: 7 * day,
  endOfLifeAheadMs: 90 * day,
} as const;

const order: readonly Severity[] = ['critical', 'warning', 'info'];

export function attentionOf(
  row: Omit<EndpointRow, 'attention'>,
  jobs: readonly JobVerdict[],
  input: RowInput,
): Attention[] {
  const found: Attention[] = [];
  const add = (code: Attention['code'], severity: Severity, detail?: string) =>
    void found.push(detail === undefined ? { code, severity } : { code, severity, detail });

  if (row.state === 'lost') add('lost', row.kind === 'server' ? 'critical' : 'info');
  const worst = order.find((severity) => row.alerts[severity] > 0);
  if (worst) add('alert', worst, String(row.alerts.critical + row.alerts.warning + row.alerts.info));
  diskFull(row, add);
  backups(row, jobs, add);
  patches(row, input, add);
  if (row.diskHealth === 'critical' || row.diskHealth === 'warning') {
    add('disk_health', row.diskHealth, input.facts.disks?.find((disk) => disk.status === row.diskHealth)?.name);
  }
  if (input.lost > 0) add('data_lost', 'warning', String(input.lost));
  if (input.rejected > 0) add('rejected', 'warning', String(input.rejected));
  return found.sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
}

type Add = (code: Attention['code'], severity: Severity, detail?: string) => void;
type Row = Omit<EndpointRow, 'attention'>;

function diskFull({ disk }: Row, add: Add): void {
  if (disk === null || disk.usedPercent < limits.disk.warning) return;
  add('disk_full', disk.usedPercent >= limits.disk.critical ? 'critical' : 'warning', disk.path);
}

function backups({ backup, kind }: Row, jobs: readonly JobVerdict[], add: Add): void {
  const first = (state: JobVerdict['state']) => jobs.find((job) => job.state === state);
  const server = kind === 'server';
  if (backup.state === 'none') add('backup_none', server ? 'warning' : 'info');
  const failed = first('failed');
  if (failed) add('backup_failed', failed.severe ? 'critical' : 'warning', failed.job);
  const late = jobs.find((job) => job.state === 'late' && job.severe) ?? first('late') ?? first('never');
  if (late) add('backup_late', late.severe ? 'critical' : 'warning', late.job);
  const unknown = first('unknown');
  if (unknown) add('backup_unknown', 'info', unknown.job);
}

function patches({ patches }: Row, { facts, now }: RowInput, add: Add): void {
  if (patches.pendingSecurity !== null && patches.pendingSecurity > 0) {
    const age = patches.oldestSecuritySince === null ? 0 : now - patches.oldestSecuritySince;
    const { warning, critical } = limits.securityAgeMs;
    const severity = age > critical ? 'critical' : age > warning ? 'warning' : 'info';
    add('security_updates', severity, String(patches.pendingSecurity));
  }
  // Only once the endpoint has told: an agent that joined a minute ago has not scanned yet.
  if (facts.patches !== null && patches.scan !== 'ok') add('patches_unknown', 'info');
  if (patches.rebootRequired === true) {
    const since = facts.osState?.rebootSince ?? now;
    add('reboot_required', now - since > limits.rebootAgeMs ? 'warning' : 'info');
  }
  if (patches.endOfLife !== null && patches.endOfLife - now < limits.endOfLifeAheadMs) {
    add('end_of_life', patches.endOfLife <= now ? 'critical' : 'warning');
  }
}
