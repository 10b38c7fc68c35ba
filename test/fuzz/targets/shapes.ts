/** Reports read beside the last ones, and gzip read by the kept inflater: exactly what the plain way gives, or nothing. */
import { isDeepStrictEqual } from 'node:util';
import { gzipSync } from 'node:zlib';
import { createKeptInflater } from '../../../collector/intake/kept-inflater.ts';
import { createReportShapes } from '../../../collector/intake/report-shapes.ts';
import { decodePlain, inflateSmall, Report } from '../../../shared/report.ts';
import { metricsAt } from '../../simulate/fast.ts';
import { makeMachine } from '../../simulate/machine.ts';
import { epochOf } from '../../support/station.ts';
import type { Target } from '../target.ts';

const endpoint = 'efuzzedfuzzedfuz';
const mostBytes = 64 * 1024;
/** What numbers are made of. */
const alphabet = '0123456789012345678900..--+eE';

function reportOf(n: number): Buffer {
  const at = 1.8e12 + n * 10_000;
  const metrics = metricsAt(makeMachine(7, n % 3), at);
  return Buffer.from(JSON.stringify({ v: 1, epoch: epochOf(1), seq: n + 1, at, interval_s: 10, metrics }));
}

const decoded = (plain: Uint8Array): Report | undefined => {
  try {
    return decodePlain<Report>(Report, plain);
  } catch {
    return undefined;
  }
};
const inflated = (bytes: Uint8Array, quick?: ReturnType<typeof createKeptInflater>) => {
  try {
    return inflateSmall(bytes, mostBytes, quick);
  } catch (thrown) {
    return String(thrown);
  }
};

/** The sample with one number written as the input says. */
function withNumber(sample: Buffer, input: Buffer): Buffer {
  const text = sample.toString('utf8');
  const numbers = [...text.matchAll(/(?<=:)-?[0-9][0-9.eE+-]*/g)];
  const { index, 0: old } = numbers[(input[0] ?? 0) % numbers.length] as RegExpExecArray;
  const other = Array.from(input.subarray(1, 1 + ((input[1] ?? 0) % 24)), (byte) => alphabet[byte % alphabet.length]);
  return Buffer.from(text.slice(0, index) + other.join('') + text.slice(index + old.length));
}

export function openShapes(): Target {
  const samples = Array.from({ length: 6 }, (_, n) => reportOf(n));
  const quick = createKeptInflater(mostBytes);
  let shapes = createReportShapes();
  let count = 0;

  function compare(plain: Buffer): void {
    const expected = decoded(plain);
    const found = shapes.read(endpoint, plain)?.report;
    if (found && !isDeepStrictEqual(found, expected)) throw new Error('a report was read in another way than usually');
    if (!found && expected && !expected.lost) shapes.learn(endpoint, plain, expected);
  }

  return {
    samples: [...samples, ...samples.map((sample) => gzipSync(sample))],
    ...{ longest: mostBytes, cpuMs: 500 },
    take(input) {
      // Now and then anew: what was learned from one input must not save the next ones.
      if (++count % 500 === 0) shapes = createReportShapes();
      const sample = samples[count % samples.length] as Buffer;
      for (const plain of [sample, input, withNumber(sample, input)]) compare(plain);
      const zipped = count % 2 === 0 ? gzipSync(input) : input;
      if (!isDeepStrictEqual(copied(inflated(zipped, quick)), copied(inflated(zipped))))
        throw new Error('gzip was inflated in another way than usually');
    },
    close: () => undefined,
  };
}

const copied = (bytes: Uint8Array | string | undefined) => (bytes instanceof Uint8Array ? Buffer.from(bytes) : bytes);
