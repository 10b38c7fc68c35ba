/**
 * Inflates with one context that is kept. `gunzipSync` makes a stream and a context for each call, which costs more than a
 * small message itself: 6.5 µs instead of 3, and twice as much again for the garbage collector.
 *
 * Node 26 lets the context of a stream be used at once (`_handle`, `_writeState`, not in its documentation). Only what inflates
 * without any doubt is taken from it: for all else, and where these parts are not as expected, nothing is given back, and
 * `gunzipSync` says what is wrong.
 */
import { constants, createGunzip } from 'node:zlib';

interface GunzipContext {
  reset(): void;
  writeSync(
    ...words: [
      flush: number,
      from: Uint8Array,
      fromAt: number,
      length: number,
      to: Uint8Array,
      toAt: number,
      room: number,
    ]
  ): void;
  onerror: () => void;
}

/** @returns the inflated bytes, valid until the next call; undefined where another must decide. Never more than `most` are made */
export type QuickInflate = (bytes: Uint8Array, most: number) => Uint8Array | undefined;

/** @param room for what comes out, bytes: more than this is left to others */
export function createKeptInflater(room: number): QuickInflate {
  const stream = createGunzip() as unknown as { _handle?: Partial<GunzipContext>; _writeState?: unknown };
  const { _handle: context, _writeState: left } = stream;
  if (!isContext(context) || !(left instanceof Uint32Array)) return () => undefined;
  const to = Buffer.allocUnsafeSlow(room);
  let failed = false;
  context.onerror = () => {
    failed = true;
  };
  return (bytes, most) => {
    const size = Math.min(room, most);
    failed = false;
    context.reset();
    context.writeSync(constants.Z_FINISH, bytes, 0, bytes.length, to, 0, size);
    const [roomLeft, bytesLeft] = left;
    // Full: perhaps there is more.
    if (failed || bytesLeft !== 0 || roomLeft === 0 || roomLeft === undefined) return undefined;
    return to.subarray(0, size - roomLeft);
  };
}

const isContext = (context: Partial<GunzipContext> | undefined): context is GunzipContext =>
  typeof context?.reset === 'function' && typeof context.writeSync === 'function';
