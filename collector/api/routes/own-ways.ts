/** The ways by which one is reached oneself: a test of each, and its last result; and whether one is on call now. */
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { page } from '../../../shared/api.ts';
import { ChannelTrial } from '../../../shared/channel.ts';
import { fail } from '../../../shared/errors.ts';
import { OwnTurn, OwnWay } from '../../../shared/own-ways.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { closed, word } from '../shapes.ts';

const url = '/api/v1/on-call/me';
const tags = ['on call'];
/** Of one person, newest first: more than anybody has ways. */
const looked = 100;
/** A test leaves the house: a person presses the button a few times, and a script must not. */
const few = { rateLimit: { max: 10, timeWindow: '1 minute' } };
const WayToTest = Type.Object(
  { channel: word(64, 'the name of a channel'), address: Type.Optional(word(254, 'the address that is saved there')) },
  { ...closed, examples: [{ channel: 'mail', address: 'ann@example.org' }] },
);

type LastResult = NonNullable<OwnWay['last']>;

export function ownWayRoutes(app: App, { onCall, channels, state }: Context): void {
  /** Of tests, by user, channel and recipient; messages are in the outbox. */
  const tried = new Map<string, LastResult>();
  const keyOf = (user: string, channel: string, recipient: string | null) => JSON.stringify([user, channel, recipient]);

  const own = ({ caller }: FastifyRequest): string => {
    if (!caller?.session) throw fail('BAD_REQUEST', { problem: 'a token is never on call; log in as a person' });
    return caller.name;
  };

  async function delivered(user: string): Promise<Map<string, LastResult>> {
    const rows = await state
      .selectFrom('deliveries')
      .select(['channel', 'recipient', 'state', 'sent_at', 'next_at', 'last_error'])
      .where('user_name', '=', user)
      .where('state', 'in', ['sent', 'dead'])
      .orderBy('created_at', 'desc')
      .limit(looked)
      .execute();
    const found = new Map<string, LastResult>();
    for (const { channel, recipient, state: end, sent_at, next_at, last_error } of rows.toReversed())
      found.set(keyOf(user, channel, recipient), {
        at: end === 'sent' ? (sent_at ?? next_at) : next_at,
        error: end === 'sent' ? null : (last_error ?? ''),
      });
    return found;
  }

  app.get(
    `${url}/ways`,
    {
      schema: { summary: 'The own ways, each with its last result', tags, response: { 200: page(OwnWay) } },
    },
    async (request) => {
      const user = own(request);
      const sent = await delivered(user);
      const items = (await onCall.ownWays(user)).map(({ channel, address, recipient }) => {
        const key = keyOf(user, channel, recipient);
        const results = [sent.get(key), tried.get(key)].filter((one) => one !== undefined);
        return { channel, address, last: results.sort((a, b) => b.at - a.at)[0] ?? null };
      });
      return { items, next: null };
    },
  );
  app.post(
    `${url}/test`,
    {
      config: few,
      schema: {
        ...{ summary: 'Send a test by one of the own ways, as it is saved', tags, body: WayToTest },
        response: { 200: ChannelTrial },
      },
    },
    async (request) => {
      const user = own(request);
      const { channel, address = null } = request.body;
      const way = (await onCall.ownWays(user)).find((one) => one.channel === channel && one.address === address);
      if (!way) throw fail('NOT_FOUND', { what: 'way', id: address === null ? channel : `${channel} to ${address}` });
      const trial = await channels.test(channel, user, way.recipient);
      tried.set(keyOf(user, channel, way.recipient), { at: trial.at, error: trial.error });
      request.noted = { before: {}, after: { accepted: trial.error === null } };
      return trial;
    },
  );
  app.get(
    `${url}/now`,
    { schema: { summary: 'Whether one is on call now', tags, response: { 200: OwnTurn } } },
    async (request) => onCall.ownTurn(callerNamed(request)),
  );
}
