/** Join codes: created by a person on the page "Add endpoint", exchanged by an agent for its own credential. */

import type { Enrollment } from '../../shared/api.ts';
import { fail } from '../../shared/errors.ts';
import { whoeverItWas } from '../../shared/identity-kinds.ts';
import { encodeJoinCode } from '../../shared/join-code.ts';
import { isWithin } from '../../shared/ranges.ts';
import { reason } from '../../shared/reason.ts';
import { bucketOf } from '../../shared/topics.ts';
import { shownInstant } from '../../shared/zone.ts';
import { hashSecret, makeId, makeSecret } from '../accounts/secret.ts';
import { storedSecret } from '../accounts/verifier.ts';
import type { Addresses } from '../settings/addresses.ts';
import { writeAudit } from '../state/audit.ts';
import type { Database, StateTransaction } from '../state/database.ts';
import type { State } from '../state/open.ts';
import { updateRow } from '../state/rows.ts';
import { askToJoin, type JoiningMachine } from './applicants.ts';
import { continuedBy, type KnownBefore } from './continued.ts';
import type { EndpointKind } from './fleet.ts';
import { setGroups } from './groups.ts';
import { noteIdentity } from './identity-events.ts';
import { nameFrom } from './names.ts';
import { ensureSite, siteName } from './sites.ts';

export interface CodeRequest {
  label: string;
  site: string | null;
  /** Kind of every endpoint of this code; null: as the agent detects. */
  kind: EndpointKind | null;
  maxUses: number;
  lifeMs: number;
  /** Of every endpoint of this code. */
  tags?: readonly string[];
  /** Addresses and ranges from which it works; from anywhere when empty. */
  ranges?: readonly string[];
  /** An endpoint that gets another credential by it, instead of a new endpoint; then it works once. Or `auto`. */
  replaces?: string | null;
  /** Ids of groups of every endpoint of this code. */
  groups?: readonly string[];
  /** A person lets in each machine. */
  approval?: boolean;
  by: string;
}

export interface Enrolled {
  endpoint: string;
  bucket: string;
  name: string;
  /** Of the MQTT log-in; only its hash is kept here. */
  secret: string;
  /** How often it was rotated. */
  generation: number;
}

export interface Wait {
  checkWord: string;
  until: number;
  /** It has not asked before. */
  isNew: boolean;
}

export interface Enrollments {
  list(): Promise<Enrollment[]>;
  /**
   * @returns the row and the secret, which cannot be shown again
   * @throws EvenkeelError BAD_NAME of a site
   */
  create(request: CodeRequest): Promise<{ enrollment: Enrollment; secret: string }>;
  /** @throws EvenkeelError NOT_FOUND */
  revoke(id: string, by: string): Promise<void>;
  /**
   * Uses the code once and creates the endpoint, in one transaction. A single-use code gives one endpoint however many
   * machines enrol at the same moment.
   * @returns with the id of the site that had to be made for it
   * A repeat gives the same endpoint, with another secret.
   * Where the code wants a person's approval: that it waits, until it is there.
   * @throws EvenkeelError JOIN_CODE_UNKNOWN, JOIN_CODE_REVOKED, JOIN_CODE_EXPIRED, JOIN_CODE_USED, JOIN_CODE_ELSEWHERE,
   * JOIN_REFUSED, TOO_MANY_WAITING
   */
  redeem(
    secret: string,
    applicant: JoiningMachine,
    before?: KnownBefore,
  ): Promise<(Enrolled & { madeSite: string | null; waiting?: never }) | { waiting: Wait }>;
  /** Which code this is; null: none that we know. */
  idOf(secret: string): Promise<string | null>;
  /** What came of a code, newest first. @throws EvenkeelError NOT_FOUND */
  machinesOf(id: string): Promise<{ createdAt: number; machines: { id: string; name: string; at: number }[] }>;
}

type EnrollmentRow = Omit<Database['enrollments'], 'code_hash'>;

