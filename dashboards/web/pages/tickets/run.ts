/** What is done with one ticket, and the comment that goes with it: shared by the bar and the box of comments. */
import { useState } from 'preact/hooks';
import type { TicketDetail } from '../../../../shared/api.ts';
import { useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { navigate, to } from '../../router.ts';
import type { Run } from './work-fold.tsx';

export const audiences = ['internal', 'public', 'requester'] as const;
export type Audience = (typeof audiences)[number];
export const asWhom = { internal: {}, public: { public: true }, requester: { fromRequester: true } };
/** Actions that send the comment along. */
const texted: ReadonlySet<string> = new Set(['comment', 'resolve', 'reopen']);

export type TicketRun = ReturnType<typeof useTicketRun>;

export function useTicketRun(id: number, onDone: () => void) {
  const [text, setText] = useState('');
  const [audience, setAudience] = useState<Audience>('internal');
  /** The secret of a link for rating: it is shown only once. */
  const [token, setToken] = useState<string | null>(null);
  const { busy, problem, send } = useSend();
  const comment = text.trim();
  const isSaidApart = comment !== '' && audience !== 'internal';
  const run: Run = (name, body) =>
    send(async () => {
      // What others than the desk may read is a comment of its own, whatever is done with it.
      if (isSaidApart && name !== 'comment' && texted.has(name)) {
        await call(`tickets/${id}/comment`, { method: 'POST', body: { text: comment, ...asWhom[audience] } });
        setText('');
      }
      const { ratingToken, made } = await call<TicketDetail>(`tickets/${id}/${name}`, { method: 'POST', body });
      if (ratingToken !== null) setToken(ratingToken);
      if (made !== null) navigate(to.ticket(made));
    }).then((done) => {
      if (done && texted.has(name)) setText('');
      onDone();
      return done;
    });
  const withText: { text?: string } = comment === '' || isSaidApart ? {} : { text: comment };
  return { text, setText, comment, audience, setAudience, withText, token, setToken, busy, problem, run };
}
