/** How much the journal holds that the backend does not. */
import type { Parcel } from './commit.ts';

interface Block {
  /** Id of its last frame. */
  through: number;
  bytes: number;
  reports: number;
  samples: number;
}

/** While a backend is away for days, frames are many: beyond this number of blocks small ones are counted together. */
const manyBlocks = 4096;
const smallBytes = 64 * 1024;

export interface WaitingFrames {
  add(frame: Pick<Parcel, 'id' | 'bytes'>, reports: number, samples: number): void;
  /** The backend holds frames up to `through`. */
  drop(through: number): void;
  readonly bytes: number;
  readonly reports: number;
  readonly samples: number;
}

export function createWaiting(): WaitingFrames {
  const blocks: Block[] = [];
  const total = { bytes: 0, reports: 0, samples: 0 };
  const count = ({ bytes, reports, samples }: Omit<Block, 'through'>, sign: 1 | -1) => {
    total.bytes += sign * bytes;
    total.reports += sign * reports;
    total.samples += sign * samples;
  };

  return {
    add(frame, reports, samples) {
      const block = { through: frame.id, bytes: frame.bytes.length, reports, samples };
      count(block, 1);
      const newest = blocks.at(-1);
      if (!newest || blocks.length < manyBlocks || newest.bytes > smallBytes) {
        blocks.push(block);
        return;
      }
      newest.through = block.through;
      newest.bytes += block.bytes;
      newest.reports += reports;
      newest.samples += samples;
    },
    drop(through) {
      const kept = blocks.findIndex((block) => block.through > through);
      const gone = blocks.splice(0, kept < 0 ? blocks.length : kept);
      for (const block of gone) count(block, -1);
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
