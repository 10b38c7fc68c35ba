/** Who is known, and who gets a letter: after the answer, so that its time says nothing. */
import type { Language } from '../../shared/words/index.ts';
import { hashSecret, makeSecret } from '../accounts/secret.ts';
import { mailKey } from '../directory/person.ts';
import type { Mail } from '../notify/channel.ts';
import type { NoteRecovery } from './conclude.ts';
import { codeLetter, confirmLetter } from './letters.ts';
import { ofPerson } from './limits.ts';
import type { RecoveryParts } from './parts.ts';
import { codeHash, countOf, makeCode, type NamedPerson, personNamed, spokenCode, validMs } from './requests.ts';
import type { RecoveryWay } from './rules.ts';

const letterMs = 30_000;

interface AskedRecovery {
  secret: string;
  way: RecoveryWay;
  who: string;
  from: string;
  language: Language;
}

export function createPreparation({ state, clock, routes, rules, publicUrl }: RecoveryParts, note: NoteRecovery) {
  const mailer = () => routes.find(({ channel }) => channel.mail !== undefined)?.channel;

  /** Once each: a second letter would have another code. */
  async function send(letters: readonly Mail[], id: number): Promise<void> {
    const channel = mailer();
    for (const [n, letter] of letters.entries())
      await channel?.mail?.(letter, `recovery-${id}-${n}-${makeSecret().slice(0, 8)}`, AbortSignal.timeout(letterMs));
  }

  /** Whoever may confirm, other than the person. */
  async function confirmers(person: NamedPerson, way: RecoveryWay): Promise<string[]> {
    if (way === 'approver') return rules.approvers.filter((one) => mailKey(one) !== person.mail_key);
    const manager = person.manager === null ? undefined : await personNamed(state, person.manager);
    return manager?.mail && manager.mail_key !== person.mail_key ? [manager.mail] : [];
  }

  /** After the answer, so that its time says nothing. */
  async function prepare(id: number, asked: AskedRecovery) {
    const { secret, way, who, from, language } = asked;
    const person = await personNamed(state, who);
    if (!person) return void (await note(state, 'ask', { name: null, id, from }));
    const isMany = (await countOf(state, person.id, clock.now() - ofPerson.dayMs)) >= ofPerson.perDay;
    const to = way === 'mail' ? (person.mail === null ? [] : [person.mail]) : await confirmers(person, way);
    await note(state, 'ask', { name: person.name, id, from, reason: isMany ? 'too many of this person today' : way });
    if (isMany || to.length === 0) return;
    const [own, code] = [makeSecret(), way === 'mail' ? makeCode() : spokenCode(secret)];
    const hashes =
      way === 'mail'
        ? { code_hash: codeHash(secret, code) }
        : { code_hash: codeHash(own, code), confirm_hash: hashSecret(own) };
    await state
      .updateTable('recovery_requests')
      .set({ person: person.id, ...hashes })
      .where('id', '=', id)
      .execute();
    const minutes = validMs[way] / 60_000;
    const about = { name: person.name, url: `${publicUrl()}/recovery/confirm/${own}`, minutes };
    await send(
      to.map((one) =>
        way === 'mail' ? codeLetter(language, one, code, minutes) : confirmLetter(language, one, about),
      ),
      id,
    );
  }

  return { canMail: () => mailer() !== undefined, confirmers, prepare };
}
