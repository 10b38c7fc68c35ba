/** Who says it, and what is answered: a code links, a command of somebody linked is done, others get how to link. */
import { word } from '../../shared/words/index.ts';
import { createAllowances } from '../doors/allowance.ts';
import type { StateTransaction } from '../state/database.ts';
import { linkAccount, unlinkAccount, userOfAccount } from './accounts.ts';
import { doCommand, helpLines, notUnderstood } from './commands.ts';
import { type ChatEventRow, setEvent } from './events.ts';
import { parseCommand } from './parse.ts';
import type { CallAsUser, RoomParts } from './parts.ts';
import type { ChatAnswer, ChatEvent } from './room.ts';

/** Of one account: so many at once, then one each three seconds. */
const perAccount = { burst: 20, perSecond: 1 / 3, atMost: 2000 };
/** Codes are not to be found by trying: five, then one each two minutes. Whoever is not linked is answered as seldom. */
const perStranger = { burst: 5, perSecond: 1 / 120, atMost: 2000 };

export interface ChatAnswers {
  /** Null: it is none. A code is used up in the transaction that notes it: it is never stored, and works once. */
  ofCode(db: StateTransaction, event: ChatEvent): Promise<ChatAnswer | null>;
  /** Null: nothing is said to that. @throws whatever is worth another try */
  to(row: ChatEventRow, callAs: CallAsUser): Promise<ChatAnswer | null>;
}

export function chatAnswers({ name, language, state, clock, log, zone, publicUrl }: RoomParts): ChatAnswers {
  const commands = createAllowances({ ...perAccount, monotonic: clock.monotonic });
  const strangers = createAllowances({ ...perStranger, monotonic: clock.monotonic });
  const howToLink = () => word(language, 'chat.say.howToLink', { url: `${publicUrl()}/settings` });
  const plain = (...lines: string[]): ChatAnswer => ({ lines, url: null });
  return {
    async ofCode(db, event) {
      const parsed = parseCommand(event.text);
      if (!('command' in parsed) || parsed.command.does !== 'link') return null;
      if (strangers.take(event.account, 1) > 0) return plain(word(language, 'chat.say.slower'));
      const { code } = parsed.command;
      const user = await linkAccount(db, { room: name, ...event, code, now: clock.now() });
      if (user === null) return plain(word(language, 'chat.say.wrongCode'), howToLink());
      log.info({ room: name, user, account: event.account }, 'Linked an account of a chat room to a user');
      return plain(word(language, 'chat.say.linked', { user }), ...helpLines(language));
    },
    async to(row, callAs) {
      const user = await userOfAccount(state, name, row.account);
      if (!user) return strangers.take(row.account, 1) > 0 ? null : plain(howToLink());
      // What was begun is brought to its end first.
      if (row.began_at === null && commands.take(row.account, 1) > 0) return plain(word(language, 'chat.say.slower'));
      const parsed = parseCommand(row.said);
      if (!('command' in parsed)) return notUnderstood(language, parsed);
      if (parsed.command.does === 'unlink') {
        await unlinkAccount(state, user.id, user.link);
        return plain(word(language, 'chat.say.unlinked', { user: user.name }));
      }
      const now = clock.now();
      if (row.began_at === null) await setEvent(state, row, { began_at: now });
      const parts = { call: callAs(user.id, name), user: user.name, language, zone, now };
      return doCommand({ ...parts, publicUrl: publicUrl(), begunAt: row.began_at }, parsed);
    },
  };
}
