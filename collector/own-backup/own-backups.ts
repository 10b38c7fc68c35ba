/** Copies of the running collector: by a schedule, or because somebody asks. One at a time. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../shared/clock.ts';
import { EvenkeelError, errors, fail, reasonOf } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { OwnBackupStatus } from '../../shared/own-backup.ts';
import { reason } from '../../shared/reason.ts';
import type { OwnAlerts } from '../alerts/own.ts';
import { ownBackupOld } from '../alerts/own-rules.ts';
import type { Config } from '../settings/settings.ts';
import { backupRefused } from '../state/backup-refused.ts';
import type { State } from '../state/open.ts';
import { dueAt, isTooOld } from './due.ts';
import { writeLedger } from './ledger.ts';
import { leftOutReason } from './left-out.ts';
import { type BackupProgress, backupsIn, type MadeBackup, makeBackup, pruneBackups } from './make.ts';
import { bytesOf, noteName, readNote } from './note.ts';
import type { CopySource } from './source.ts';

export interface OwnBackupParts {
  state: State;
  source: CopySource;
  config: Parameters<typeof makeBackup>[0]['config'] & Pick<Config, 'backup' | 'zone'>;
  version: string;
  clock: Clock;
  log: Log;
  alerts: Pick<OwnAlerts, 'own' | 'ownTags'>;
}

export interface OwnBackups {
  status(): Promise<OwnBackupStatus>;
  /**
   * Begins one; `status` says how far it is.
   * @param to another folder than the one of the settings; nothing is removed there
   * @throws EvenkeelError CONFLICT: one is being made; BACKUP_REFUSED: no folder is known
   */
  begin(by: string, to?: string): void;
  /** Endpoints were erased: noted beside the backups. Never rejects: the next backup notes it as well. */
  erased(ids: readonly string[]): Promise<void>;
  /** Makes what is due, from now on; what a folder holds is known from it. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

type LastBackup = Omit<NonNullable<OwnBackupStatus['last']>, 'isThere' | 'leftOutWhy'>;

/** Of the folder of the settings; without one, of wherever somebody had one made. */
interface Remembered {
  /** When this folder was set up. */
  since: { to: string; at: number } | null;
  last: (LastBackup & { to: string }) | null;
  failed: OwnBackupStatus['failed'];
}

const lastOf = ({ note, path, linked }: MadeBackup): LastBackup => {
  const { at, took, by, series, counts, leftOut } = note;
  return { at, took, by, path, bytes: bytesOf(note), linked, segments: series.segments, counts, leftOut };
};

const isStillThere = (path: string) => existsSync(join(path, noteName));
const shownOf = (made: LastBackup) => ({
  ...made,
  leftOutWhy: made.leftOut.map(leftOutReason),
  isThere: isStillThere(made.path),
});

const key = 'own_backup';
const lookEveryMs = 60_000;

/** @returns null where there is none, or none that can be read */
function newestIn(folder: string, log: Log): LastBackup | null {
  const [name] = backupsIn(folder);
  if (name === undefined) return null;
  const path = join(folder, name);
  try {
    return lastOf({ note: readNote(readFileSync(join(path, noteName), 'utf8'), path), path, linked: 0 });
  } catch (thrown) {
    log.warn({ path, reason: reasonOf(thrown) }, 'Could not read what the newest backup of the collector holds');
    return null;
  }
}

