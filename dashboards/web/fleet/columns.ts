/**
 * Which columns the list has beside the name: those of the address, else those of this browser, because a wide screen shows
 * more of them than a narrow one, whoever sits there.
 */
import { remembered } from '../remember.ts';

export const standardColumns = ['site', 'attention', 'cpu', 'memory', 'disk', 'backup', 'updates', 'version'] as const;
export type ColumnName = (typeof standardColumns)[number] | 'state' | 'seen' | 'kind' | 'groups' | 'tags' | 'os';

/** Names that are none are left out where they are shown. */
export const chosenColumns = (search: string): ColumnName[] =>
  (new URLSearchParams(search).get('columns') ?? remembered('columns') ?? standardColumns.join())
    .split(',')
    .filter(Boolean) as ColumnName[];
