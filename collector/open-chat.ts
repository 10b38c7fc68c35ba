/** Wires chat rooms to the interface, by which they act. Called by `collector.ts` alone. */
import { createOutgoing } from '../shared/outgoing.ts';
import { type Chat, createChat } from './chat/chat.ts';
import type { ChatParts } from './chat/parts.ts';
import type { Deps } from './parts.ts';
import type { Config } from './settings/settings.ts';

type ChatOpened = Pick<ChatParts, 'state' | 'publicUrl' | 'isHeld'> & Pick<Deps, 'clock' | 'log' | 'leader'>;

export function openChat({ chat: settings, outgoing, zone }: Config, { leader, ...parts }: ChatOpened): Chat {
  const maySend = leader?.isSure ?? (() => true);
  return createChat({ ...parts, settings, zone, outgoing: createOutgoing(outgoing.allow), maySend });
}
