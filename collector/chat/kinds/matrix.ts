/**
 * Matrix by its client-server API: https://spec.matrix.org/latest/client-server-api/. We ask the server, and nothing connects to us.
 * Encrypted rooms cannot be read: there is no key here. What was said before the first sync is not done.
 */
import { createHash } from 'node:crypto';
import { type Static, Type } from 'typebox';
import type { ChatFinding } from '../../../shared/chat.ts';
import { EvenkeelError } from '../../../shared/errors.ts';
import { askChat, withoutCalls } from '../request.ts';
import type { ChatEvent, ChatReach, ChatRoom, ChatRoomType } from '../room.ts';
import { secretFile, serverAddress } from '../shapes.ts';

const Settings = Type.Object(
  {
    url: serverAddress('https://matrix.example.org'),
    token_file: secretFile('the access token of our account there'),
    rooms: Type.Array(
      Type.String({
        pattern: '^![^:\\s]{1,200}(?::[^\\s]{1,200})?$',
        want: 'the id of a room, such as !abc:example.org',
      }),
      {
        ...{ minItems: 1, maxItems: 50 },
        description: 'nothing is read or written elsewhere; invitations to these are accepted',
      },
    ),
    prefix: Type.Optional(
      Type.String({
        pattern: '^[!-~]{1,32}$',
        want: 'a word such as !keel',
        description: 'what a command begins with',
      }),
    ),
  },
  { additionalProperties: false },
);
type MatrixSettings = Omit<Static<typeof Settings>, 'token_file'> & { token: string };

const pollMs = 30_000;
const longestText = 4000;

interface MatrixPlace {
  room: string;
  event: string;
}

export const matrix: ChatRoomType = {
  kind: 'matrix',
  settings: Settings,
  create: (settings: MatrixSettings, reach) => matrixRoom(settings, reach),
};

function matrixRoom({ url, token, rooms, prefix = '!keel' }: MatrixSettings, reach: ChatReach): ChatRoom {
  const at = (path: string, query: Record<string, string> = {}) => {
    const target = new URL(`${url.replace(/\/+$/, '')}/_matrix/client/v3/${path}`);
    for (const [key, value] of Object.entries(query)) target.searchParams.set(key, value);
    return target;
  };
  const whoAmI = async (signal: AbortSignal) => {
    const { user_id: own } = await askChat(reach, at('account/whoami'), { token, what: 'ask who we are', signal });
    return String(own);
  };
  /** Only what is looked at. */
  const filter = JSON.stringify({
    room: {
      ...{ rooms, include_leave: false, account_data: { types: [] }, ephemeral: { types: [] } },
      state: { types: [] },
      timeline: { limit: 50, types: ['m.room.message', 'm.room.encrypted'] },
    },
    ...{ presence: { types: [] }, account_data: { types: [] } },
  });

  async function sync(since: string | null, signal: AbortSignal) {
    // The first one says only from where on we listen.
    const query = { filter, timeout: since === null ? '0' : String(pollMs), ...(since === null ? {} : { since }) };
    return askChat(reach, at('sync', query), { token, what: 'read', signal, deadlineMs: pollMs + reach.deadlineMs });
  }

  return {
    async listen(to, signal) {
      const own = await whoAmI(signal);
      let since = to.cursor;
      let isFirst = true;
      const encrypted = new Set<string>();
      for (;;) {
        if (signal.aborted) return;
        const answer = await sync(since, signal).catch((thrown: unknown) => {
          // It has forgotten how far we were: from now on.
          const isForgotten = thrown instanceof EvenkeelError && thrown.code === 'CHAT_REFUSED' && since !== null;
          if (!isForgotten) throw thrown;
          return null;
        });
        if (answer === null) {
          since = null;
          continue;
        }
        if (isFirst) to.connected();
        isFirst = false;
        const next = String(answer.next_batch ?? '');
        const { events, invited, ...found } = eventsIn(answer, { own, rooms, prefix });
        for (const room of found.encrypted) encrypted.add(room);
        if (found.encrypted.length > 0)
          to.noticed(
            `messages in ${[...encrypted].join(', ')} are encrypted and cannot be read; use a room without encryption`,
          );
        for (const room of invited)
          await askChat(reach, at(`join/${encodeURIComponent(room)}`), {
            ...{ method: 'POST', token, body: {}, what: 'join a room', signal },
          });
        await to.take(since === null ? [] : events, next);
        since = next;
      }
    },
    async answer(place, { lines, url: link }, id, signal) {
      const { room, event } = JSON.parse(place) as MatrixPlace;
      const said = withoutCalls([...lines, ...(link === null ? [] : [link])].join('\n'));
      const body = {
        // A notice is no command for other bots; plain text has no markup, and nobody is called.
        ...{ msgtype: 'm.notice', body: said.slice(0, longestText), 'm.mentions': {} },
        'm.relates_to': { 'm.in_reply_to': { event_id: event } },
      };
      const transaction = createHash('sha256').update(id).digest('hex').slice(0, 32);
      await askChat(reach, at(`rooms/${encodeURIComponent(room)}/send/m.room.message/keel-${transaction}`), {
        ...{ method: 'PUT', token, body, what: 'answer', signal },
      });
    },
    async check(signal) {
      const found: ChatFinding[] = [];
      const bad = (thrown: unknown) => (thrown instanceof Error ? thrown.message : '');
      await whoAmI(signal).then(
        (own) => void found.push({ what: 'account', result: 'good', detail: own }),
        (thrown: unknown) => void found.push({ what: 'account', result: 'bad', detail: bad(thrown) }),
      );
      if (found[0]?.result === 'bad') return found;
      const { joined_rooms: joined } = await askChat(reach, at('joined_rooms'), { token, what: 'list rooms', signal });
      for (const room of rooms) {
        const isIn = Array.isArray(joined) && joined.includes(room);
        found.push({ what: 'listen', result: isIn ? 'good' : 'bad', detail: isIn ? room : `${room}: invite us there` });
      }
      return found;
    },
  };
}

