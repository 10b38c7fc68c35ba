/** Columns of the tables of people whom the desk knows: collector/directory. */
import type { Ms } from './columns.ts';

export interface DirectoryTables {
  directory_people: {
    id: string;
    /** Where it is kept: what a directory server says is not changed here. */
    source: 'csv' | 'ldap';
    /** Its number or id there. */
    ref: string | null;
    name: string;
    name_key: string;
    mail: string | null;
    /** In small letters: one person per address. */
    mail_key: string | null;
    phone: string | null;
    /** What they do there, in their own words. */
    job: string | null;
    /** Id of the site. */
    site: string | null;
    /** Mail address of who they report to, in small letters. */
    manager: string | null;
    /** Name of the user that is this person. */
    login: string | null;
    /** They have left; the row stays until somebody removes it. */
    left_at: Ms | null;
    changed_at: Ms;
    changed_by: string;
  };
  directory_machines: {
    person: string;
    endpoint: string;
  };
}
