/**
 * Web Push as browsers take it: a message encrypted for one device (RFC 8291, aes128gcm of RFC 8188), and who sends it
 * (VAPID, RFC 8292). Pure. The service in between learns neither the text nor whom it is about.
 */
import { createCipheriv, createECDH, createPrivateKey, hkdfSync, randomBytes, sign } from 'node:crypto';

/** base64url, as browsers give them. */
export interface DeviceKeys {
  /** Public key, P-256, uncompressed. */
  p256dh: string;
  /** 16 bytes. */
  auth: string;
}

/** base64url. */
export interface VapidKeys {
  publicKey: string;
  privateKey: string;
}

const curve = 'prime256v1';
const bytesOf = (text: string) => Buffer.from(text, 'base64url');
const text64 = (bytes: Buffer) => bytes.toString('base64url');
/** A record holds 4,096 bytes; services must take no more. */
const recordBytes = 4096;
/** Header of 86 bytes, tag of 16, and the byte that ends the record. */
export const plainBytesAtMost = recordBytes - 86 - 16 - 1;

const derive = (secret: Buffer, salt: Buffer, info: Buffer, length: number) =>
  Buffer.from(hkdfSync('sha256', secret, salt, info, length));

/** @param made of the test vectors only: each message has a key and a salt of its own */
export function encrypted(
  plain: Buffer,
  { p256dh, auth }: DeviceKeys,
  made: { privateKey?: Buffer; salt?: Buffer } = {},
): Buffer {
  const own = createECDH(curve);
  if (made.privateKey) own.setPrivateKey(made.privateKey);
  else own.generateKeys();
  const { salt = randomBytes(16) } = made;
  const [theirs, ours] = [bytesOf(p256dh), own.getPublicKey()];
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), theirs, ours]);
  const secret = derive(own.computeSecret(theirs), bytesOf(auth), info, 32);
  const key = derive(secret, salt, Buffer.from('Content-Encoding: aes128gcm\0'), 16);
  const nonce = derive(secret, salt, Buffer.from('Content-Encoding: nonce\0'), 12);
  const cipher = createCipheriv('aes-128-gcm', key, nonce);
  // 2 ends the last record.
  const record = Buffer.concat([cipher.update(Buffer.concat([plain, Buffer.from([2])])), cipher.final()]);
  const size = Buffer.alloc(5);
  size.writeUInt32BE(recordBytes);
  size.writeUInt8(ours.length, 4);
  return Buffer.concat([salt, size, ours, record, cipher.getAuthTag()]);
}

/** Why nothing can be encrypted for them; null where it can. */
export function faultOfKeys({ p256dh, auth }: DeviceKeys): string | null {
  if (bytesOf(auth).length !== 16) return 'keys.auth is not 16 bytes as base64url';
  try {
    const own = createECDH(curve);
    own.generateKeys();
    own.computeSecret(bytesOf(p256dh));
    return null;
  } catch {
    return 'keys.p256dh is no point of the curve P-256 as base64url';
  }
}

export function makeVapidKeys(): VapidKeys {
  const own = createECDH(curve);
  own.generateKeys();
  return { publicKey: text64(own.getPublicKey()), privateKey: text64(own.getPrivateKey()) };
}

/** A service takes at most 24 h. */
const lifeS = 12 * 3600;

/** The header that says who sends. @param now ms UTC */
export function vapidHeader(endpoint: URL, subject: string, keys: VapidKeys, now: number): string {
  const point = bytesOf(keys.publicKey);
  const key = createPrivateKey({
    key: {
      ...{ kty: 'EC', crv: 'P-256', d: keys.privateKey },
      ...{ x: text64(point.subarray(1, 33)), y: text64(point.subarray(33)) },
    },
    format: 'jwk',
  });
  const part = (value: object) => text64(Buffer.from(JSON.stringify(value)));
  const claims = { aud: endpoint.origin, exp: Math.floor(now / 1000) + lifeS, sub: subject };
  const signed = `${part({ typ: 'JWT', alg: 'ES256' })}.${part(claims)}`;
  const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
  return `vapid t=${signed}.${text64(signature)}, k=${keys.publicKey}`;
}
