/** What a machine reports for who works on it: a ticket of its own endpoint, or a link to its page, in the answer. */
import type { Ask } from '../../shared/ask.ts';
import { EvenkeelError } from '../../shared/errors.ts';
import { reason } from '../../shared/reason.ts';
import type { AskAnswer } from '../../shared/report.ts';
import { refusal } from '../../shared/words/refusal.ts';
import type { SelfService } from './self-service.ts';

type Reporting = Pick<SelfService, 'agentsMayReport' | 'reportBy' | 'machineLink'>;

/** @param other answers what is no report @param publicUrl without a slash at the end */
export function answerAsks<Endpoint extends { id: string; name: string }>(
  other: (endpoint: Endpoint, ask: Ask, from: string) => Promise<AskAnswer>,
  selfService: Reporting,
  publicUrl: () => string,
): (endpoint: Endpoint, ask: Ask, from: string) => Promise<AskAnswer> {
  async function answer(endpoint: Endpoint, { act, text = '', snapshot }: Ask): Promise<string> {
    if (!selfService.agentsMayReport) throw refusal('CONFLICT', reason('reports_of_agents_off'));
    if (act === 'page') return `${publicUrl()}/report/${await selfService.machineLink(endpoint.id)}`;
    if (act !== 'send' || text.trim() === '') throw refusal('CONFLICT', reason('report_empty'));
    const { ticket, secret } = await selfService.reportBy(endpoint, { text, snapshot: snapshot ?? null });
    return `Sent: ticket ${ticket}. Follow it, answer, or open it again here; whoever has this link can:\n${publicUrl()}/request/${secret}`;
  }
  return async (endpoint, ask, from) => {
    if (ask.about !== 'report') return other(endpoint, ask, from);
    try {
      return { id: ask.id, ok: true, until: null, text: await answer(endpoint, ask) };
    } catch (thrown) {
      if (!(thrown instanceof EvenkeelError) || (thrown.retryable && thrown.code !== 'REPORTS_MANY')) throw thrown;
      return { id: ask.id, ok: false, until: null, text: `Refused: ${thrown.message}\n${thrown.hint}` };
    }
  };
}
