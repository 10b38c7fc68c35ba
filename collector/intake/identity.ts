/** What tells one message from another without reading it whole. */
import { constants, crc32, gunzipSync } from 'node:zlib';

export interface MessageIdentity {
  epoch: string;
  seq: number;
}

/**
 * Of the inflated bytes, so independent of compression and of what was corrected in the report; of a payload that cannot be
 * inflated those that came, which are all that there is to compare. Never 0, which stands for none.
 */
export const digestOf = (plain: Uint8Array) => crc32(plain) || 1;

const headBytes = 4096;

/**
 * Epoch and sequence number of an invalid message, where they can be read: its number then counts as received, and the
 * agent does not resend it for ever.
 */
export function identityIn(plain: Uint8Array): MessageIdentity | undefined {
  const text = Buffer.from(plain.subarray(0, headBytes)).toString('latin1');
  const epoch = /"epoch"\s*:\s*"([0-9a-f]{32})"/.exec(text)?.[1];
  const seq = Number(/"seq"\s*:\s*([1-9]\d{0,15})\b/.exec(text)?.[1]);
  return epoch !== undefined && Number.isSafeInteger(seq) ? { epoch, seq } : undefined;
}

/** The same of one that could not be read as a whole: its beginning is inflated. */
export function identityAtHead(payload: Uint8Array): MessageIdentity | undefined {
  try {
    // 2 MB at most, whatever it claims to be.
    const start = payload.subarray(0, 2048);
    return identityIn(gunzipSync(start, { finishFlush: constants.Z_SYNC_FLUSH }));
  } catch {
    return identityIn(payload);
  }
}
