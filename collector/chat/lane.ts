/** One room: its connection, with growing pauses where it breaks. */
import type { ChatView } from '../../shared/chat.ts';
import { codeOf, type ErrorCode, EvenkeelError, reasonOf } from '../../shared/errors.ts';
import { defaultLanguage, isLanguage, type Language } from '../../shared/words/index.ts';
import { chatTypes } from './index.ts';
import type { CallAsUser, ChatParts } from './parts.ts';
import { ChatBusy } from './request.ts';
import type { ChatListener, ChatRoom } from './room.ts';
import type { ChatSettings } from './settings.ts';
import { roomWork } from './work.ts';

export interface RoomLane {
  name: string;
  kind: string;
  room: ChatRoom;
  shown(): Omit<ChatView, 'waiting' | 'lastAt'>;
  /** Whatever it waited for. */
  again(): void;
  start(callAs: CallAsUser): void;
  ended(): Promise<void>;
}

const deadlineMs = 15_000;
const [firstPauseMs, longestPauseMs] = [1_000, 2 * 60_000];
/** One that refuses the token is not asked more often. */
const stoppedMs = 15 * 60_000;
const heldMs = 5_000;
/** Shorter is no connection that was renewed in order. */
const shortMs = 10_000;

export function roomLane(parts: ChatParts, { name, kind, settings }: ChatSettings, stopped: AbortSignal): RoomLane {
  const { state, clock, log, random = Math.random } = parts;
  const type = chatTypes.find((one) => one.kind === kind);
  if (!type) throw new Error(`there is no kind of chat room called ${kind}`);
  const { language: written, ...own } = settings;
  const language: Language = typeof written === 'string' && isLanguage(written) ? written : defaultLanguage;
  const room = type.create(own as never, { room: name, outgoing: parts.outgoing, deadlineMs, now: clock.now });
  const work = roomWork({ ...parts, name, language, room, stopped });
  const status: Pick<
    ChatView,
    'isConnected' | 'connectedAt' | 'trouble' | 'troubleCode' | 'troubleSince' | 'isStopped'
  > = {
    ...{ isConnected: false, connectedAt: null, isStopped: false },
    ...{ trouble: null, troubleCode: null, troubleSince: null },
  };
  let failures = 0;
  let wakeUp: (() => void) | undefined;
  let listening: Promise<void> = Promise.resolve();

  const troubled = (why: string | null, code: ErrorCode | null = null) => {
    if (why === status.trouble) return;
    status.trouble = why;
    status.troubleCode = code;
    status.troubleSince = why === null ? null : (status.troubleSince ?? clock.now());
  };

  function pause(ms: number): Promise<void> {
    return new Promise((done) => {
      const timer = setTimeout(end, ms);
      timer.unref();
      stopped.addEventListener('abort', end, { once: true });
      wakeUp = end;
      if (stopped.aborted) end();
      function end() {
        clearTimeout(timer);
        stopped.removeEventListener('abort', end);
        wakeUp = undefined;
        done();
      }
    });
  }

  async function listen(): Promise<void> {
    while (!stopped.aborted) {
      if (parts.isHeld() || !parts.maySend()) {
        await pause(heldMs);
        continue;
      }
      const begun = clock.monotonic();
      let waitMs = 0;
      try {
        await room.listen(await listener(), stopped);
        // Renewed in order: at once, unless that is all that it does.
        failures = clock.monotonic() - begun < shortMs ? failures + 1 : 0;
        waitMs = failures > 1 ? pauseOf(failures) : 0;
      } catch (thrown) {
        if (stopped.aborted) break;
        waitMs = failed(thrown);
      }
      status.isConnected = false;
      if (waitMs > 0) await pause(waitMs);
    }
  }

  const pauseOf = (n: number) =>
    Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(n - 1, 10)) * (0.5 + random() / 2);

  function failed(thrown: unknown): number {
    failures++;
    const reason = reasonOf(thrown);
    // A night long the same is one line; what changes is another.
    const isKnown = reason === status.trouble;
    troubled(reason, codeOf(thrown));
    status.isStopped = thrown instanceof EvenkeelError && /^CHAT_(?:DENIED|REFUSED)$/.test(thrown.code);
    if (!isKnown)
      log[status.isStopped ? 'error' : 'warn']({ room: name, reason }, 'Does not hear a chat room at present');
    if (status.isStopped) return stoppedMs;
    return thrown instanceof ChatBusy ? thrown.retryAfterMs : pauseOf(failures);
  }

  async function listener(): Promise<ChatListener> {
    const row = await state.selectFrom('chat_rooms').select('cursor').where('id', '=', name).executeTakeFirst();
    return {
      cursor: row?.cursor ?? null,
      take: work.take,
      connected() {
        failures = 0;
        if (!status.isConnected) status.connectedAt = clock.now();
        status.isConnected = true;
        status.isStopped = false;
        if (status.trouble !== null) log.info({ room: name }, 'Hears the chat room again');
        troubled(null);
      },
      noticed: troubled,
    };
  }

  return {
    ...{ name, kind, room },
    shown: () => ({ name, kind, settings: shownOf(settings), ...status }),
    again() {
      failures = 0;
      wakeUp?.();
    },
    start(callAs) {
      listening = listen();
      work.start(callAs);
    },
    async ended() {
      await Promise.all([listening, work.ended()]);
    },
  };
}

const secrets = new Set(['token', 'app_token', 'bot_token']);
const shownOf = (settings: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(settings).filter(([key]) => !secrets.has(key)));
