/** Messages on devices of one's own. Addresses and keys of a browser come in and never go out. */
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { fail } from '../../../shared/errors.ts';
import { OwnPush, PushDevice, PushTrial } from '../../../shared/push.ts';
import { oneLinePattern } from '../../../shared/safe-text.ts';
import type { Device } from '../../notify/devices.ts';
import type { App, Context } from '../context.ts';
import { closed, Id, Nothing, word } from '../shapes.ts';

const url = '/api/v1/me/push';
const tags = ['session'];
/** Each test makes the collector connect to where the browser says. */
const few = { rateLimit: { max: 20, timeWindow: '1 minute' } };

const key = Type.String({ pattern: '^[A-Za-z0-9_-]{16,200}$', secret: true, want: 'a key as base64url' });
const New = Type.Object(
  {
    name: word(100, 'such as Firefox on Android'),
    subscription: Type.Object(
      {
        endpoint: Type.String({
          minLength: 9,
          maxLength: 2000,
          pattern: oneLinePattern,
          secret: true,
          want: 'an https address',
        }),
        keys: Type.Object({ p256dh: key, auth: key }, closed),
      },
      closed,
    ),
  },
  {
    ...closed,
    examples: [
      {
        name: 'Firefox on Android',
        subscription: {
          endpoint: 'https://push.example.org/send/1',
          keys: {
            p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
            auth: 'BTBZMqHH6r4Tts7J_aSIgg',
          },
        },
      },
    ],
  },
);

const rowOf = ({ id, name, endpoint, created_at, last_at, last_error }: Device): PushDevice => ({
  ...{ id, name, service: new URL(endpoint).host },
  ...{ createdAt: created_at, lastAt: last_at, lastError: last_error },
});

export function pushRoutes(app: App, { devices, channels }: Context): void {
  const own = ({ caller }: FastifyRequest): string => {
    if (!caller?.session) throw fail('BAD_REQUEST', { problem: 'a token has no devices; log in as a person' });
    return caller.name;
  };

  app.get(
    url,
    { schema: { summary: 'One’s own devices that take messages', tags, response: { 200: OwnPush } } },
    async (request) => {
      const user = own(request);
      return {
        key: (await devices.keys()).publicKey,
        channels: channels.list().flatMap(({ id, kind }) => (kind === 'push' ? [id] : [])),
        devices: (await devices.list(user)).map(rowOf),
      };
    },
  );

  app.post(
    url,
    {
      config: few,
      schema: {
        summary: 'Switch messages on in a browser; it is of whoever did so last',
        ...{ tags, body: New, response: { 201: PushDevice } },
      },
    },
    async (request, reply) => {
      const { name, subscription } = request.body;
      return reply.status(201).send(rowOf(await devices.add(own(request), name, subscription)));
    },
  );

  app.delete(
    `${url}/:id`,
    {
      schema: { summary: 'Switch messages off on a device', tags, params: Id, response: { 204: Nothing } },
    },
    async (request, reply) => {
      await devices.remove(own(request), request.params.id);
      return reply.status(204).send(null);
    },
  );

  app.post(
    `${url}/:id/test`,
    {
      config: few,
      schema: { summary: 'Send a test to a device', tags, params: Id, response: { 200: PushTrial } },
    },
    async (request) => {
      const user = own(request);
      const { id } = request.params;
      if (!(await devices.list(user)).some((one) => one.id === id)) throw fail('NOT_FOUND', { what: 'device', id });
      return { error: await channels.testDevice(user, id) };
    },
  );
}
