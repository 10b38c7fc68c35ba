/** Puts this room together: documents and overrides read into memory, and read again when people change them. */
import type { Log } from '../../shared/log.ts';
import { formatReasons } from '../../shared/words/reasons.ts';
import type { ChangeFeed } from '../change-feed.ts';
import type { State } from '../state/open.ts';
import type { KnownNames } from './check.ts';
import { createDesk, type OnCallDesk } from './desk.ts';
import { createDocuments, type FileDocuments } from './documents.ts';
import { createFeeds } from './feeds.ts';
import { faultsIn } from './file.ts';
import { createOverrides } from './overrides.ts';
import { createRoutingMemory, type KnownChannel, type RoutingMemory } from './routing.ts';

export interface RoutingParts {
  state: State;
  file: FileDocuments;
  channels(): readonly KnownChannel[];
  now: () => number;
  changeFeed: ChangeFeed;
  log: Log;
  /** Schedules or overrides may have changed. */
  onChange(): void;
}

export interface OpenRouting {
  routing: RoutingMemory;
  onCall: OnCallDesk;
  /** Users were added, or cannot log in any more. */
  usersChanged(): Promise<void>;
}

export async function createRouting(parts: RoutingParts): Promise<OpenRouting> {
  const { state, file, now, changeFeed, log } = parts;
  let users: readonly string[] = [];

  async function usersChanged(): Promise<void> {
    const rows = await state
      .selectFrom('users')
      .select('name')
      .where('disabled_at', 'is', null)
      .orderBy('name')
      .execute();
    users = rows.map(({ name }) => name);
  }
  async function known(): Promise<KnownNames> {
    await usersChanged();
    const isAddress = (channel: string, text: string) =>
      parts
        .channels()
        .find(({ name }) => name === channel)
        ?.isAddress?.(text) ?? true;
    return { channels: parts.channels().map(({ name }) => name), users, isAddress };
  }

  const documents = await createDocuments({ state, file, now, known });
  const overrides = await createOverrides(state, file, now);
  const isActive = (user: string) => users.includes(user);
  const overridesOf = overrides.of;
  const routing = createRoutingMemory({ documents, channels: parts.channels, isActive, overridesOf });
  const changed = () => {
    changeFeed.publish({ kind: 'on_call' });
    parts.onChange();
  };
  const feeds = createFeeds(state, now);
  const onCall = createDesk({ documents, overrides, memory: routing, feeds, known, isActive, now, changed });
  // A name in the file may be of a user or a channel that is there no more: a start must not fail of it.
  for (const { path, why } of faultsIn(file, await known()))
    log.warn({ at: path.join('.') }, `The settings name what is not there: ${formatReasons('en', [why])}`);
  return { routing, onCall, usersChanged };
}