type MatrixMessage = Record<string, unknown>;
const inside = (of: MatrixMessage, key: string): MatrixMessage =>
  typeof of[key] === 'object' && of[key] !== null ? (of[key] as MatrixMessage) : {};
const textIn = (of: MatrixMessage, key: string): string => (typeof of[key] === 'string' ? of[key] : '');

interface Listening {
  own: string;
  rooms: readonly string[];
  prefix: string;
}

/** Of an answer to a sync. */
function eventsIn(answer: MatrixMessage, { own, rooms, prefix }: Listening) {
  const [joined, invites] = [inside(inside(answer, 'rooms'), 'join'), inside(inside(answer, 'rooms'), 'invite')];
  const [events, encrypted]: [ChatEvent[], string[]] = [[], []];
  for (const room of rooms) {
    const { events: timeline } = inside(inside(joined, room), 'timeline');
    for (const one of Array.isArray(timeline) ? (timeline as MatrixMessage[]) : []) {
      if (one.type === 'm.room.encrypted' && !encrypted.includes(room)) encrypted.push(room);
      const [id, sender, content] = [textIn(one, 'event_id'), textIn(one, 'sender'), inside(one, 'content')];
      const isSaid = one.type === 'm.room.message' && content.msgtype === 'm.text' && id !== '' && sender !== own;
      // An edit replaces what is done already.
      if (!isSaid || inside(content, 'm.relates_to').rel_type === 'm.replace') continue;
      const text = commandIn(withoutQuote(textIn(content, 'body')), prefix, own);
      if (text !== null)
        events.push({
          ...{ id, account: sender, shown: sender, text },
          place: JSON.stringify({ room, event: id } satisfies MatrixPlace),
        });
    }
  }
  return { events, encrypted, invited: rooms.filter((room) => Object.hasOwn(invites, room)) };
}

/** `!keel help`, or our own name before it; null: it was said to others. */
function commandIn(body: string, prefix: string, own: string): string | null {
  const name = own.replace(/^@([^:]*):.*$/s, '$1');
  for (const begin of [prefix, own, `@${name}`, name]) {
    if (!body.toLowerCase().startsWith(begin.toLowerCase())) continue;
    const rest = body.slice(begin.length);
    if (rest === '' || /^[\s:,]/.test(rest)) return rest.replace(/^[\s:,]+/, '');
  }
  return null;
}

/** Older programs repeat what is answered, as lines that begin with `>`. */
const withoutQuote = (body: string): string => (body.startsWith('> ') ? body.replace(/^(?:>.*\n)+\n?/, '') : body);
