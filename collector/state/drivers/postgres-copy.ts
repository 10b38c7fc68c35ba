/** A database of PostgreSQL as a file, and back: by `pg_dump` and `pg_restore`, which know all that it can hold. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EvenkeelError } from '../../../shared/errors.ts';
import { reason } from '../../../shared/reason.ts';
import { backupRefused } from '../backup-refused.ts';
import { type PostgresPlace, postgresName } from './postgres-address.ts';

const connectWithinS = '10';
/** As much of what a program says as an error repeats. */
const saidAtMost = 600;

/** One snapshot; writers do not wait for it. @throws EvenkeelError BACKUP_REFUSED */
export const dump = (place: PostgresPlace, file: string): Promise<void> =>
  run('pg_dump', place, ['--format=custom', '--compress=1', '--no-owner', '--no-privileges', `--file=${file}`]);

/** Into an empty database: all of it, or nothing. @throws EvenkeelError BACKUP_REFUSED */
export const undump = (place: PostgresPlace, file: string): Promise<void> =>
  run('pg_restore', place, ['--single-transaction', '--exit-on-error', '--no-owner', '--no-privileges', file]);

/** Whether the file is whole as far as its list of contents says. @throws EvenkeelError BACKUP_REFUSED */
export const readDump = (file: string): Promise<void> => run('pg_restore', null, ['--list', file]);

async function run(program: string, place: PostgresPlace | null, args: readonly string[]): Promise<void> {
  // The certificate is text of ours, and the program wants a file.
  const folder = place?.tls?.ca ? mkdtempSync(join(tmpdir(), 'evenkeel-ca-')) : null;
  try {
    const ca = folder && join(folder, 'ca.pem');
    if (ca) writeFileSync(ca, place?.tls?.ca ?? '', { mode: 0o600 });
    const to = place === null ? [] : ['--no-password', `--dbname=${place.database}`];
    await ended(program, [...to, ...args], place === null ? {} : environment(place, ca), place);
  } finally {
    if (folder) rmSync(folder, { recursive: true, force: true });
  }
}

/** No password on the command line, which every user of this machine can read. */
function environment({ host, port, user, password, tls }: PostgresPlace, ca: string | null): Record<string, string> {
  return {
    ...{ PGHOST: host, PGPORT: String(port), PGUSER: user, PGCONNECT_TIMEOUT: connectWithinS },
    ...(password === null ? {} : { PGPASSWORD: password }),
    PGSSLMODE: tls === null ? 'disable' : tls.isVerified ? 'verify-full' : 'require',
    ...(tls?.isVerified ? { PGSSLROOTCERT: ca ?? 'system' } : {}),
  };
}

function ended(
  program: string,
  args: readonly string[],
  env: Record<string, string>,
  place: PostgresPlace | null,
): Promise<void> {
  return new Promise((resolve, reject) => {
    // Of ours it gets the path alone: PG* of our environment would lead it elsewhere.
    const child = spawn(program, args, {
      env: { PATH: process.env.PATH ?? '', LC_ALL: 'C', ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString('utf8')).slice(-saidAtMost);
    });
    child.once('error', (thrown) => reject(refusal(program, place, thrown)));
    child.once('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(refusal(program, place, said.trim() || `it ended with ${signal ?? code}`));
    });
  });
}

function refusal(program: string, place: PostgresPlace | null, thrown: Error | string): EvenkeelError {
  const isMissing = typeof thrown !== 'string' && (thrown as NodeJS.ErrnoException).code === 'ENOENT';
  const of = place === null ? '' : ` of ${postgresName(place)}`;
  const why = isMissing
    ? reason('own_backup_no_program', { program })
    : reason('verbatim', { text: `${program}: ${typeof thrown === 'string' ? thrown : thrown.message}` });
  return backupRefused(`the state${of}`, why, reason(isMissing ? 'own_backup_install' : 'own_backup_correct'));
}
