/** Records of utmp and wtmp, as glibc writes them: 384 bytes on most machines, 400 where time is 64 bits wide. */
export interface LoginRecord {
  type: number;
  pid: number;
  line: string;
  user: string;
  host: string;
  /** ms since 1970 */
  at: number;
}

export const recordType = { runLevel: 1, boot: 2, user: 7 } as const;
const layouts = [
  { size: 384, seconds: (bytes: DataView, at: number) => bytes.getInt32(at + 340, true) },
  { size: 400, seconds: (bytes: DataView, at: number) => Number(bytes.getBigInt64(at + 344, true)) },
];

/** Whole records, oldest first. Empty when the bytes are not such a file. */
export function parseUtmp(bytes: Uint8Array): LoginRecord[] {
  for (const layout of layouts) {
    if (bytes.length === 0 || bytes.length % layout.size !== 0) continue;
    const records = recordsOf(bytes, layout);
    if (records.every(({ type, at }) => type >= 0 && type <= 9 && at >= 0 && at < 8.64e15)) return records;
  }
  return [];
}

function recordsOf(bytes: Uint8Array, layout: (typeof layouts)[number]): LoginRecord[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const text = (from: number, length: number) =>
    new TextDecoder('utf-8').decode(bytes.subarray(from, from + length)).replace(/\0[\s\S]*$/, '');
  const records: LoginRecord[] = [];
  for (let at = 0; at + layout.size <= bytes.length; at += layout.size)
    records.push({
      type: view.getInt16(at, true),
      pid: view.getInt32(at + 4, true),
      line: text(at + 8, 32),
      user: text(at + 44, 32),
      host: text(at + 76, 256),
      at: layout.seconds(view, at) * 1000,
    });
  return records;
}

/**
 * Whether the run of the machine before this one ended in an orderly way: a shutdown record stands between the last two
 * boots. Null when the file does not reach back so far.
 * @param boot when this run began, where known: a file that is no longer written describes old boots
 */
export function endedCleanly(records: readonly LoginRecord[], boot?: { at: number; slackMs: number }): boolean | null {
  const boots = records.flatMap((record, index) => (record.type === recordType.boot ? [index] : []));
  const last = boots.at(-1);
  const before = boots.at(-2);
  if (last === undefined || before === undefined) return null;
  if (boot && Math.abs((records[last] as LoginRecord).at - boot.at) > boot.slackMs) return null;
  return records
    .slice(before, last)
    .some((record) => record.type === recordType.runLevel && record.user === 'shutdown');
}
