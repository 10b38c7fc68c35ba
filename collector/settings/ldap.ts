/** `ldap:` of the settings, with its password and its authority out of files. */
import { reasonOf } from '../../shared/errors.ts';
import { ReasonedError } from '../../shared/reason.ts';
import { type Fault, faultsOf } from '../../shared/shape.ts';
import { formatReasons } from '../../shared/words/reasons.ts';
import { faultsOfLdap, type LdapPlace, LdapSettings, ldapPlace, usualRefresh } from '../directory/ldap-settings.ts';
import { readCron } from '../maintenance/cron.ts';
import { type Read, readNamed } from './named-file.ts';

export function readLdap(section: unknown, read: Read, faults: Fault[]): LdapPlace | null {
  // What does not fit its shape has been noted.
  if (section === undefined || faultsOf(LdapSettings, section).length > 0) return null;
  const given = section as Parameters<typeof faultsOfLdap>[0];
  const found = faultsOfLdap(given);
  try {
    readCron(given.refresh ?? usualRefresh);
  } catch (thrown) {
    const why = thrown instanceof ReasonedError ? formatReasons('en', [...thrown.reasons]) : reasonOf(thrown);
    found.push({ path: ['refresh'], problem: `is no time to read it: ${why}` });
  }
  faults.push(...found.map(({ path, problem }) => ({ path: ['ldap', ...path], problem })));
  // As it is written but for the end of its line: a password may begin or end with a blank.
  const password = readNamed(given.password_file, ['ldap', 'password_file'], read, faults)?.replace(/\r?\n$/, '');
  const ca = readNamed(given.ca, ['ldap', 'ca'], read, faults);
  const isWhole = (given.bind === undefined || password !== undefined) && (given.ca === undefined || ca !== undefined);
  return found.length > 0 || !isWhole ? null : ldapPlace(given, password ?? null, ca ?? null);
}
