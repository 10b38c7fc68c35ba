/** Signatures of messages, as vendors make them. Pure. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { HookMessage } from './desk.ts';

/** `sha256=<hex>` over the body as it came. */
export function isSignedBy({ headers, body }: HookMessage, header: string, algorithm: string, key: string): boolean {
  const given = headers[header];
  const wanted = `${algorithm}=${createHmac(algorithm, key).update(body).digest('hex')}`;
  return typeof given === 'string' && areEqual(given, wanted);
}

/** In the same time wherever they differ. */
export function areEqual(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}