const enrollmentOf = (row: EnrollmentRow): Enrollment => ({
  id: row.id,
  label: row.label,
  site: row.site,
  kind: row.kind as EndpointKind | null,
  uses: row.uses,
  maxUses: row.max_uses,
  createdAt: row.created_at,
  createdBy: row.created_by,
  expiresAt: row.expires_at,
  revokedAt: row.revoked_at,
  replaces: row.replaces,
  tags: JSON.parse(row.tags),
  ranges: JSON.parse(row.ranges),
  groups: JSON.parse(row.groups),
  approval: row.approval !== 0,
  revokedBy: row.revoked_by,
});

/** Why this code cannot be used now, or nothing. */
function refuse(row: EnrollmentRow, zone: string, from: string): void {
  const ranges = JSON.parse(row.ranges) as string[];
  if (ranges.length > 0 && !isWithin(from, ranges))
    throw fail('JOIN_CODE_ELSEWHERE', { ranges: ranges.join(', '), address: from });
  if (row.revoked_at !== null)
    throw fail('JOIN_CODE_REVOKED', { at: shownInstant(row.revoked_at, zone), by: row.revoked_by ?? 'an admin' });
}

/** Why it gives no further machine a credential, or nothing. */
function refuseNew(row: EnrollmentRow, now: number, zone: string): void {
  if (row.uses >= row.max_uses) throw fail('JOIN_CODE_USED', { uses: row.max_uses });
  if (row.expires_at <= now) throw fail('JOIN_CODE_EXPIRED', { at: shownInstant(row.expires_at, zone) });
}

const mostShown = 20;
/** An answer that was lost is asked for again soon. */
const repeatMs = 86_400_000;

/** The endpoint that this attempt has made already; null: none. */
async function attemptOf(db: StateTransaction, code: string, attempt: string): Promise<string | null> {
  const row = await db
    .selectFrom('endpoints')
    .select('id')
    .where('enrollment', '=', code)
    .where('attempt', '=', attempt)
    .where('retired_at', 'is', null)
    .executeTakeFirst();
  return row?.id ?? null;
}

/** As whose name stands at a code that `endEnrollments` has ended; in words as `actor`. */
const authorityGivenUp = 'tls rotate --compromised';

/**
 * Ends every code that a machine could still use, a repeat of its first use among them: they were carried under an authority whose
 * key is in other hands.
 * @returns how many
 */
export function endEnrollments(state: State, at: number): Promise<number> {
  return state.transaction().execute(async (db) => {
    const ended = await db
      .updateTable('enrollments')
      .set({ revoked_at: at, revoked_by: authorityGivenUp })
      .where('revoked_at', 'is', null)
      .where('expires_at', '>', at - repeatMs)
      .returning(['id', 'label'])
      .execute();
    const who = { kind: 'cli' as const, actor: 'command line', address: null };
    for (const { id, label } of ended)
      await writeAudit(db, {
        ...{ at, ...who, object: 'join_code', object_id: id, name: label === '' ? null : label, action: 'remove' },
        ...{ before: null, after: null, reason: authorityGivenUp, outcome: 'done' },
      });
    return ended.length;
  });
}

