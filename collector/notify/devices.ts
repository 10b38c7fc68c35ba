/** Browsers in which people have switched messages on, and the pair of keys by which the collector says who it is. */
import { createHash } from 'node:crypto';
import type { Selectable } from 'kysely';
import type { Clock } from '../../shared/clock.ts';
import { fail } from '../../shared/errors.ts';
import { type Outgoing, problemOf } from '../../shared/outgoing.ts';
import type { Database } from '../state/database.ts';
import type { State } from '../state/open.ts';
import { type DeviceKeys, faultOfKeys, makeVapidKeys, type VapidKeys } from './web-push.ts';

export type Device = Selectable<Database['push_subscriptions']>;

export interface DevicesToPush {
  keys(): Promise<VapidKeys>;
  /** Of people who may act on alerts. @param user null: of all of them */
  reached(user: string | null): Promise<Device[]>;
  /** @param message its id, where the service has accepted it */
  tried(device: Pick<Device, 'id'>, message: string | null, error: string | null): Promise<void>;
  /** The browser has ended it. */
  gone(device: Pick<Device, 'id'>): Promise<void>;
}

export interface PushDevices extends DevicesToPush {
  list(user: string): Promise<Device[]>;
  /** @throws EvenkeelError BAD_REQUEST, CONFLICT */
  add(user: string, name: string, subscription: { endpoint: string; keys: DeviceKeys }): Promise<Device>;
  /** @throws EvenkeelError NOT_FOUND */
  remove(user: string, id: string): Promise<void>;
}

export const devicesAtMost = 20;
const keysName = 'push.vapid';

/** For settings that are looked at and not used. */
export const noDevices: DevicesToPush = {
  keys: async () => makeVapidKeys(),
  reached: async () => [],
  tried: async () => undefined,
  gone: async () => undefined,
};

/** The address itself is a secret: whoever knows it may send to it what the service takes. */
const deviceId = (endpoint: string) => createHash('sha256').update(endpoint).digest('hex').slice(0, 32);

export function createDevices(state: State, clock: Clock, outgoing: Outgoing): PushDevices {
  const table = 'push_subscriptions';

  async function keys(): Promise<VapidKeys> {
    const read = () => state.selectFrom('settings').select('value').where('key', '=', keysName).executeTakeFirst();
    if (!(await read())) {
      const row = { key: keysName, value: JSON.stringify(makeVapidKeys()) };
      await state
        .insertInto('settings')
        .values(row)
        .onConflict((one) => one.column('key').doNothing())
        .execute();
    }
    return JSON.parse((await read())?.value ?? '') as VapidKeys;
  }

  const list = (user: string) =>
    state.selectFrom(table).selectAll().where('user_name', '=', user).orderBy('created_at').orderBy('id').execute();

  async function add(
    user: string,
    name: string,
    { endpoint, keys: given }: { endpoint: string; keys: DeviceKeys },
  ): Promise<Device> {
    const url = URL.parse(endpoint);
    if (url?.protocol !== 'https:' || url.username !== '' || url.password !== '')
      throw fail('BAD_REQUEST', { problem: 'endpoint is no https address of a push service' });
    const fault = faultOfKeys(given) ?? (await problemOf(outgoing, url.hostname));
    if (fault !== null) throw fail('BAD_REQUEST', { problem: fault });
    const id = deviceId(endpoint);
    const others = (await list(user)).filter((one) => one.id !== id);
    if (others.length >= devicesAtMost)
      throw fail('CONFLICT', { problem: `there are ${devicesAtMost} devices already; remove one of them first` });
    const fields = { user_name: user, name, endpoint, p256dh: given.p256dh, auth: given.auth };
    const row: Device = {
      ...{ id, ...fields, created_at: clock.now() },
      ...{ last_at: null, last_error: null, last_message: null },
    };
    // One browser is of whoever has switched it on last.
    await state
      .insertInto(table)
      .values(row)
      .onConflict((one) => one.column('id').doUpdateSet(fields))
      .execute();
    return state.selectFrom(table).selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  }

  return {
    keys,
    list,
    add,
    async reached(user) {
      const all = state
        .selectFrom(table)
        .innerJoin('users', 'users.name', 'push_subscriptions.user_name')
        .selectAll('push_subscriptions')
        .where('users.disabled_at', 'is', null)
        .where('users.role', '!=', 'viewer')
        .orderBy('push_subscriptions.id');
      return user === null ? all.execute() : all.where('user_name', '=', user).execute();
    },
    async tried({ id }, message, error) {
      const seen = { last_at: clock.now(), last_error: error, ...(message === null ? {} : { last_message: message }) };
      await state.updateTable(table).set(seen).where('id', '=', id).execute();
    },
    async gone({ id }) {
      await state.deleteFrom(table).where('id', '=', id).execute();
    },
    async remove(user, id) {
      const removed = state.deleteFrom(table).where('id', '=', id).where('user_name', '=', user);
      if ((await removed.executeTakeFirst()).numDeletedRows === 0n) throw fail('NOT_FOUND', { what: 'device', id });
    },
  };
}
