/** The other side of Web Push, by the RFCs and without the code under test: what a browser decrypts, and a service checks. */
import { createDecipheriv, createECDH, createHmac, createPublicKey, verify } from 'node:crypto';
import type { Device, DevicesToPush } from '../../../collector/notify/devices.ts';
import { makeVapidKeys } from '../../../collector/notify/web-push.ts';

const browser = createECDH('prime256v1');
browser.generateKeys();
const auth = Buffer.from('of-this-browser!');
export const deviceKeys = { p256dh: browser.getPublicKey('base64url'), auth: auth.toString('base64url') };

const hmac = (key: Buffer, ...parts: (Buffer | string)[]) => {
  const made = createHmac('sha256', key);
  for (const part of parts) made.update(part);
  return made.digest();
};
const one = Buffer.from([1]);

/** RFC 8291, 3.4, as its pseudocode has it. */
export function decrypted(body: Buffer, own = browser, secret = auth): string {
  const [salt, length] = [body.subarray(0, 16), body.readUInt8(20)];
  const theirs = body.subarray(21, 21 + length);
  const sealed = body.subarray(21 + length);
  const shared = hmac(secret, own.computeSecret(theirs));
  const material = hmac(shared, 'WebPush: info\0', own.getPublicKey(), theirs, one);
  const random = hmac(salt, material);
  const key = hmac(random, 'Content-Encoding: aes128gcm\0', one).subarray(0, 16);
  const nonce = hmac(random, 'Content-Encoding: nonce\0', one).subarray(0, 12);
  const open = createDecipheriv('aes-128-gcm', key, nonce);
  open.setAuthTag(sealed.subarray(-16));
  const plain = Buffer.concat([open.update(sealed.subarray(0, -16)), open.final()]);
  const end = plain.length - 1;
  if (plain[end] !== 2) throw new Error('the record is not ended');
  return plain.subarray(0, end).toString('utf8');
}

/** @param body as base64 */
export const received = (body: string) => decrypted(Buffer.from(body, 'base64'));

/** Why a service would refuse it; null: it would not. */
export function vapidFault(header: string, now = Date.now(), origin: string | null = null): string | null {
  const [, head = '', claims = '', signature = '', key = ''] =
    /^vapid t=([\w-]+)\.([\w-]+)\.([\w-]+), k=([\w-]+)$/.exec(header) ?? [];
  if (key === '') return `no such header: ${header}`;
  const point = Buffer.from(key, 'base64url');
  const coordinate = (from: number) => point.subarray(from, from + 32).toString('base64url');
  const jwk = { kty: 'EC', crv: 'P-256', x: coordinate(1), y: coordinate(33) };
  const by = { key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' } as const;
  if (!verify('sha256', Buffer.from(`${head}.${claims}`), by, Buffer.from(signature, 'base64url'))) return 'signature';
  const { alg } = JSON.parse(Buffer.from(head, 'base64url').toString()) as { alg: string };
  const { aud, exp, sub } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<string, unknown>;
  if (alg !== 'ES256') return `alg ${alg}`;
  if (typeof exp !== 'number' || exp * 1000 <= now || exp * 1000 > now + 86_400_000) return `exp ${String(exp)}`;
  if (!/^(?:mailto:|https:)./.test(String(sub))) return `sub ${String(sub)}`;
  return origin === null || aud === origin ? null : `aud ${String(aud)}`;
}

const vapid = makeVapidKeys();

export const deviceAt = (url: string, more: Partial<Device> = {}): Device => ({
  ...{ id: 'd1', user_name: 'ann', name: 'Firefox, Android', endpoint: `${url}/send/1`, ...deviceKeys },
  ...{ created_at: 0, last_at: null, last_error: null, last_message: null },
  ...more,
});

/** One device of one person, whose push service is there. */
export const devicesAt = (url: string): DevicesToPush => ({
  keys: async () => vapid,
  reached: async () => [deviceAt(url)],
  tried: async () => undefined,
  gone: async () => undefined,
});