/** @param zone report zone, IANA, of the times in messages */
export function createEnrollments(state: State, now: () => number, zone = 'UTC'): Enrollments {
  return {
    async list() {
      const all = state.selectFrom('enrollments').selectAll().orderBy('created_at', 'desc').orderBy('id');
      return (await all.execute()).map(enrollmentOf);
    },

    async create({ label, site, kind, maxUses, lifeMs, tags = [], ranges = [], replaces = null, ...more }) {
      const { groups = [], approval = false, by } = more;
      const secret = makeSecret();
      const at = now();
      const wanted = {
        id: makeId('j'),
        label,
        kind,
        uses: 0,
        max_uses: replaces === null || replaces === whoeverItWas ? maxUses : 1,
        created_at: at,
        created_by: by,
        expires_at: at + lifeMs,
        revoked_at: null,
        replaces,
        ...{ tags: JSON.stringify([...new Set(tags)].sort()), ranges: JSON.stringify(ranges) },
        ...{ groups: JSON.stringify([...new Set(groups)]), approval: approval ? 1 : 0, revoked_by: null },
      };
      return state.transaction().execute(async (db) => {
        // Made when the first machine joins: a code that nobody uses leaves no empty site behind.
        const row = { ...wanted, site: site === null ? null : (await siteName(db, site)).name };
        await db
          .insertInto('enrollments')
          .values({ ...row, code_hash: hashSecret(secret) })
          .execute();
        return { enrollment: enrollmentOf(row), secret };
      });
    },

    async revoke(id, by) {
      const row = await state.selectFrom('enrollments').select('revoked_at').where('id', '=', id).executeTakeFirst();
      if (!row) throw fail('NOT_FOUND', { what: 'join code', id });
      if (row.revoked_at !== null) return;
      await state.updateTable('enrollments').set({ revoked_at: now(), revoked_by: by }).where('id', '=', id).execute();
    },

    async redeem(secret, given, before = { proven: null, isSilent: () => false }) {
      const at = now();
      return state.transaction().execute(async (db) => {
        const found = db.selectFrom('enrollments').selectAll().where('code_hash', '=', hashSecret(secret));
        const code = await found.executeTakeFirst();
        if (!code) throw fail('JOIN_CODE_UNKNOWN');
        refuse(code, zone, given.address ?? '');
        const attempt = given.attempt ? hashSecret(given.attempt) : null;
        const of = { enrollment: code.id, attempt, trust: given.trust ?? null };
        const repeated = attempt === null ? null : await attemptOf(db, code.id, attempt);
        if (repeated !== null && at < code.expires_at + repeatMs)
          return { ...(await renew(db, repeated, given, of, at)), madeSite: null };
        let applicant = given;
        if (code.approval !== 0) {
          if (!given.attempt)
            throw fail('BAD_REQUEST', { problem: 'attempt is missing, and this code wants approval' });
          const asking = { enrollment: code.id, attempt: given.attempt, at, zone };
          const asked = await askToJoin(db, asking, given, () => refuseNew(code, at, zone));
          if ('waiting' in asked) return { waiting: asked.waiting };
          applicant = { ...asked.approved, attempt: given.attempt };
        } else {
          refuseNew(code, at, zone);
          await db
            .updateTable('enrollments')
            .set({ uses: code.uses + 1 })
            .where('id', '=', code.id)
            .execute();
        }
        const known = { ...before, isRecognised: code.replaces === whoeverItWas };
        const continued = await continuedBy(db, applicant.fingerprint, known);
        const again = continued ?? (code.replaces === whoeverItWas ? null : code.replaces);
        if (again !== null)
          return { ...(await renew(db, again, applicant, of, at, continued !== null)), madeSite: null };
        const name = await freeName(db, nameFrom(applicant.hostname));
        const site = code.site === null ? null : await ensureSite(db, code.site, code.created_by, at);
        const endpoint = newEndpoint(name, applicant, { ...code, site: site?.name ?? null }, at);
        const password = makeSecret();
        await db
          .insertInto('endpoints')
          .values({ ...endpoint, ...of, ...storedSecret(password) })
          .execute();
        await joinGroups(db, endpoint.id, code, at);
        const madeSite = site?.made ?? null;
        return { endpoint: endpoint.id, bucket: endpoint.bucket, name, secret: password, generation: 0, madeSite };
      });
    },

    async idOf(secret) {
      const found = state.selectFrom('enrollments').select('id').where('code_hash', '=', hashSecret(secret));
      return (await found.executeTakeFirst())?.id ?? null;
    },

    async machinesOf(id) {
      const code = await state.selectFrom('enrollments').select('created_at').where('id', '=', id).executeTakeFirst();
      if (!code) throw fail('NOT_FOUND', { what: 'join code', id });
      const machines = await state
        .selectFrom('endpoints')
        .select(['id', 'name', 'enrolled_at as at'])
        .where('enrollment', '=', id)
        .orderBy('enrolled_at', 'desc')
        .orderBy('id')
        .limit(mostShown)
        .execute();
      return { createdAt: code.created_at, machines };
    },
  };
}

/** Those that are still there. */
async function joinGroups(db: StateTransaction, endpoint: string, code: EnrollmentRow, at: number): Promise<void> {
  const wanted = JSON.parse(code.groups) as string[];
  if (wanted.length === 0) return;
  const there = await db.selectFrom('groups').select('id').where('id', 'in', wanted).execute();
  await setGroups(
    db,
    endpoint,
    there.map(({ id }) => id),
    code.created_by,
    at,
  );
}