export function createOwnBackups(parts: OwnBackupParts): OwnBackups {
  const { state, source, config, clock, log, alerts } = parts;
  const settings = config.backup;
  const stopping = new AbortController();
  let running: OwnBackupStatus['running'] = null;
  let ended: OwnBackupStatus['ended'] = null;
  let work: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;

  async function remembered(): Promise<Remembered> {
    const row = await state.selectFrom('settings').select('value').where('key', '=', key).executeTakeFirst();
    return { since: null, last: null, failed: null, ...(row ? (JSON.parse(row.value) as Partial<Remembered>) : {}) };
  }

  async function remember(more: Partial<Remembered>): Promise<void> {
    const value = JSON.stringify({ ...(await remembered()), ...more });
    await state
      .insertInto('settings')
      .values({ key, value })
      .onConflict((clash) => clash.column('key').doUpdateSet({ value }))
      .execute();
  }

  const isUsual = (to: string) => settings === null || to === settings.to;

  /** Of the folder of the settings; null where it is not there any more. */
  const madeAt = ({ last }: Remembered) =>
    last && last.to === settings?.to && isStillThere(last.path) ? last.at : null;

  async function make(by: string, to: string): Promise<void> {
    const startedAt = clock.now();
    const progress = (now: BackupProgress) => {
      running = { startedAt, ...now };
    };
    progress({ phase: 'journal', done: 0, total: 0 });
    try {
      const about = { source, config, to, by, version: parts.version, passphrase: settings?.passphrase ?? null };
      const made = lastOf(await makeBackup({ ...about, now: clock.now, signal: stopping.signal, progress }));
      if (settings && to === settings.to) await pruneBackups(to, settings.keep, await source.instance());
      ended = { made: shownOf(made), failed: null };
      if (isUsual(to)) await remember({ last: { to, ...made }, failed: null });
      log.info(
        { path: made.path, bytes: made.bytes, linked: made.linked, took_ms: made.took, by },
        'Made a backup of the collector',
      );
    } catch (thrown) {
      const known = thrown instanceof EvenkeelError ? thrown : null;
      const { message, hint } = known ?? { message: reasonOf(thrown), hint: errors.INTERNAL.hint };
      log.error({ to, by, reason: message, todo: hint }, 'Could not make a backup of the collector');
      const failed = { at: clock.now(), message, hint, why: [...(known?.why ?? [])] };
      ended = { made: null, failed };
      if (isUsual(to) && !stopping.signal.aborted) await remember({ failed });
    } finally {
      running = null;
    }
  }

  function begin(by: string, to = settings?.to): void {
    if (running) throw fail('CONFLICT', { problem: 'a backup is being made at this moment; wait for its end' });
    if (to === undefined)
      throw backupRefused('of this collector', reason('own_backup_no_place'), reason('own_backup_set_place'));
    running = { startedAt: clock.now(), phase: 'journal', done: 0, total: 0 };
    ended = null;
    work = work
      .then(() => make(by, to))
      .then(look)
      .catch((thrown: unknown) => log.error({ err: thrown }, 'Could not note what became of a backup'));
  }

  /** The alert about itself begins or ends. */
  async function look(): Promise<void> {
    const about = await remembered();
    const isOld = settings !== null && isTooOld(madeAt(about), about.since?.at ?? clock.now(), clock.now());
    if (settings) await alerts.own(ownBackupOld, { folder: settings.to }, isOld, madeAt(about));
    for (const { folder = '' } of alerts.ownTags(ownBackupOld))
      if (folder !== settings?.to) await alerts.own(ownBackupOld, { folder }, false);
  }

  /**
   * After a restore, or beside a collector that makes them by the command alone, the folder has newer ones than the state
   * knows: a state does not know of the backup that it lies in.
   */
  async function lookInFolder(to: string): Promise<void> {
    const { last } = await remembered();
    const newest = newestIn(to, log);
    if (newest && (last?.to !== to || (last.path !== newest.path && last.at <= newest.at)))
      await remember({ last: { to, ...newest } });
  }

  const nextAt = (about: Remembered) =>
    settings && dueAt(settings, config.zone, madeAt(about), about.failed?.at ?? null);

  async function tick(): Promise<void> {
    try {
      const due = nextAt(await remembered());
      if (due !== null && due <= clock.now() && !running) begin('schedule');
      else await look();
    } catch (thrown) {
      log.error({ err: thrown }, 'Could not look for a backup that is due; tried again');
    }
  }

  return {
    async status() {
      const about = await remembered();
      const { last, failed } = about;
      const when = settings?.when ?? null;
      return {
        asOf: clock.now(),
        to: settings?.to ?? null,
        at: when && 'at' in when ? when.at : null,
        everyMs: when && 'everyMs' in when ? when.everyMs : null,
        keep: settings?.keep ?? 0,
        hasPassphrase: (settings?.passphrase ?? null) !== null,
        kept: settings ? backupsIn(settings.to).length : 0,
        nextAt: running ? null : nextAt(about),
        running,
        last: last && shownOf(last),
        failed: failed && { ...failed, why: failed.why ?? [] },
        ended,
      };
    },
    begin,
    async erased(ids) {
      if (!settings || ids.length === 0 || !existsSync(settings.to)) return;
      try {
        await writeLedger(settings.to, await source.id(), ids);
      } catch (thrown) {
        log.error({ endpoints: ids, reason: reasonOf(thrown) }, 'Could not note beside the backups what was erased');
      }
    },
    async start() {
      const { since } = await remembered();
      if (settings && since?.to !== settings.to) await remember({ since: { to: settings.to, at: clock.now() } });
      if (settings) await lookInFolder(settings.to);
      timer = setInterval(() => void tick(), lookEveryMs);
      timer.unref();
      void tick();
    },
    async stop() {
      clearInterval(timer);
      stopping.abort();
      await work;
    },
  };
}
