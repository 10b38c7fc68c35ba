/**
 * Slack by Socket Mode: https://docs.slack.dev/apis/events-api/using-socket-mode. We connect to Slack, and nothing connects to us.
 * Each envelope is acknowledged once what it says is stored; Slack allows 3 s for it and brings it again otherwise.
 */
import { type Static, Type } from 'typebox';
import { WebSocket } from 'ws';
import type { ChatFinding } from '../../../shared/chat.ts';
import { EvenkeelError, fail } from '../../../shared/errors.ts';
import { askChat, withoutCalls } from '../request.ts';
import type { ChatAnswer, ChatEvent, ChatListener, ChatReach, ChatRoom, ChatRoomType } from '../room.ts';
import { secretFile, serverAddress } from '../shapes.ts';

const Settings = Type.Object(
  {
    app_token_file: secretFile('the app-level token, xapp-…, with connections:write'),
    bot_token_file: secretFile('the token of the bot, xoxb-…, with chat:write'),
    channels: Type.Optional(
      Type.Array(Type.String({ pattern: '^[CGD][A-Z0-9]{2,20}$', want: 'the id of a channel, such as C0123456789' }), {
        ...{ minItems: 1, maxItems: 100 },
        description: 'listened to alone; left out: wherever the bot is',
      }),
    ),
    url: Type.Optional(serverAddress('https://slack.com')),
  },
  { additionalProperties: false },
);
type SlackSettings = Omit<Static<typeof Settings>, 'app_token_file' | 'bot_token_file'> & {
  app_token: string;
  bot_token: string;
};

const standardUrl = 'https://slack.com';
/** Slack asks for a pong every few seconds: a connection that is silent for this long is dead. */
const silentMs = 60_000;
const lookEveryMs = 15_000;
const handshakeMs = 10_000;
const largest = 1024 * 1024;
/** What is older is not done any more: ids are kept for twice that long. */
const oldestMs = 86_400_000;

interface SlackPlace {
  channel: string;
  thread?: string;
  /** Only they see the answer. */
  user?: string;
  /** Of a slash command: answers there, also where the bot is no member. */
  url?: string;
}

export const slack: ChatRoomType = {
  kind: 'slack',
  settings: Settings,
  create: (settings: SlackSettings, reach) => slackRoom(settings, reach),
};

