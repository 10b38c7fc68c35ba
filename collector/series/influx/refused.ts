/**
 * Points that InfluxDB refuses for good. They are written to a file, with the reason, so that people can look at them
 * and write them again; the log has their number, not each of them.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IPoint } from 'influx';
import { reasonOf } from '../../../shared/errors.ts';
import type { Log } from '../../../shared/log.ts';

/** Maximum size on disk; points beyond it are only counted. */
const maxFileBytes = 16 * 1024 * 1024;
const logEveryMs = 60_000;

export interface RefusedPoints {
  add(points: readonly IPoint[], reason: string): void;
  /** Samples that are not written anywhere. */
  leaveOut(samples: number, reason: string): void;
  /** Writes the added points into the file, and logs them once per minute, or at once when it is the last time. */
  save(isLast?: boolean): void;
  /** Takes the points of an endpoint out of the file. @throws where it cannot be written */
  erase(endpoint: string): void;
  /** Samples, since the start. */
  readonly count: number;
}

const samplesOf = (points: readonly IPoint[]) =>
  points.reduce((sum, { fields = {} }) => sum + Object.keys(fields).length, 0);

export function createRefused({
  folder,
  log,
  monotonic,
}: {
  folder: string;
  log: Log;
  monotonic(): number;
}): RefusedPoints {
  const file = join(folder, 'quarantine', 'influx.ndjson');
  const reasons = new Map<string, number>();
  let lines: string[] = [];
  let count = 0;
  let loggedAt = Number.NEGATIVE_INFINITY;
  let fault: string | null = null;

  const note = (samples: number, reason: string) => {
    count += samples;
    reasons.set(reason, (reasons.get(reason) ?? 0) + samples);
  };
  const write = () => {
    const text = lines.join('');
    lines = [];
    try {
      mkdirSync(join(folder, 'quarantine'), { recursive: true, mode: 0o700 });
      const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
      fault = size + text.length > maxFileBytes ? `it would be larger than ${maxFileBytes} bytes` : null;
      if (fault === null) appendFileSync(file, text, { mode: 0o600 });
    } catch (thrown) {
      fault = reasonOf(thrown);
    }
  };
  const logReasons = () => {
    loggedAt = monotonic();
    const some = Object.fromEntries([...reasons].slice(0, 10));
    reasons.clear();
    const where = fault === null ? { file } : { file, notInFile: fault };
    log.warn({ samples: some, ...where }, 'InfluxDB refused some samples; they were put aside');
  };

  return {
    add(points, reason) {
      note(samplesOf(points), reason);
      for (const { measurement, tags, fields, timestamp } of points)
        lines.push(`${JSON.stringify({ reason, measurement, tags, fields, time: timestamp })}\n`);
    },
    leaveOut: (samples, reason) => note(samples, reason),
    save(isLast = false) {
      if (lines.length > 0) write();
      if (reasons.size > 0 && (isLast || monotonic() - loggedAt >= logEveryMs)) logReasons();
    },
    erase(endpoint) {
      const isOther = (line: string) => !line.includes(`"endpoint":${JSON.stringify(endpoint)}`);
      lines = lines.filter(isOther);
      if (!existsSync(file)) return;
      const kept = readFileSync(file, 'utf8').split('\n').filter(isOther).join('\n');
      writeFileSync(`${file}.half`, kept, { mode: 0o600, flush: true });
      renameSync(`${file}.half`, file);
    },
    get count() {
      return count;
    },
  };
}
