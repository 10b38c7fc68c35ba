/**
 * The parts of the checks that look in many places: the result for each place, so that an admin sees what was not
 * found, and what was found but could not be read.
 */
import type { BackupJob, HealthItem, PatchState } from '../../shared/inventory.ts';
import { type Reason, type Reasons, reasonsIn, reasonsOf } from '../../shared/reason.ts';
import type { CheckOutcome } from '../attempt.ts';
import type { CheckContext } from '../checks/check.ts';
import type { HealthSource } from '../checks/health/source.ts';
import { english } from '../english.ts';

export interface DoctorPart {
  name: string;
  /** What is read, with which privileges; null when the check's own line has it. */
  reads: string | null;
  findings: string[];
  /** From which follows what is to be done. */
  reasons: Reason[];
}

const mostItems = 6;

/** The first few, and how many more there are. */
function few(lines: readonly string[]): string[] {
  return lines.length <= mostItems
    ? [...lines]
    : [...lines.slice(0, mostItems), `and ${lines.length - mostItems} more`];
}

const itemWords = ({ name, status, summary }: HealthItem) => `${name} ${status}: ${english(summary).split('\n')[0]}`;
const order: readonly HealthItem['status'][] = ['unknown', 'critical', 'warning', 'ok'];

async function healthPart(source: HealthSource, context: CheckContext): Promise<DoctorPart> {
  const part = (findings: string[], reasons: Reason[] = []) => ({
    name: source.name,
    reads: source.reads,
    findings,
    reasons,
  });
  try {
    const { items } = await source.read(context);
    if (items.length === 0) return part(['nothing here']);
    const sorted = [...items].sort((a, b) => order.indexOf(a.status) - order.indexOf(b.status));
    return part(
      few(sorted.map(itemWords)),
      sorted.slice(0, mostItems).flatMap(({ summary }) => reasonsIn(summary)),
    );
  } catch (thrown) {
    const absent = thrown instanceof Error && thrown.name === 'NoData';
    const reasons = reasonsOf(thrown);
    return part([`${absent ? 'nothing here' : 'FAILED'}: ${english(reasons)}`], reasons);
  }
}

async function healthParts(heavy: boolean, context: CheckContext): Promise<DoctorPart[]> {
  const { healthSources } = await import('../checks/health/index.ts');
  const parts: DoctorPart[] = [];
  for (const source of healthSources)
    if (Boolean(source.heavy) === heavy && source.platforms.includes(context.platform))
      parts.push(await healthPart(source, context));
  return parts;
}

const because = (reason: Reasons | null) => (reason === null ? '' : `: ${english(reason)}`);

const sectionOf = <T>(outcome: CheckOutcome, name: 'backups' | 'patches' | 'health'): T[] =>
  outcome.status === 'ok' ? ((outcome.findings.sections?.[name] ?? []) as T[]) : [];

function patchWords({ scan, pending, pendingSecurity, reason }: PatchState): string {
  const count = pending === null ? 'pending unknown' : `${pending} pending`;
  const security = pendingSecurity === null ? 'security unknown' : `${pendingSecurity} for security`;
  return `scan ${scan}, ${count}, ${security}${because(reason)}`;
}

async function patchParts(outcome: CheckOutcome, context: CheckContext): Promise<DoctorPart[]> {
  const { patchManagers } = await import('../checks/patches/index.ts');
  const states = sectionOf<PatchState>(outcome, 'patches');
  const here = patchManagers.filter(({ platforms }) => platforms.includes(context.platform));
  const found = states.map((state) => ({
    name: state.manager,
    reads: here.find(({ name }) => name === state.manager)?.reads ?? null,
    findings: [patchWords(state)],
    reasons: reasonsIn(state.reason),
  }));
  const missing = here.map(({ name }) => name).filter((name) => !states.some(({ manager }) => manager === name));
  return missing.length === 0
    ? found
    : [...found, { name: 'not on this machine', reads: null, findings: [missing.join(', ')], reasons: [] }];
}

function jobWords({ result, lastSuccess, reason, readable }: BackupJob): string {
  const last = lastSuccess === null ? 'no success known' : `last success ${new Date(lastSuccess).toISOString()}`;
  return `${result}, ${last}${readable === false ? ', cannot be read' : ''}${because(reason)}`;
}

async function backupParts(outcome: CheckOutcome): Promise<DoctorPart[]> {
  const jobs = sectionOf<BackupJob>(outcome, 'backups');
  const named = jobs.map((job) => ({
    ...{ name: `${job.product} ${job.job}`, reads: null },
    ...{ findings: [jobWords(job)], reasons: reasonsIn(job.reason) },
  }));
  if (named.length > 0) return named;
  const { products } = await import('../checks/backup/index.ts');
  const looked = products.filter(({ discover }) => discover).map(({ name, reads }) => `${name} (${reads})`);
  return [{ name: 'looked in vain for', reads: null, findings: looked, reasons: [] }];
}

const itemParts = (outcome: CheckOutcome): DoctorPart[] =>
  sectionOf<HealthItem>(outcome, 'health').map(({ name, status, summary }) => ({
    ...{ name, reads: null, findings: [`${status}: ${english(summary).split('\n')[0]}`], reasons: reasonsIn(summary) },
  }));

/** The parts of a check that has any; it may read again what has just been read. */
export async function partsOf(check: string, outcome: CheckOutcome, context: CheckContext): Promise<DoctorPart[]> {
  if (check === 'health') return healthParts(false, context);
  if (check === 'health_slow') return healthParts(true, context);
  if (check === 'patches') return patchParts(outcome, context);
  if (check === 'custom' || check === 'logs') return itemParts(outcome);
  return check === 'backup' ? backupParts(outcome) : [];
}
