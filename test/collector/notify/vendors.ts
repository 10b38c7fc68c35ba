/**
 * Receivers that speak the documented form of each vendor: they look at what they get as the vendor does, and answer in its words.
 * `read` gives back what a person would see there, so that a test can tell text from markup.
 */
import * as assert from 'uvu/assert';
import { received, vapidFault } from './push-receiver.ts';
import { openReceiver } from './receiver.ts';

type Json = Record<string, unknown>;
type Doing = 'takes' | 'refuses' | 'busy' | 'fails' | 'is silent';
type Answer = [status: number, headers?: Record<string, string>, body?: string];

interface Vendor {
  /** Where it listens. */
  path: RegExp;
  /** What is not in its form; null where all is. Markup that it would carry out is a fault, too. */
  fault(body: string, headers: Record<string, unknown>): string | null;
  /** The texts that a person sees. */
  read(body: string): string[];
  answers: Partial<Record<Doing, Answer>>;
}

const leaves = (value: unknown): string[] =>
  typeof value === 'object' && value !== null ? Object.values(value).flatMap(leaves) : [String(value)];
const json = (body: string) => JSON.parse(body) as Json;
const wants = (...all: [holds: boolean, what: string][]) => all.find(([holds]) => !holds)?.[1] ?? null;
const isText = (value: unknown, most: number) => typeof value === 'string' && value.length > 0 && value.length <= most;
const isLink = (value: unknown) => typeof value === 'string' && /^https?:\/\//.test(value);
const fromHtml = (text: string) =>
  text.replace(/&(lt|gt|quot|amp);/g, (_, name: string) => ({ lt: '<', gt: '>', quot: '"', amp: '&' })[name] ?? '');
const answer = (status: number, body: object, headers: Record<string, string> = {}): Answer => [
  status,
  { 'content-type': 'application/json', ...headers },
  JSON.stringify(body),
];
const ok = answer(200, {});
const readLeaves = (body: string) => leaves(json(body));

interface SlackBlock {
  type: string;
  text: { type: string; text: string };
}

