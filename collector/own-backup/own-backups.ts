/** Copies of the running collector: by a schedule, or because somebody asks. One at a time. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../shared/clock.ts';
import { EvenkeelError, errors, fail, reasonOf } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { OwnBackupStatus } from '../../shared/own-backup.ts';
import type { OwnAlerts } from '../alerts/own.ts';
import { ownBackupOld } from '../alerts/own-rules.ts';
import type { Config } from '../settings/settings.ts';
import type { State } from '../state/open.ts';
import { dueAt, isTooOld } from './due.ts';
import { writeLedger } from './ledger.ts';
import { type BackupProgress, backupsIn, makeBackup, pruneBackups } from './make.ts';
import { bytesOf, noteName } from './note.ts';
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
  /** Makes what is due, from now on. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

interface Remembered {
  /** When this folder was set up. */
  since: { to: string; at: number } | null;
  last: (Omit<NonNullable<OwnBackupStatus['last']>, 'isThere'> & { to: string }) | null;
  failed: OwnBackupStatus['failed'];
}

const key = 'own_backup';
const lookEveryMs = 60_000;

export function createOwnBackups(parts: OwnBackupParts): OwnBackups {
  const { state, source, config, clock, log, alerts } = parts;
  const settings = config.backup;
  const stopping = new AbortController();
  let running: OwnBackupStatus['running'] = null;
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

  const isStillThere = (path: string) => existsSync(join(path, noteName));

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
      const made = await makeBackup({ ...about, now: clock.now, signal: stopping.signal, progress });
      const { note, path, linked } = made;
      const { at, took, series, counts, leftOut } = note;
      const last = { to, at, took, by, path, bytes: bytesOf(note), linked, segments: series.segments, counts, leftOut };
      if (settings && to === settings.to) await pruneBackups(to, settings.keep);
      await remember({ last, failed: null });
      log.info({ path, bytes: last.bytes, linked, took_ms: took, by }, 'Made a backup of the collector');
    } catch (thrown) {
      const { message, hint } =
        thrown instanceof EvenkeelError ? thrown : { message: reasonOf(thrown), hint: errors.INTERNAL.hint };
      log.error({ to, by, reason: message, todo: hint }, 'Could not make a backup of the collector');
      if (!stopping.signal.aborted) await remember({ failed: { at: clock.now(), message, hint } });
    } finally {
      running = null;
    }
  }

  function begin(by: string, to = settings?.to): void {
    if (running) throw fail('CONFLICT', { problem: 'a backup is being made at this moment; wait for its end' });
    if (to === undefined)
      throw fail('BACKUP_REFUSED', {
        what: 'of this collector',
        reason: 'no folder is known for it',
        todo: 'Set backup.to in evenkeel.yaml and restart, or give a folder: npm run collector -- backup --to FOLDER',
      });
    running = { startedAt: clock.now(), phase: 'journal', done: 0, total: 0 };
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

  const shownOf = ({ to: _to, ...last }: NonNullable<Remembered['last']>) => ({
    ...last,
    isThere: isStillThere(last.path),
  });

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
        failed,
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
