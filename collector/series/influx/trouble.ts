/** What is wrong and what to do about it. */
import { reasonOf } from '../../../shared/errors.ts';
import { sentence } from '../../../shared/sentence.ts';
import type { SeriesRetention } from '../span.ts';
import { InfluxError, type InfluxSettings } from './client.ts';
import { bucketsFor, databasesOf, quoted } from './prepare.ts';

function deniedTo({ database, username, token }: InfluxSettings, reason: string): string {
  const databases = databasesOf(database).map((one) => quoted(one));
  if (token !== undefined)
    return `refuses the token of series.token_file: ${sentence(reason)} It must be one that may read and write ${databases.join(', ')}`;
  if (username === undefined)
    return `asks for a user, and none is set: ${sentence(reason)} Set series.username and series.password_file, or series.token_file`;
  const grants = databases.map((one) => `grant all on ${one} to ${quoted(username)}`).join('; ');
  return `refuses user "${username}" on database "${database}": ${sentence(reason)} Check username and password_file; if they are right, as an administrator run: ${grants}`;
}

/** The text does not change while the cause is the same. */
export function createTroubleOf(
  settings: InfluxSettings,
  retention: SeriesRetention,
  isMadeByPeople: () => boolean,
): (thrown: unknown) => string {
  const { url, database } = settings;
  return (thrown) => {
    const reason = reasonOf(thrown)
      .trim()
      .replace(/[.:]+$/, '');
    const made = isMadeByPeople()
      ? `Make these databases there (in InfluxDB 2 buckets with a mapping of the same name): ${bucketsFor(database, retention)}`
      : 'It is made again where the user may';
    const what = {
      denied: deniedTo(settings, reason),
      missing: `has no database "${database}" or lost its retention policies: ${sentence(reason)} ${made}`,
      lines: `refuses what it is asked: ${reason}`,
      unknown: `does not do what it is asked: ${reason}`,
      large: `or what is before it takes no request of this size: ${sentence(reason)} Allow requests of 1 MB`,
      away: `cannot be used: ${sentence(reason)} Check that it runs, and that series.url is its address`,
      failing: `cannot be used: ${sentence(reason)} If its disk is full, make room and start it again: 1.x takes nothing before that`,
    }[thrown instanceof InfluxError ? thrown.kind : 'away'];
    return `InfluxDB at ${url} ${sentence(what)} Reports are acknowledged and wait in the journal; charts are missing until then.`;
  };
}
