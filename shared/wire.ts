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
  if (bytes.length > maxWireBytes) throw fail('TOO_LARGE', { size: bytes.length, limit: maxWireBytes });
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: maxInflatedBytes });
  } catch (thrown) {
    throw fail('BAD_GZIP', { reason: reasonOf(thrown), limit: maxInflatedBytes }, thrown);
  }
}
