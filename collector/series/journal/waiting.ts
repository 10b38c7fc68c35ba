/** How much the journal holds that the backend does not. */
import type { SealedBlock } from './commit.ts';

interface WaitingRange {
  /** Id of its last block. */
  through: number;
  bytes: number;
  reports: number;
  samples: number;
}

/** While a backend is away for days, blocks are many: beyond this number of ranges small ones are counted together. */
const manyRanges = 4096;
const smallBytes = 64 * 1024;

export interface WaitingBlocks {
  add(block: Pick<SealedBlock, 'id' | 'bytes'>, reports: number, samples: number): void;
  /** The backend holds blocks up to `through`. */
  drop(through: number): void;
  readonly bytes: number;
  readonly reports: number;
  readonly samples: number;
}

export function createWaiting(): WaitingBlocks {
  const ranges: WaitingRange[] = [];
  const total = { bytes: 0, reports: 0, samples: 0 };
  const count = ({ bytes, reports, samples }: Omit<WaitingRange, 'through'>, sign: 1 | -1) => {
    total.bytes += sign * bytes;
    total.reports += sign * reports;
    total.samples += sign * samples;
  };

  return {
    add(block, reports, samples) {
      const range = { through: block.id, bytes: block.bytes.length, reports, samples };
      count(range, 1);
      const newest = ranges.at(-1);
      if (!newest || ranges.length < manyRanges || newest.bytes > smallBytes) {
        ranges.push(range);
        return;
      }
      newest.through = range.through;
      newest.bytes += range.bytes;
      newest.reports += reports;
      newest.samples += samples;
    },
    drop(through) {
      const kept = ranges.findIndex((range) => range.through > through);
      const gone = ranges.splice(0, kept < 0 ? ranges.length : kept);
      for (const range of gone) count(range, -1);
    },
    get bytes() {
      return total.bytes;
    },
    get reports() {
      return total.reports;
    },
    get samples() {
      return total.samples;
    },
  };
}
