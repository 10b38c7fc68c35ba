/** What agents say beside measurements: questions for their own machine, and which settings they have. */
import type { Applied } from '../../shared/applied.ts';
import type { Ask } from '../../shared/ask.ts';
import type { AskAnswer } from '../../shared/report.ts';
import type { SaidTrust } from '../../shared/trust.ts';
import type { UpdateReport } from '../../shared/update.ts';
import type { Endpoint } from '../fleet/fleet.ts';
import type { Message } from '../message.ts';
import type { EndpointBudgets } from './budgets.ts';
import type { RetryWhileBusy } from './retry-while-busy.ts';

export interface SaidParts {
  budgets: Pick<EndpointBudgets, 'charge'>;
  patience: RetryWhileBusy;
  /** What an agent asks for its own machine; refusals are answers. */
  asked(endpoint: Endpoint, ask: Ask, from: string): Promise<AskAnswer>;
  /** Sends what came of it. */
  answer(endpoint: string, answer: AskAnswer): void;
  /** Which settings an agent has. */
  applied(endpoint: Endpoint, applied: Applied): Promise<void>;
  /** What it says of its own update. */
  updated(endpoint: Endpoint, update: UpdateReport): Promise<void>;
  /** Which authority an agent trusts. */
  trusts(endpoint: Endpoint, said: SaidTrust): Promise<void>;
}

/** Each leaves rows that stay. */
export const rowsOfSaid = 5;

/** What the machine asks for itself is saved, or refused, before it is answered; a repeat would be a question of its own. */
export async function answerAsk(parts: SaidParts, message: Message, ask: Ask): Promise<void> {
  const { endpoint, acknowledge, from } = message;
  parts.budgets.charge(endpoint.id, 'rows', rowsOfSaid);
  parts.answer(endpoint.id, await parts.asked(endpoint, ask, from));
  acknowledge();
}

export async function keepApplied(parts: SaidParts, message: Message, applied: Applied): Promise<void> {
  parts.budgets.charge(message.endpoint.id, 'rows', 1);
  await parts.patience(() => parts.applied(message.endpoint, applied));
  message.acknowledge();
}
