/** Who is known, and who gets a letter: after the answer, so that its time says nothing. Letters go out by the outbox. */
import type { Language } from '../../shared/words/index.ts';
import { hashSecret, makeSecret } from '../accounts/secret.ts';
import { mailKey } from '../directory/person.ts';
import type { Mail, RecoveryMailFacts } from '../notify/channel.ts';
import { wayFor } from '../notify/of-ticket.ts';
import type { StateTransaction } from '../state/database.ts';
import type { NoteRecovery } from './conclude.ts';
import { codeLetter, confirmLetter } from './letters.ts';
import { ofPerson } from './limits.ts';
import type { RecoveryParts } from './parts.ts';
import { codeHash, countOf, makeCode, type NamedPerson, personNamed, spokenCode, validMs } from './requests.ts';
import { type RecoveryWay, scheduleIn } from './rules.ts';

interface AskedRecovery {
  secret: string;
  way: RecoveryWay;
  who: string;
  from: string;
  language: Language;
}

export function createPreparation(parts: RecoveryParts, note: NoteRecovery) {
  const { state, clock, log, routes, rules, routing, letters: waiting, wake, publicUrl } = parts;
  const mailer = () => routes.find(({ channel }) => channel.mail !== undefined)?.name;

  /** In the outbox, which tries again: the same letter each time, a second one would have another code. */
  async function queue(db: StateTransaction, letters: readonly Mail[], id: number, at: number): Promise<void> {
    const channel = mailer();
    if (channel === undefined) return;
    for (const nth of letters.keys()) {
      const facts: RecoveryMailFacts = { event: 'recovery', request: id, nth };
      const row = { at, event: facts.event, severity: 'info' as const, alert: null, ticket: null, incident: null };
      const { id: notification } = await db
        .insertInto('notifications')
        .values({ ...row, facts: JSON.stringify(facts) })
        .returning('id')
        .executeTakeFirstOrThrow();
      const about = `recovery/${id}/${nth}`;
      await db
        .insertInto('deliveries')
        .values({
          ...{
            id: `recovery-${id}-${nth}-${makeSecret().slice(0, 8)}`,
            notification,
            channel,
            about,
            dedupe_key: about,
          },
          ...{ state: 'queued', attempts: 0, next_at: at, created_at: at, last_error: null, sent_at: null },
        })
        .execute();
    }
  }

  /** Of a schedule whoever is on call then: by the address that the directory has of them, or that is their name. */
  async function addressOf(approver: string, at: number): Promise<string | null> {
    const schedule = scheduleIn(approver);
    if (schedule === null) return approver;
    const { user, by } = routing.onCall(schedule, at);
    const name = by === 'fallback' ? (/^person:(.+)$/.exec(user ?? '')?.[1] ?? null) : user;
    const mail = name === null ? null : ((await wayFor(state, routes, name))?.recipient ?? null);
    if (mail === null)
      log.warn(
        { schedule, user: name },
        'Nobody who is on call can confirm a recovery of access: there is no mail address',
      );
    return mail;
  }

  /** Whoever may confirm, other than the person. @param at when it was asked for: another one may be on call since */
  async function confirmers(person: NamedPerson, way: RecoveryWay, at: number): Promise<string[]> {
    if (way === 'approver') {
      const all = await Promise.all(rules.approvers.map((one) => addressOf(one, at)));
      const found = new Map(all.flatMap((one) => (one === null ? [] : [[mailKey(one), one] as const])));
      return [...found].flatMap(([key, one]) => (key === person.mail_key ? [] : [one]));
    }
    const manager = person.manager === null ? undefined : await personNamed(state, person.manager);
    return manager?.mail && manager.mail_key !== person.mail_key ? [manager.mail] : [];
  }

  /** After the answer, so that its time says nothing. */
  async function prepare(id: number, asked: AskedRecovery) {
    const { secret, way, who, from, language } = asked;
    const person = await personNamed(state, who);
    if (!person) return void (await note(state, 'ask', { name: null, id, from }));
    const now = clock.now();
    const isMany = (await countOf(state, person.id, now - ofPerson.dayMs)) >= ofPerson.perDay;
    const to = way === 'mail' ? (person.mail === null ? [] : [person.mail]) : await confirmers(person, way, now);
    await note(state, 'ask', { name: person.name, id, from, reason: isMany ? 'too many of this person today' : way });
    if (isMany || to.length === 0) return;
    const [own, code] = [makeSecret(), way === 'mail' ? makeCode() : spokenCode(secret)];
    const hashes =
      way === 'mail'
        ? { code_hash: codeHash(secret, code) }
        : { code_hash: codeHash(own, code), confirm_hash: hashSecret(own) };
    const minutes = validMs[way] / 60_000;
    const about = { name: person.name, url: `${publicUrl()}/recovery/confirm/${own}`, minutes };
    const letters = to.map((one) =>
      way === 'mail' ? codeLetter(language, one, code, minutes) : confirmLetter(language, one, about),
    );
    waiting.keep(id, letters, now + validMs[way]);
    await state.transaction().execute(async (db) => {
      await db
        .updateTable('recovery_requests')
        .set({ person: person.id, ...hashes })
        .where('id', '=', id)
        .execute();
      await queue(db, letters, id, now);
    });
    wake();
  }

  return { canMail: () => mailer() !== undefined, confirmers, prepare };
}