const vendors: Readonly<Record<string, Vendor>> = {
  webhook: {
    path: /^\//,
    fault: (body) => wants([json(body).version === '4', 'version is 4'], [Array.isArray(json(body).alerts), 'alerts']),
    read: readLeaves,
    answers: { takes: ok },
  },
  slack: {
    path: /^\//,
    fault(body) {
      const [{ color, blocks, fallback }] = json(body).attachments as [
        { color: string; blocks: SlackBlock[]; fallback: string },
      ];
      const raw = [fallback, ...blocks.map(({ text }) => text.text)].join('\n');
      // Links of our own are the only markup.
      const foreign = raw.replace(/<https?:\/\/[^<>|]*\|[^<>|]*>/g, '');
      return wants(
        [/^#[0-9a-f]{6}$/.test(color), 'colour'],
        [blocks.length <= 50 && blocks.every(({ type }) => type === 'section'), 'blocks'],
        [blocks.every(({ text }) => isText(text.text, 3000)), 'text of a section'],
        [!/[<>]|&(?!amp;|lt;|gt;)/.test(foreign), `markup in ${foreign}`],
      );
    },
    read: (body) => leaves(json(body)).map(fromHtml),
    answers: {
      takes: [200, {}, 'ok'],
      refuses: [400, {}, 'invalid_payload'],
      busy: [429, { 'retry-after': '7' }, 'rate_limited'],
    },
  },
  teams: {
    path: /^\//,
    fault(body, headers) {
      const [card] = json(body).attachments as [{ contentType: string; content: Json }];
      const { content } = card;
      const types: string[] = JSON.stringify(content).match(/"type":"\w+"/g) ?? [];
      return wants(
        [json(body).type === 'message', 'type'],
        [card.contentType === 'application/vnd.microsoft.card.adaptive', 'contentType'],
        [content.type === 'AdaptiveCard' && content.version === '1.4', 'card'],
        [/charset=utf-8/.test(String(headers['content-type'])), 'charset'],
        [Buffer.byteLength(body) <= 28_000, 'size'],
        // Its Markdown would make links of names.
        [!types.includes('"type":"TextBlock"'), 'a TextBlock reads Markdown'],
        [(content.actions as Json[]).every(({ type, url }) => type === 'Action.OpenUrl' && isLink(url)), 'actions'],
      );
    },
    read: (body) => leaves((json(body).attachments as Json[]).map(({ content }) => content)),
    answers: { takes: [202, {}, ''], refuses: answer(400, { error: { code: 'InvalidRequest' } }) },
  },
  discord: {
    path: /^\//,
    fault(body) {
      const { embeds, allowed_mentions } = json(body) as { embeds: [Json]; allowed_mentions: { parse: string[] } };
      const [{ title, description, color, url }] = embeds;
      const texts = [String(title), String(description).replace(/\[[^\]]*\]\(https?:\/\/[^)]*\)/g, '')];
      return wants(
        [allowed_mentions.parse.length === 0, 'mentions'],
        [isText(title, 256) && isText(description, 4096), 'length'],
        [Number.isInteger(color) && isLink(url), 'colour and link'],
        [!texts.some((text) => /(?<!\\)(?:\\\\)*[*_~`|>#<@[\]]/.test(text.replace(/\\[^\\]/g, ''))), 'markup'],
      );
    },
    read: (body) => leaves(json(body)).map((text) => text.replace(/\\(.)/g, '$1')),
    answers: {
      takes: [204],
      refuses: answer(400, { message: 'Invalid Form Body', code: 50035 }),
      busy: answer(
        429,
        { message: 'You are being rate limited.', retry_after: 6.5, global: false },
        { 'retry-after': '7' },
      ),
    },
  },
  telegram: {
    path: /^\/bot[\w:-]+\/sendMessage$/,
    fault(body) {
      const { chat_id, text, parse_mode } = json(body) as { chat_id: string; text: string; parse_mode: string };
      const plain = text.replace(/<\/?b>/g, '');
      return wants(
        [typeof chat_id === 'string' && chat_id !== '', 'chat_id'],
        [parse_mode === 'HTML' && isText(fromHtml(plain), 4096), 'text'],
        [!/[<>]|&(?!amp;|lt;|gt;|quot;)/.test(plain), `markup in ${plain}`],
      );
    },
    read: (body) => leaves(json(body)).map((text) => fromHtml(text.replace(/<\/?b>/g, ''))),
    answers: {
      takes: answer(200, { ok: true, result: { message_id: 1 } }),
      refuses: answer(400, { ok: false, error_code: 400, description: 'Bad Request: chat not found' }),
      // In the answer only, without the header.
      busy: answer(429, {
        ok: false,
        error_code: 429,
        description: 'Too Many Requests: retry after 7',
        parameters: { retry_after: 7 },
      }),
    },
  },
  ntfy: {
    path: /^\/$/,
    fault(body) {
      const { topic, title, message, priority, tags, click, actions } = json(body) as Json;
      return wants(
        [/^[-_A-Za-z0-9]{1,64}$/.test(String(topic)), 'topic'],
        [isText(title, 250) && isText(message, 4096) && Buffer.byteLength(String(message)) <= 4096, 'length'],
        [Number.isInteger(priority) && Number(priority) >= 1 && Number(priority) <= 5, 'priority'],
        [Array.isArray(tags) && isLink(click), 'tags and click'],
        [
          (actions as Json[]).length <= 3 &&
            (actions as Json[]).every(({ action, url }) => action === 'view' && isLink(url)),
          'actions',
        ],
      );
    },
    read: readLeaves,
    answers: {
      takes: answer(200, { id: 'x', event: 'message' }),
      refuses: answer(400, { code: 40024, http: 400, error: 'invalid request: actions invalid' }),
      busy: answer(429, { code: 42901, http: 429, error: 'limit reached: too many requests' }, { 'retry-after': '7' }),
    },
  },
  gotify: {
    path: /^\/message$/,
    fault(body, headers) {
      const { title, message, priority, extras } = json(body) as Json;
      const { 'client::display': display } = extras as { 'client::display': Json };
      return wants(
        [typeof headers['x-gotify-key'] === 'string', 'token'],
        [isText(title, 1000) && isText(message, 4100) && Number.isInteger(priority), 'message'],
        [display.contentType === 'text/plain', 'Markdown would read names'],
      );
    },
    read: readLeaves,
    answers: {
      takes: answer(200, { id: 1 }),
      refuses: answer(400, { error: 'Bad Request', errorCode: 400, errorDescription: 'message is empty' }),
    },
  },
  pagerduty: {
    path: /^\//,
    fault(body) {
      const { routing_key, event_action, dedup_key, payload, links } = json(body) as Json;
      const { summary, source, severity } = payload as Json;
      return wants(
        [isText(routing_key, 64) && isText(dedup_key, 255), 'keys'],
        [['trigger', 'acknowledge', 'resolve'].includes(String(event_action)), 'event_action'],
        [isText(summary, 1024) && isText(source, 500), 'payload'],
        [['critical', 'error', 'warning', 'info'].includes(String(severity)), 'severity'],
        [(links as Json[]).every(({ href }) => isLink(href)), 'links'],
      );
    },
    read: readLeaves,
    answers: {
      takes: answer(202, { status: 'success', message: 'Event processed', dedup_key: 'x' }),
      refuses: answer(400, {
        status: 'invalid event',
        message: 'Event object is invalid',
        errors: ["'source' is missing or blank"],
      }),
      busy: answer(429, { status: 'throttle exceeded' }, { 'retry-after': '7' }),
    },
  },
  alertmanager: {
    path: /^\/api\/v2\/alerts$/,
    fault(body) {
      const [alert] = JSON.parse(body) as [{ labels: Json; startsAt: string; endsAt: string }];
      return wants(
        [typeof alert.labels.alertname === 'string', 'alertname'],
        [Object.keys(alert.labels).every((name) => /^[a-zA-Z_]\w*$/.test(name)), 'names of labels'],
        [[alert.startsAt, alert.endsAt].every((at) => !Number.isNaN(Date.parse(at))), 'times'],
      );
    },
    read: readLeaves,
    answers: { takes: [200], refuses: [400, { 'content-type': 'application/json' }, '"bad request"'] },
  },
  apprise: {
    path: /^\/notify\/[\w-]{1,128}$/,
    fault(body) {
      const { title, body: text, type, format } = json(body) as Json;
      return wants(
        [isText(title, 250) && isText(text, 4100), 'text'],
        [['info', 'success', 'warning', 'failure'].includes(String(type)), 'type'],
        [format === 'text', 'any other format would read names'],
      );
    },
    read: readLeaves,
    answers: { takes: ok, refuses: answer(400, { error: 'The message contents are not valid' }) },
  },
  http: {
    path: /^\//,
    fault: (body) => wants([isText(json(body).title, 4000), 'title']),
    read: readLeaves,
    answers: { takes: ok },
  },
};

const push: Vendor = {
  path: /^\//,
  fault(body, headers) {
    const { title, body: text, url, tag, words } = json(received(body)) as Json;
    const { ttl, urgency, topic } = headers;
    return wants(
      [vapidFault(String(headers.authorization)) === null, `VAPID: ${vapidFault(String(headers.authorization))}`],
      [headers['content-encoding'] === 'aes128gcm', 'encoding'],
      [Number(ttl) > 0 && Number(ttl) <= 28 * 86_400, 'TTL'],
      [['very-low', 'low', 'normal', 'high'].includes(String(urgency)), 'urgency'],
      [/^[\w-]{1,32}$/.test(String(topic)) && topic === tag, 'topic'],
      [Buffer.from(body, 'base64').length <= 4096, 'size'],
      [isText(title, 600) && typeof text === 'string' && isLink(url) && typeof words === 'object', 'payload'],
    );
  },
  read: (body) => leaves(json(received(body))),
  answers: { takes: [201], refuses: [400], busy: [429, { 'retry-after': '7' }] },
};

export function vendorOf(kind: string): Vendor {
  const vendor = kind === 'push' ? push : vendors[kind];
  assert.ok(vendor, `the form of ${kind} is missing; add it to test/collector/notify/vendors.ts`);
  return vendor as Vendor;
}

const usual: Readonly<Record<Exclude<Doing, 'is silent'>, Answer>> = {
  takes: [200],
  refuses: [400],
  busy: [429, { 'retry-after': '7' }],
  fails: [500],
};

/** @returns the receiver, and what it has got that was not in its form */
export async function openVendor(kind: string, doing: Doing) {
  const vendor = vendorOf(kind);
  const faults: string[] = [];
  const receiver = await openReceiver((_, path, { body, headers }) => {
    const fault = vendor.path.test(path) ? vendor.fault(body, headers) : `the path ${path}`;
    if (fault !== null) faults.push(fault);
    if (doing === 'is silent') return null;
    return vendor.answers[doing] ?? usual[doing];
  });
  return { ...receiver, faults };
}