function slackRoom({ app_token, bot_token, channels, url = standardUrl }: SlackSettings, reach: ChatReach): ChatRoom {
  const { room } = reach;
  const base = url.replace(/\/+$/, '');
  const api = (method: string) => new URL(`${base}/api/${method}`);
  const isListened = (channel: string) => channels === undefined || channels.includes(channel);

  async function open(signal: AbortSignal): Promise<URL> {
    const what = 'open a connection';
    const { url: given } = await askChat(reach, api('apps.connections.open'), {
      ...{ method: 'POST', token: app_token, body: {}, what, signal },
    });
    const target = typeof given === 'string' ? URL.parse(given) : null;
    // In the clear only where the server of the settings is: a test on this machine.
    if (!target || !(target.protocol === 'wss:' || (target.protocol === 'ws:' && base.startsWith('http:'))))
      throw fail('CHAT_FAILED', { room, what, reason: 'it named no address of a WebSocket' });
    reach.outgoing.check(target.hostname);
    return target;
  }

  return {
    async listen(to, signal) {
      await connection(await open(signal), to, signal);
    },
    async answer(place, answer, _id, signal) {
      const { channel, thread, user, url: there } = JSON.parse(place) as SlackPlace;
      const text = textOf(answer);
      const what = 'answer';
      if (there !== undefined && isOwn(there)) {
        await askChat(reach, new URL(there), {
          ...{ method: 'POST', what, signal },
          body: { response_type: 'ephemeral', replace_original: false, text },
        });
        return;
      }
      // Nothing in it is linked, unfurled or calls anybody but what we write so.
      const body = { channel, text, mrkdwn: false, link_names: false, unfurl_links: false, unfurl_media: false };
      const [method, more] =
        user === undefined ? ['chat.postMessage', { thread_ts: thread }] : ['chat.postEphemeral', { user }];
      await askChat(reach, api(method), {
        ...{ method: 'POST', token: bot_token, what, signal },
        body: { ...body, ...more },
      });
    },
    async check(signal) {
      const found: ChatFinding[] = [];
      const note = (what: ChatFinding['what'], asked: Promise<string>) =>
        asked.then(
          (detail) => void found.push({ what, result: 'good', detail }),
          (thrown: unknown) =>
            void found.push({ what, result: 'bad', detail: thrown instanceof Error ? thrown.message : '' }),
        );
      await note(
        'listen',
        open(signal).then(({ hostname }) => hostname),
      );
      const who = askChat(reach, api('auth.test'), {
        ...{ method: 'POST', token: bot_token, body: {}, what: 'ask who we are', signal },
      });
      await note(
        'account',
        who.then(({ user, team }) => `${String(user)} · ${String(team)}`),
      );
      return found;
    },
  };

  /** An answer goes to Slack alone, whatever a message names. */
  function isOwn(there: string): boolean {
    const target = URL.parse(there);
    return target !== null && (target.origin === 'https://hooks.slack.com' || target.origin === new URL(base).origin);
  }

  function connection(target: URL, to: ChatListener, signal: AbortSignal): Promise<void> {
    const socket = new WebSocket(target, {
      ...{ lookup: reach.outgoing.lookup, handshakeTimeout: handshakeMs, maxPayload: largest },
      ...{ followRedirects: false, perMessageDeflate: false },
    } as never);
    let heardAt = reach.now();
    /** In their order, so that none is acknowledged before the one before it. */
    let last = Promise.resolve();
    return new Promise((done, refuse) => {
      let ended: EvenkeelError | null | undefined;
      const end = (why: EvenkeelError | null) => {
        ended ??= why;
        socket.terminate();
      };
      const broken = (reason: string) => fail('CHAT_FAILED', { room, what: 'listen', reason });
      const look = setInterval(() => {
        if (reach.now() - heardAt > silentMs) end(broken(`it was silent for ${silentMs / 1000} s`));
      }, lookEveryMs);
      const stop = () => end(null);
      signal.addEventListener('abort', stop, { once: true });
      if (signal.aborted) stop();
      const heard = () => {
        heardAt = reach.now();
      };
      socket.on('ping', heard);
      socket.on('pong', heard);
      socket.on('message', (data, isBinary) => {
        heard();
        const message = isBinary ? null : objectIn(String(data));
        if (message?.type === 'hello') return to.connected();
        if (message?.type === 'disconnect') {
          const why = String(message.reason);
          return end(
            why === 'link_disabled' ? new EvenkeelError('CHAT_DENIED', { room, what: 'listen', reason: why }) : null,
          );
        }
        const envelope = message?.envelope_id;
        if (!message || typeof envelope !== 'string') return;
        const events = eventsIn(message, reach.now()).filter(({ place }) =>
          isListened((JSON.parse(place) as SlackPlace).channel),
        );
        last = last
          .then(() => to.take(events))
          .then(
            () => void (socket.readyState === WebSocket.OPEN && socket.send(JSON.stringify({ envelope_id: envelope }))),
            // Not acknowledged, it comes again.
            (thrown: unknown) => end(broken(thrown instanceof Error ? thrown.message : 'it could not be stored')),
          );
      });
      socket.on('error', (error) => {
        ended ??= broken(error.message);
      });
      socket.on('close', (code) => {
        clearInterval(look);
        signal.removeEventListener('abort', stop);
        void last.then(() => {
          if (ended === null || signal.aborted) done();
          else refuse(ended ?? broken(`the connection was closed (${code})`));
        });
      });
    });
  }
}

