import { setTimeout as pause } from 'node:timers/promises';
import { Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
import { EvenkeelError, fail, reasonOf } from '../../shared/errors.ts';
import { type Log, silentLog } from '../../shared/log.ts';
import { keepCopy, wayBack } from './before-updates.ts';
import { readMark } from './copy/mark.ts';
import type { Database, State } from './database.ts';
import type { ColumnTypes, Connected, WaitContext } from './drivers/driver.ts';
import { driverOf, type StatePlace } from './drivers/index.ts';
import * as first from './migrations/001-first.ts';
import * as restoreTests from './migrations/002-restore-tests.ts';
import * as backupRuns from './migrations/003-backup-runs.ts';
import * as identity from './migrations/004-identity.ts';
import * as places from './migrations/005-places.ts';
import * as secondHalf from './migrations/010-second-half.ts';
import * as births from './migrations/011-births.ts';
import * as refusedParts from './migrations/012-refused-parts.ts';
import * as bucketAndOwner from './migrations/013-bucket-and-owner.ts';
import * as calendarsAndImpact from './migrations/015-calendars-and-impact.ts';
import * as maintenance from './migrations/016-maintenance.ts';
import * as ticketFacts from './migrations/017-tickets.ts';
import * as months from './migrations/018-months.ts';
import * as changes from './migrations/020-changes.ts';
import * as costsAndSoftware from './migrations/021-costs-and-software.ts';
import * as reports from './migrations/022-reports.ts';
import * as stability from './migrations/023-stability.ts';
import * as proposals from './migrations/024-proposals.ts';
import * as keptMonths from './migrations/025-kept-months.ts';
import * as logIns from './migrations/028-log-ins.ts';
import * as auditLog from './migrations/029-audit-log.ts';
import * as credentials from './migrations/030-credentials.ts';
import * as diskForecasts from './migrations/031-disk-forecasts.ts';
import * as auditOutcome from './migrations/033-audit-outcome.ts';
import * as erased from './migrations/034-erased.ts';
import * as ticketLists from './migrations/035-ticket-lists.ts';
import * as vendorReference from './migrations/036-vendor-reference.ts';
import * as ticketTargets from './migrations/037-ticket-targets.ts';
import * as groups from './migrations/038-groups.ts';
import * as silences from './migrations/039-silences.ts';
import * as outages from './migrations/040-outages.ts';
import * as channels from './migrations/041-channels.ts';
import * as routing from './migrations/042-routing.ts';
import * as feeds from './migrations/043-feeds.ts';
import * as actLinks from './migrations/045-act-links.ts';
import * as targets from './migrations/046-targets.ts';
import * as services from './migrations/047-services.ts';
import * as outsideAlerts from './migrations/048-outside-alerts.ts';
import * as push from './migrations/049-push.ts';
import * as ways from './migrations/050-ways.ts';
import * as askedMaintenance from './migrations/055-asked-maintenance.ts';
import * as alertClocks from './migrations/057-alert-clocks.ts';
import * as watchedSeen from './migrations/061-watched-seen.ts';
import * as joining from './migrations/065-joining.ts';
import * as agentSettings from './migrations/068-agent-settings.ts';
import * as trust from './migrations/070-trust.ts';
import * as waiting from './migrations/072-waiting.ts';
import * as identityEvents from './migrations/074-identity.ts';
import * as announced from './migrations/075-announced.ts';
import * as softwareCounts from './migrations/076-software-counts.ts';
import * as agentUpdates from './migrations/078-agent-updates.ts';
import * as logInProviders from './migrations/081-log-ins.ts';
import * as auditChain from './migrations/082-audit-chain.ts';
import * as scopes from './migrations/084-scopes.ts';
import * as copies from './migrations/087-copies.ts';
import * as savedViews from './migrations/089-saved-views.ts';
import * as cluster from './migrations/095-cluster.ts';
import * as collectorFigures from './migrations/096-collector-figures.ts';
import * as desks from './migrations/097-desks.ts';
import * as knowledge from './migrations/098-knowledge.ts';
import * as search from './migrations/099-search.ts';
import * as selfService from './migrations/100-self-service.ts';
import * as brokerUsers from './migrations/101-broker-users.ts';
import * as mail from './migrations/102-mail.ts';
import * as attachments from './migrations/103-attachments.ts';
import * as ticketQueue from './migrations/104-ticket-queue.ts';
import * as ticketWatchers from './migrations/105-ticket-watchers.ts';
import * as scripts from './migrations/106-scripts.ts';
import * as chat from './migrations/107-chat.ts';
import * as directory from './migrations/108-directory.ts';
import * as recovery from './migrations/109-recovery.ts';
import * as failedRuns from './migrations/112-failed-runs.ts';
import * as ticketEvidence from './migrations/113-ticket-evidence.ts';

import { type TableMaker, tablesIn } from './migrations/tables.ts';
import { sparsely } from './waiting.ts';

export type { State } from './database.ts';

/** In order; the name is stored in the database. To add one: a file and a line. */
const migrations: Record<string, { up(db: Kysely<never>, tables: TableMaker): Promise<void> }> = {
  '001-first': first,
  '002-restore-tests': restoreTests,
  '003-backup-runs': backupRuns,
  '004-identity': identity,
  '005-places': places,
  '010-second-half': secondHalf,
  '011-births': births,
  '012-refused-parts': refusedParts,
  '013-bucket-and-owner': bucketAndOwner,
  '015-calendars-and-impact': calendarsAndImpact,
  '016-maintenance': maintenance,
  '017-tickets': ticketFacts,
  '018-months': months,
  '020-changes': changes,
  '021-costs-and-software': costsAndSoftware,
  '022-reports': reports,
  '023-stability': stability,
  '024-proposals': proposals,
  '025-kept-months': keptMonths,
  '028-log-ins': logIns,
  '029-audit-log': auditLog,
  '030-credentials': credentials,
  '031-disk-forecasts': diskForecasts,
  '033-audit-outcome': auditOutcome,
  '034-erased': erased,
  '035-ticket-lists': ticketLists,
  '036-vendor-reference': vendorReference,
  '037-ticket-targets': ticketTargets,
  '038-groups': groups,
  '039-silences': silences,
  '040-outages': outages,
  '041-channels': channels,
  '042-routing': routing,
  '043-feeds': feeds,
  '045-act-links': actLinks,
  '046-targets': targets,
  '047-services': services,
  '048-outside-alerts': outsideAlerts,
  '049-push': push,
  '050-ways': ways,
  '055-asked-maintenance': askedMaintenance,
  '057-alert-clocks': alertClocks,
  '061-watched-seen': watchedSeen,
  '065-joining': joining,
  '068-agent-settings': agentSettings,
  '070-trust': trust,
  '072-waiting': waiting,
  '074-identity': identityEvents,
  '075-announced': announced,
  '076-software-counts': softwareCounts,
  '078-agent-updates': agentUpdates,
  '081-log-ins': logInProviders,
  '082-audit-chain': auditChain,
  '084-scopes': scopes,
  '087-copies': copies,
  '089-saved-views': savedViews,
  '095-cluster': cluster,
  '096-collector-figures': collectorFigures,
  '097-desks': desks,
  '098-knowledge': knowledge,
  '099-search': search,
  '100-self-service': selfService,
  '101-broker-users': brokerUsers,
  '102-mail': mail,
  '103-attachments': attachments,
  '104-ticket-queue': ticketQueue,
  '105-ticket-watchers': ticketWatchers,
  '106-scripts': scripts,
  '107-chat': chat,
  '108-directory': directory,
  '112-failed-runs': failedRuns,
  '113-ticket-evidence': ticketEvidence,
  '109-recovery': recovery,
};
const known = Object.keys(migrations).sort();
const unattended: WaitContext = { log: silentLog, stopped: new AbortController().signal };

/**
 * Opens the state and brings it to the newest schema.
 * @param where a text is an SQLite file, or `:memory:`
 * @param isCopying for the copy that fills it: others refuse a copy that is not complete
 * @throws EvenkeelError DATA_NEWER when a newer version wrote it, DATA_FORKED when one with other migrations did, DATA_CORRUPT,
 *   STATE_REFUSED when it is not ours, STATE_UNREACHABLE
 */
export async function openState(where: string | StatePlace, waiting = unattended, isCopying = false): Promise<State> {
  const place: StatePlace = typeof where === 'string' ? { driver: 'sqlite', file: where } : where;
  const driver = await driverOf(place);
  let state: State | undefined;
  try {
    const { migrating, ready, copy, ...config } = await driver.connect(place);
    const opened = new Kysely<Database>(config);
    state = opened;
    Object.assign(opened, { [copying]: copy });
    const isDone = async () => {
      const applied = await appliedMigrations(opened);
      refuseOthers(applied, driver.nameOf(place), (can) => wayBack(place, waiting.data ?? null, can));
      return applied.length === known.length;
    };
    if (!(await isDone())) {
      await migrating(state, waiting, isDone);
      if (!(await isDone())) {
        await copyBefore(opened, place, copy, waiting);
        await migrate(state, driver.columns);
      }
    }
    await ready(state);
    if (!isCopying) await refuseHalf(state, driver.nameOf(place));
    return state;
  } catch (thrown) {
    await state?.destroy();
    throw thrown instanceof EvenkeelError && thrown.code !== 'STATE_UNAVAILABLE'
      ? thrown
      : driver.refusalOf(place, thrown);
  }
}

/** @throws EvenkeelError STATE_REFUSED for what `copy/` has not finished */
async function refuseHalf(state: State, place: string): Promise<void> {
  const mark = await readMark(state);
  if (mark)
    throw fail('STATE_REFUSED', {
      ...{ place, reason: `it holds a part of ${mark.from}, whose copy has not ended` },
      todo: 'Let it end: npm run collector -- state copy --from sqlite --to postgres, which goes on where it was. Or start with the settings of before: nothing was changed there.',
    });
}

/** An update of what another program keeps is not held up by a program that is missing here: its administrator has backups. */
async function copyBefore(
  state: State,
  place: StatePlace,
  copy: Connected['copy'],
  { log, data = null }: WaitContext,
): Promise<void> {
  const schema = (await appliedMigrations(state)).at(-1);
  if (schema === undefined) return;
  try {
    const file = await keepCopy(place, data, schema, copy);
    if (file !== null) log.info({ file, schema }, 'Copied the state before its update');
  } catch (thrown) {
    if (place.driver === 'sqlite') throw thrown;
    log.warn({ reason: reasonOf(thrown) }, 'The state is updated without a copy of it from before');
  }
}

/** The state as an older version may have left it: nothing is migrated. @throws EvenkeelError as openState */
export async function openAsIs(place: StatePlace): Promise<State> {
  const driver = await driverOf(place);
  try {
    const { migrating, ready, copy, ...config } = await driver.connect(place);
    return Object.assign(new Kysely<Database>(config), { [copying]: copy });
  } catch (thrown) {
    throw thrown instanceof EvenkeelError && thrown.code !== 'STATE_UNAVAILABLE'
      ? thrown
      : driver.refusalOf(place, thrown);
  }
}

/**
 * The same, and waits for a database that is just starting, as after a reboot.
 * @throws EvenkeelError as openState
 */
export async function awaitState(
  place: StatePlace,
  log: Log,
  signal: AbortSignal,
  forMs = 30_000,
  data: string | null = null,
): Promise<State> {
  const warn = sparsely((fields) => log.warn(fields, 'The database cannot be reached yet; tried again'));
  for (const end = performance.now() + forMs; ; ) {
    try {
      return await openState(place, { log, stopped: signal, data });
    } catch (thrown) {
      const mayCome = thrown instanceof EvenkeelError && thrown.retryable;
      if (!mayCome || signal.aborted || performance.now() > end) throw thrown;
      warn({ reason: thrown.message, todo: thrown.hint });
      await pause(1000);
    }
  }
}

/** Under it an open state carries how its driver copies it. */
const copying = Symbol('copy');
type Copied = State & { [copying]?: Connected['copy'] };

/** Copies all of an open state into a new file, as of one moment, while it is written. @throws EvenkeelError BACKUP_REFUSED */
export async function copyState(
  state: State,
  file: string,
  progress: (done: number, total: number) => void = () => {},
): Promise<void> {
  const copy = (state as Copied)[copying];
  if (!copy) throw new Error('This state was not opened by openState');
  await copy(file, progress);
}

/** The name of the last migration that this version knows. */
export const newestSchema = known.at(-1) ?? '';

/** @returns whether this version can bring it to its own schema */
export const isKnownSchema = (migration: string): boolean => known.includes(migration);

/**
 * Whatever this version could not bring to its schema is refused before anything is copied or changed, and for good: waiting does
 * not help. @param todo given which copies of before are of use. @throws EvenkeelError DATA_NEWER, DATA_FORKED
 */
export function refuseOthers(
  applied: readonly string[],
  path: string,
  todo: (isOfUse: (schema: string) => boolean) => string,
): void {
  const newer = applied.findLast((name) => !isKnownSchema(name));
  if (newer !== undefined)
    throw fail('DATA_NEWER', { path, found: newer, known: newestSchema, todo: todo(isKnownSchema) });
  const missing = known.find((name, at) => at < applied.length && applied[at] !== name);
  if (missing !== undefined)
    throw fail('DATA_FORKED', { path, found: applied.at(-1) ?? '', missing, todo: todo((schema) => schema < missing) });
}

async function migrate(state: State, columns: ColumnTypes): Promise<void> {
  const getMigrations = async () =>
    Object.fromEntries(
      Object.entries(migrations).map(([name, { up }]) => [
        name,
        { up: (db: Kysely<never>) => up(db, tablesIn(db, columns)) },
      ]),
    );
  const { error } = await new Migrator({ db: state, provider: { getMigrations } }).migrateToLatest();
  if (error) throw error;
}

export async function appliedMigrations(state: State): Promise<string[]> {
  const tables = await state.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === 'kysely_migration')) return [];
  const db = state as unknown as Kysely<{ kysely_migration: { name: string } }>;
  const rows = await db.selectFrom('kysely_migration').select('name').orderBy('name').execute();
  return rows.map(({ name }) => name);
}
