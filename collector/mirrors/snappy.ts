/**
 * The block format of snappy, which remote write asks for, written as literals alone: every reader takes it, and nothing is saved.
 * Finding repetitions would make requests shorter, and cost time of the loop that serves the agents.
 * https://github.com/google/snappy/blob/main/format_description.txt
 */

/** A literal of this length has its length in two bytes. */
const literalBytes = 65_536;
const twoByteLength = 61 << 2;

export function snappyLiterals(bytes: Buffer): Buffer {
  const parts: Buffer[] = [varint(bytes.length)];
  for (let start = 0; start < bytes.length; start += literalBytes) {
    const literal = bytes.subarray(start, start + literalBytes);
    const last = literal.length - 1;
    parts.push(Buffer.from([twoByteLength, last & 255, last >> 8]), literal);
  }
  return Buffer.concat(parts);
}

/** Seven bits per byte, the lowest first; not above 2^53. */
export function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return Buffer.from(bytes);
}
