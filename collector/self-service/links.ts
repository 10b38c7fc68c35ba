/**
 * The secrets by which people without an account come in: the label on a machine, and the link to what somebody reported. Only
 * hashes are stored. One that is unknown, ended, expired or of a machine that is gone is refused in the same words.
 */
import { createHmac } from 'node:crypto';
import type { Clock } from '../../shared/clock.ts';
import { fail } from '../../shared/errors.ts';
import { reason } from '../../shared/reason.ts';
import { refusal } from '../../shared/words/refusal.ts';
import { hashSecret, makeSecret } from '../accounts/secret.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { State, StateTransaction } from '../state/database.ts';

const day = 86_400_000;
/** A page that is opened from the machine itself is opened at once. */
const machineLinkMs = day;
/** A ticket that waits for a vendor takes months. */
const requestLinkMs = 365 * day;
/** Of one machine. Each printing makes another, as none can be shown a second time. */
const labelsAtMost = 50;
const secretForm = /^[\w-]{43}$/;

export interface MadeLabel {
  endpoint: string;
  name: string;
  /** The secret in the link. */
  secret: string;
}

export interface LabelCount {
  /** Labels that are valid, and when the last was made. */
  labels: number;
  lastAt: number | null;
}

export interface LinkParts {
  state: State;
  clock: Clock;
  fleet: Pick<Fleet, 'get'>;
}

/** The secret of one of the links of a browser: it follows from that of the browser, which nobody else has. */
const secretOf = (browser: string, salt: string): string =>
  createHmac('sha256', browser).update(salt).digest('base64url');

/** Another way to the same ticket. @returns its secret @param browser the secret that the browser keeps */
export async function addRequestLink(
  db: State | StateTransaction,
  ticket: number,
  now: number,
  browser: string | null = null,
): Promise<string> {
  const salt = makeSecret();
  const secret = browser === null ? salt : secretOf(browser, salt);
  const kept = browser === null ? { browser: null, salt: null } : { browser: hashSecret(browser), salt };
  const row = { token_hash: hashSecret(secret), ticket, made_at: now, expires_at: now + requestLinkMs, ...kept };
  await db.insertInto('request_links').values(row).execute();
  return secret;
}

/** For mails to whoever reported something: the way to it, made when the mail is sent. */
export const followLinks =
  (state: State, clock: Clock, { isOn }: { isOn: boolean }) =>
  async (ticket: number, isFirst: boolean): Promise<string | null> => {
    if (!isOn) return null;
    const of = state.selectFrom('request_links').select('ticket').where('ticket', '=', ticket).limit(1);
    // Who wrote by telephone or mail has no page of it.
    if (!isFirst && !(await of.executeTakeFirst())) return null;
    return `/request/${await addRequestLink(state, ticket, clock.now())}`;
  };

export function createReportLinks({ state, clock, fleet }: LinkParts) {
  function requireEndpoint(id: string) {
    const found = fleet.get(id);
    if (!found) throw fail('NOT_FOUND', { what: 'endpoint', id });
    return found;
  }

  async function addLabel(endpoint: string, by: string, expiresAt: number | null): Promise<string> {
    const secret = makeSecret();
    const row = { endpoint, made_at: clock.now(), made_by: by, expires_at: expiresAt };
    await state.transaction().execute(async (db) => {
      const of = db.selectFrom('report_labels').where('endpoint', '=', endpoint);
      const lasting = of.where('expires_at', expiresAt === null ? 'is' : 'is not', null);
      const { n } = await lasting.select(({ fn }) => fn.countAll<number>().as('n')).executeTakeFirstOrThrow();
      if (expiresAt === null && Number(n) >= labelsAtMost)
        throw refusal('CONFLICT', reason('labels_many', { limit: labelsAtMost }));
      // Whoever opens the page again and again needs the newest link alone.
      if (expiresAt !== null && Number(n) >= labelsAtMost)
        await db
          .deleteFrom('report_labels')
          .where('endpoint', '=', endpoint)
          .where('expires_at', 'is not', null)
          .execute();
      await db
        .insertInto('report_labels')
        .values({ token_hash: hashSecret(secret), ...row })
        .execute();
    });
    return secret;
  }

  return {
    /** @throws EvenkeelError NOT_FOUND, CONFLICT where it has too many */
    async makeLabel(endpoint: string, by: string): Promise<MadeLabel> {
      const { name } = requireEndpoint(endpoint);
      return { endpoint, name, secret: await addLabel(endpoint, by, null) };
    },
    /** For who sits at it: for a day. */
    machineLink: (endpoint: string, by: string) => addLabel(endpoint, by, clock.now() + machineLinkMs),
    async countLabels(endpoint: string): Promise<LabelCount> {
      requireEndpoint(endpoint);
      const { n, last } = await state
        .selectFrom('report_labels')
        .select(({ fn }) => [fn.countAll<number>().as('n'), fn.max('made_at').as('last')])
        .where('endpoint', '=', endpoint)
        .where('expires_at', 'is', null)
        .executeTakeFirstOrThrow();
      return { labels: Number(n), lastAt: last === null ? null : Number(last) };
    },
    /** All that were printed before end; what a machine opened for who sits at it does by itself. @returns how many */
    async endLabels(endpoint: string, before: number): Promise<number> {
      requireEndpoint(endpoint);
      const done = await state
        .deleteFrom('report_labels')
        .where('endpoint', '=', endpoint)
        .where('expires_at', 'is', null)
        .where('made_at', '<', before)
        .executeTakeFirst();
      return Number(done.numDeletedRows);
    },
    /** @throws EvenkeelError REPORT_LINK_UNKNOWN */
    async endpointOf(secret: string) {
      if (!secretForm.test(secret)) throw fail('REPORT_LINK_UNKNOWN');
      const row = await state
        .selectFrom('report_labels')
        .select(['endpoint', 'expires_at'])
        .where('token_hash', '=', hashSecret(secret))
        .executeTakeFirst();
      const endpoint = row && (row.expires_at ?? Infinity) > clock.now() ? fleet.get(row.endpoint) : undefined;
      if (!endpoint) throw fail('REPORT_LINK_UNKNOWN');
      return endpoint;
    },
    /** @throws EvenkeelError REPORT_LINK_UNKNOWN */
    async ticketOf(secret: string): Promise<number> {
      if (!secretForm.test(secret)) throw fail('REPORT_LINK_UNKNOWN');
      const of = state.selectFrom('request_links').select('ticket').where('token_hash', '=', hashSecret(secret));
      const row = await of.where('expires_at', '>', clock.now()).executeTakeFirst();
      if (!row) throw fail('REPORT_LINK_UNKNOWN');
      return row.ticket;
    },
    /** Newest first. */
    async requestsOf(browser: string): Promise<{ ticket: number; secret: string }[]> {
      if (!secretForm.test(browser)) return [];
      const rows = await state
        .selectFrom('request_links')
        .select(['ticket', 'salt'])
        .where('browser', '=', hashSecret(browser))
        .where('expires_at', '>', clock.now())
        .orderBy('made_at', 'desc')
        .limit(50)
        .execute();
      return rows.map(({ ticket, salt }) => ({ ticket, secret: secretOf(browser, salt ?? '') }));
    },
  };
}
