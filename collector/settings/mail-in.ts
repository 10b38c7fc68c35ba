/** `mail_in:` of the settings, with its password out of a file. */
import { type Fault, faultsOf } from '../../shared/shape.ts';
import { faultsOfMailIn, type MailInPlace, MailInSettings, mailInPlace } from '../mail/settings.ts';
import { type Read, readNamed } from './named-file.ts';

export function readMailIn(section: unknown, read: Read, faults: Fault[]): MailInPlace | null {
  // What does not fit its shape has been noted.
  if (section === undefined || faultsOf(MailInSettings, section).length > 0) return null;
  const given = section as Parameters<typeof faultsOfMailIn>[0];
  const found = faultsOfMailIn(given).map(({ path, problem }) => ({ path: ['mail_in', ...path], problem }));
  faults.push(...found);
  const inFile = readNamed(given.password_file, ['mail_in', 'password_file'], read, faults)?.trim();
  const password = given.password ?? inFile;
  return found.length > 0 || password === undefined ? null : mailInPlace(given, password);
}
