/** What the room is given. */
import type { Clock } from '../../shared/clock.ts';
import type { Log } from '../../shared/log.ts';
import type { ChannelRoute } from '../notify/route.ts';
import type { RoutingMemory } from '../routing/routing.ts';
import type { State } from '../state/database.ts';
import type { Tickets } from '../tickets/tickets.ts';
import type { RecoveryRules } from './rules.ts';
import type { WaitingLetters } from './waiting.ts';

export interface RecoveryParts {
  state: State;
  clock: Clock;
  log: Log;
  zone: string;
  routes: readonly ChannelRoute[];
  tickets: Pick<Tickets, 'create'>;
  rules: RecoveryRules;
  contact: string | null;
  letters: WaitingLetters;
  /** A letter waits in the outbox. */
  wake(): void;
  /** Who is on call. */
  routing: Pick<RoutingMemory, 'onCall'>;
  /** Without a slash at the end. */
  publicUrl(): string;
}
