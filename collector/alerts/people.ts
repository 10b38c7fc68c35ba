/** Actions of people on an alert. Each throws EvenkeelError NOT_FOUND, or CONFLICT where it is not possible now. */
import type { Clock } from '../../shared/clock.ts';
import { fail } from '../../shared/errors.ts';
import type { State } from '../state/open.ts';
import type { AcknowledgementRequest } from './acknowledgement.ts';
import type { LiveAlert } from './alert.ts';
import type { Input } from './batch.ts';
import type { AlertMemory } from './memory.ts';
import { shownState } from './save.ts';

export interface PeopleParts {
  state: State;
  clock: Clock;
  memory: Pick<AlertMemory, 'byId'>;
  /** One that is open, of its own or of its incident. */
  hasTicket(key: string): boolean;
  push(input: Input): Promise<void>;
}

export function createPeople({ state, clock, memory, hasTicket, push }: PeopleParts) {
  async function alertOf(id: string, verb: string): Promise<LiveAlert> {
    const alert = memory.byId(id);
    if (!alert) {
      const row = await state.selectFrom('alerts').select('state').where('id', '=', id).executeTakeFirst();
      if (!row) throw fail('NOT_FOUND', { what: 'alert', id });
      throw fail('CONFLICT', { problem: `the alert is resolved already; it cannot be ${verb}` });
    }
    if (verb !== 'ended' && shownState(alert) === 'pending')
      throw fail('CONFLICT', { problem: `the alert is only pending; it can be ${verb} once it fires` });
    return alert;
  }

  return {
    async acknowledge(id: string, request: AcknowledgementRequest): Promise<void> {
      const { key } = await alertOf(id, 'acknowledged');
      await push({ type: 'acknowledge', at: clock.now(), key, request });
    },
    async handOver(id: string, by: string, to: string): Promise<void> {
      const { key, acknowledgement } = await alertOf(id, 'handed over');
      if (!acknowledgement) throw fail('CONFLICT', { problem: 'the alert is not acknowledged; acknowledge it first' });
      await push({ type: 'hand-over', at: clock.now(), key, by, to });
    },
    async withdraw(id: string, by: string): Promise<void> {
      const { key } = await alertOf(id, 'given back');
      await push({ type: 'withdraw', at: clock.now(), key, by });
    },
    /** Looked at: nothing of the alert changes. One that is over or only pending is nobody's work. @param by null: nobody in person */
    async opened(id: string, by: string | null): Promise<void> {
      const alert = memory.byId(id);
      if (!alert && !(await state.selectFrom('alerts').select('id').where('id', '=', id).executeTakeFirst()))
        throw fail('NOT_FOUND', { what: 'alert', id });
      if (!alert || by === null || shownState(alert) === 'pending') return;
      await push({ type: 'opened', at: clock.now(), key: alert.key, by });
    },
    async openTicket(id: string, by: string): Promise<void> {
      const { key } = await alertOf(id, 'given a ticket');
      if (hasTicket(key)) throw fail('CONFLICT', { problem: 'the alert has an open ticket already' });
      await push({ type: 'want-ticket', at: clock.now(), key, by });
    },
    async end(id: string, by: string): Promise<void> {
      const { key } = await alertOf(id, 'ended');
      await push({ type: 'end', at: clock.now(), key, reason: 'ended_by_person', by });
    },
  };
}