/** What a person carries to the machine: where to, with what, and whom to trust there. */
export const joinCodeOf = (secret: string, { http, codePins }: Pick<Addresses, 'http' | 'codePins'>): string =>
  encodeJoinCode({ url: http, secret, pins: codePins });

/**
 * The line to paste on a machine that has the agent. By `echo`, which every shell has built in: in the words of a command each
 * user of the machine could read the code.
 */
export const pasteLine = (code: string, replaces: string | null): string =>
  `echo ${code} | npm run agent -- enroll -${replaces === null || replaces === whoeverItWas ? '' : ' --again'}`;

/** The credential of before works until this one is used: its machine reports on while a person goes to it. */
const beforeMs = 86_400_000;

/** Another credential for an endpoint; all else of it stays. */
async function renew(
  db: StateTransaction,
  id: string,
  applicant: JoiningMachine,
  of: { enrollment: string; attempt: string | null; trust: number | null },
  at: number,
  isContinued = false,
): Promise<Enrolled> {
  const row = await db
    .selectFrom('endpoints')
    .selectAll()
    .where('id', '=', id)
    .where('retired_at', 'is', null)
    .executeTakeFirst();
  if (!row) throw fail('JOIN_CODE_UNKNOWN');
  const secret = makeSecret();
  // One that was never used is not what the machine has.
  const isUnused = row.old_secret_hash !== null && (row.old_secret_until ?? 0) > at;
  const { platform, arch, version, hostname, fingerprint } = applicant;
  // Whoever was refused before has been enrolled again by it.
  await db.deleteFrom('machines').where('endpoint', '=', id).execute();
  await noteIdentity(db, {
    endpoint: id,
    at,
    kind: isContinued ? 'continued' : 'enrolled_again',
    names: { host: hostname },
  });
  await updateRow(db, 'endpoints', id, {
    ...{ credential_has: row.credential, credential_at: at, again_at: null },
    ...{ ...storedSecret(secret), old_secret_until: at + beforeMs },
    old_secret_hash: isUnused ? row.old_secret_hash : row.secret_hash,
    ...{ platform, arch, version, hostname, ...of },
    ...(fingerprint === null ? {} : { fingerprint: JSON.stringify(fingerprint) }),
  });
  return { endpoint: id, bucket: row.bucket, name: row.name, secret, generation: row.credential };
}

export function newEndpoint(
  name: string,
  applicant: JoiningMachine,
  code: Pick<EnrollmentRow, 'kind' | 'site' | 'tags' | 'created_by'>,
  at: number,
) {
  const id = makeId('e');
  return {
    id,
    bucket: bucketOf(id),
    name,
    kind: (code.kind ?? applicant.kind) as EndpointKind,
    kind_why: JSON.stringify(
      code.kind === null ? applicant.kindWhy : [reason('kind_set_by_code', { by: code.created_by })],
    ),
    site: code.site,
    tags: code.tags,
    platform: applicant.platform,
    arch: applicant.arch,
    version: applicant.version,
    enrolled_at: at,
    retired_at: null,
    state: 'never' as const,
    state_reason: null,
    state_since: at,
    session: null,
    boot_id: null,
    last_seen_at: null,
    interval_ms: null,
    clock_offset_ms: null,
    hostname: applicant.hostname,
    fingerprint: applicant.fingerprint && JSON.stringify(applicant.fingerprint),
  };
}

/** The name, or the first of `name-2`, `name-3` … that no living endpoint has: two laptops may be called "macbook". */
export async function freeName(db: Pick<State, 'selectFrom'>, wanted: string): Promise<string> {
  const rows = await db
    .selectFrom('endpoints')
    .select('name')
    .where('retired_at', 'is', null)
    // From `host-` up to `host.`, the character after the hyphen: a range instead of LIKE, which would need escaping.
    .where((where) =>
      where.or([
        where('name', '=', wanted),
        where.and([where('name', '>=', `${wanted}-`), where('name', '<', `${wanted}.`)]),
      ]),
    )
    .execute();
  const taken = new Set(rows.map((row) => row.name));
  let name = wanted;
  for (let n = 2; taken.has(name); n++) name = `${wanted}-${n}`;
  return name;
}
