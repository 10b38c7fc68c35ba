/**
 * Messages as bytes: JSON, gzip-compressed above 1 KiB. Apart from the schemas in report.ts, because an agent that only
 * sends must not spend 15 MB on a schema compiler.
 */
import { gunzipSync, gzipSync } from 'node:zlib';
import { fail, reasonOf } from './errors.ts';

/** Bytes as they come over the network. */
export const maxWireBytes = 256 * 1024;
/** Bytes after inflating: a bound for memory, far above any real report. */
export const maxInflatedBytes = 2 * 1024 * 1024;
/**
 * Inflated bytes per byte received. Reports and inventories shrink to a fifth, lists of equal items to a fiftieth; only
 * what is made to grow comes near gzip's own limit of 1,032. Not applied up to `freeBytes`, where it saves nothing.
 */
export const maxRatio = 500;
const freeBytes = 64 * 1024;
/** Levels of lists and objects within each other; an inventory has 7. */
export const maxDepth = 32;
/** Values of one message, names not counted; an inventory of 10,000 programs has 50,000. */
export const maxValues = 200_000;
/** Names of one object. */
export const maxKeys = 256;
/** Up to here weighing costs more than it saves: a few thousand values at most. */
const weighAbove = 8 * 1024;
const gzipAbove = 1024;

/**
 * Up to 16 KiB, the size of nearly every report, a small window: the same bytes to a percent, but 50 KB of memory instead of
 * 270 to prepare, which made three quarters of the time of a cold `gzipSync` (240 µs, now 70).
 */
const smallBytes = 16 * 1024;
const small = { level: 6, windowBits: 13, memLevel: 6 };
const large = { level: 6 };

/** JSON text as wire bytes, gzip-compressed above 1 KiB. */
export function encode(message: unknown): Buffer {
  const plain = Buffer.from(JSON.stringify(message), 'utf8');
  return plain.length > gzipAbove ? gzipSync(plain, plain.length > smallBytes ? large : small) : plain;
}

/** Wire bytes as plain JSON bytes. Inflating is bounded before a byte too many is allocated. */
export function inflate(bytes: Uint8Array): Uint8Array {
  const limit = inflatedAtMost(bytes);
  const plain = inflateUpTo(bytes, limit);
  if (plain) return plain;
  throw fail('BAD_GZIP', { reason: `its ${bytes.length} bytes grow to more than ${limit}`, limit });
}

/**
 * The same for those that have at most `size` bytes then, which is known without inflating the others: what gzip itself says
 * [RFC 1952, ISIZE] is not believed, but whoever lies there pays for `size` bytes only.
 * @param quick a faster way for those that are well; where it gives nothing back, the usual one decides
 * @returns undefined for a larger one
 */
export function inflateSmall(
  bytes: Uint8Array,
  size: number,
  quick?: (bytes: Uint8Array, most: number) => Uint8Array | undefined,
): Uint8Array | undefined {
  const limit = Math.min(size, inflatedAtMost(bytes));
  if (announcedSize(bytes) > limit) return undefined;
  return (isGzip(bytes) ? quick?.(bytes, limit) : undefined) ?? inflateUpTo(bytes, limit);
}

const isGzip = (bytes: Uint8Array) => bytes[0] === 0x1f && bytes[1] === 0x8b;

function announcedSize(bytes: Uint8Array): number {
  if (!isGzip(bytes) || bytes.length < 4) return bytes.length;
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(bytes.length - 4, true);
}

function inflatedAtMost(bytes: Uint8Array): number {
  if (bytes.length > maxWireBytes) throw fail('TOO_LARGE', { size: bytes.length, limit: maxWireBytes });
  return Math.min(maxInflatedBytes, Math.max(freeBytes, bytes.length * maxRatio));
}

/** @returns undefined when it grows beyond the limit */
function inflateUpTo(bytes: Uint8Array, limit: number): Uint8Array | undefined {
  if (!isGzip(bytes)) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: limit });
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return undefined;
    throw fail('BAD_GZIP', { reason: reasonOf(thrown), limit: inflatedAtMost(bytes) }, thrown);
  }
}

/**
 * Refuses JSON that would be expensive to parse and check, in one pass over its bytes that ends at the first excess. Pure
 * counting: whether it is JSON at all is decided by the parser.
 * @throws EvenkeelError BAD_SHAPE
 */
export function weigh(plain: Uint8Array): void {
  if (plain.length <= weighAbove) return;
  const keys = new Uint16Array(maxDepth + 1);
  let depth = 0;
  let values = 1;
  for (let i = 0; i < plain.length; i++) {
    switch (plain[i]) {
      case 0x22:
        i = endOfText(plain, i);
        break;
      case 0x5b:
      case 0x7b:
        if (++depth > maxDepth) throw tooMuch(`has lists and objects within each other ${depth} deep`, maxDepth);
        keys[depth] = 0;
        break;
      case 0x5d:
      case 0x7d:
        // More closed than opened: no JSON.
        if (--depth < 0) return;
        break;
      case 0x2c:
        if (++values > maxValues) throw tooMuch(`has more than ${maxValues} values`, maxValues);
        break;
      case 0x3a:
        keys[depth] = (keys[depth] as number) + 1;
        if ((keys[depth] as number) > maxKeys) throw tooMuch(`has an object with more than ${maxKeys} names`, maxKeys);
    }
  }
}

/** Where the text that begins at `from` ends, escapes skipped. */
function endOfText(plain: Uint8Array, from: number): number {
  let i = from + 1;
  while (i < plain.length && plain[i] !== 0x22) i += plain[i] === 0x5c ? 2 : 1;
  return i;
}

const tooMuch = (what: string, limit: number) =>
  fail('BAD_SHAPE', { where: 'message', problem: `${what}; at most ${limit} are taken` });