function objectIn(text: string): Record<string, unknown> | null {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

type SlackMessage = Record<string, unknown>;
const inside = (of: SlackMessage, key: string): SlackMessage =>
  typeof of[key] === 'object' && of[key] !== null ? (of[key] as SlackMessage) : {};
const text = (of: SlackMessage, key: string): string => (typeof of[key] === 'string' ? of[key] : '');

/** What of an envelope is meant for us: a mention, a message to the bot alone, a slash command, a button. */
function eventsIn(envelope: SlackMessage, now: number): ChatEvent[] {
  const payload = inside(envelope, 'payload');
  if (envelope.type === 'slash_commands') return slashIn(payload, text(envelope, 'envelope_id'));
  if (envelope.type === 'interactive') return buttonsIn(payload);
  if (envelope.type !== 'events_api') return [];
  const event = inside(payload, 'event');
  const isDirect = event.type === 'message' && event.channel_type === 'im';
  if (!(event.type === 'app_mention' || isDirect)) return [];
  // An edit says nothing new; what bots say, ours among it, is no command.
  if (event.subtype !== undefined || event.edited !== undefined || event.bot_id !== undefined) return [];
  const [channel, ts, user] = [text(event, 'channel'), text(event, 'ts'), text(event, 'user')];
  if (channel === '' || ts === '' || user === '' || now - Number(ts) * 1000 > oldestMs) return [];
  const place: SlackPlace = isDirect ? { channel } : { channel, thread: text(event, 'thread_ts') || ts };
  const team = text(event, 'user_team') || text(event, 'team') || text(payload, 'team_id');
  return [
    {
      ...{ id: `m/${channel}/${ts}`, account: `${team}/${user}`, shown: user },
      place: JSON.stringify(place),
      text: plain(text(event, 'text').replace(/^\s*<@[A-Z0-9]+(?:\|[^>]*)?>[:,]?\s*/, '')),
    },
  ];
}

function slashIn(payload: SlackMessage, envelope: string): ChatEvent[] {
  const [channel, user, team] = [text(payload, 'channel_id'), text(payload, 'user_id'), text(payload, 'team_id')];
  if (channel === '' || user === '') return [];
  const place: SlackPlace = { channel, user, url: text(payload, 'response_url') };
  return [
    {
      ...{ id: `s/${text(payload, 'trigger_id') || envelope}`, account: `${team}/${user}` },
      ...{
        shown: text(payload, 'user_name') || user,
        place: JSON.stringify(place),
        text: plain(text(payload, 'text')),
      },
    },
  ];
}

function buttonsIn(payload: SlackMessage): ChatEvent[] {
  if (payload.type !== 'block_actions' || !Array.isArray(payload.actions)) return [];
  const [user, channel] = [inside(payload, 'user'), inside(payload, 'channel')];
  const [account, at] = [
    `${text(user, 'team_id') || text(inside(payload, 'team'), 'id')}/${text(user, 'id')}`,
    text(channel, 'id'),
  ];
  if (at === '') return [];
  const thread = text(inside(payload, 'message'), 'thread_ts') || text(inside(payload, 'message'), 'ts');
  return payload.actions.flatMap((one: unknown): ChatEvent[] => {
    const action = (one ?? {}) as SlackMessage;
    if (!text(action, 'action_id').startsWith('keel-')) return [];
    return [
      {
        id: `b/${account}/${text(action, 'action_id')}/${text(action, 'action_ts')}`,
        ...{ account, shown: text(user, 'username') || text(user, 'name') || text(user, 'id') },
        place: JSON.stringify({ channel: at, ...(thread === '' ? {} : { thread }) } satisfies SlackPlace),
        text: text(action, 'value'),
      },
    ];
  });
}

/** Slack writes `&` as `&amp;`, and links what looks like an address: `<http://files-0002.example.org|files-0002.example.org>`. */
const plain = (said: string): string =>
  said
    .replace(/<(?:https?:\/\/|mailto:)[^|>]*\|([^>]*)>/g, '$1')
    .replace(/<((?:https?:\/\/|mailto:)[^>]*)>/g, '$1')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');

/** `&`, `<` and `>` are all of its markup that can call somebody. */
const escaped = (said: string) =>
  withoutCalls(said).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const longestText = 3500;

function textOf({ lines, url }: ChatAnswer): string {
  const said = lines.map(escaped).join('\n');
  const short = said.length > longestText ? `${said.slice(0, longestText).replace(/&[a-z]*$/, '')}…` : said;
  return url === null ? short : `${short}\n${escaped(url)}`;
}
