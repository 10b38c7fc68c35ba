/** `series copy --from embedded --to influx`: the time series of a collector that is stopped, into the backend of its settings. */
import { existsSync } from 'node:fs';
import { systemClock } from '../../shared/clock.ts';
import { fail } from '../../shared/errors.ts';
import { escaped } from '../../shared/safe-text.ts';
import { openDataFolder, pathsOf } from '../data/folder.ts';
import { createLog } from '../log.ts';
import type { FilledSeries } from '../series/kind.ts';
import { openAsIs } from '../state/open.ts';
import { type Command, commonOptions, settingsFrom } from './command.ts';
import { progressLine, untilInterrupted } from './long-work.ts';

function report(name: string, { copied, before, refused, missing, compared, differ }: FilledSeries): number {
  const isWhole = missing.length === 0 && differ.length === 0;
  const lines = [
    `${copied} rows were copied to ${name}${before > 0 ? `, ${before} by an earlier run` : ''}.`,
    ...(refused > 0 ? [`${refused} values are refused there, because they are too old or of another type.`] : []),
    ...missing.map(
      (one) =>
        `Missing: of ${one.resolution} from ${new Date(one.from).toISOString()} it holds ${one.held} of ${one.copied}.`,
    ),
    `${compared} questions were asked of both; ${compared - differ.length} answers are the same.`,
    ...differ.slice(0, 10).map((one) => `Another answer: ${one}`),
    isWhole
      ? 'Start the collector. The files of the embedded series stay in the data folder; remove series/segments when you trust the copy.'
      : 'Run it again: what is not the same is copied again. Nothing of the embedded series was changed.',
  ];
  process.stdout.write(`${lines.map(escaped).join('\n')}\n`);
  return isWhole ? 0 : 1;
}

export const command: Command = {
  options: { ...commonOptions, from: { type: 'string' }, to: { type: 'string' } },
  async run(values) {
    const { config } = settingsFrom(values);
    const { series: place, retention, state: where } = config;
    if (values.from !== 'embedded' || values.to !== 'influx')
      throw fail('BAD_FLAG', { problem: 'other than --from embedded --to influx, the one way there is' });
    if (!place.fill)
      throw fail('BAD_FLAG', {
        problem: `--to influx, and the settings have the series in ${place.name}: set series.kind to influx first`,
      });
    if (!where && !existsSync(pathsOf(config.data).state)) throw fail('NO_DATA', { path: config.data });
    const folder = openDataFolder(config.data);
    const line = progressLine();
    const { signal, over, orderly } = untilInterrupted();
    try {
      const state = await openAsIs(where ?? { driver: 'sqlite', file: folder.state, isReadOnly: true });
      const rows = await state.selectFrom('endpoints').select(['id', 'name', 'site']).execute();
      await state.destroy();
      const tags = new Map(
        rows.map(({ id, name, site }) => [id, site === null ? { host: name } : { host: name, site }]),
      );
      const filled = await orderly(
        place.fill(
          {
            ...{ folder: folder.series, clock: systemClock, log: createLog(config.log, config.logFormat) },
            retention: { raw: retention.rawMs, '5m': retention.fiveMinutesMs, '1h': retention.oneHourMs },
          },
          (id) => tags.get(id) ?? { host: id },
          (done, total) => line.say('Copying', done, total),
          signal,
        ),
      );
      line.end();
      return report(place.name, filled);
    } finally {
      line.end();
      over();
      folder.release();
    }
  },
};
