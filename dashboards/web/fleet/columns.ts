/**
 * Which columns the list has beside the name: those of the address, else those of this browser, because a wide screen shows
 * more of them than a narrow one, whoever sits there.
 */
import { remembered } from '../remember.ts';

export const standardColumns = ['state', 'attention', 'cpu', 'memory', 'disk', 'backup', 'updates'] as const;
export type ColumnName = (typeof standardColumns)[number] | 'site' | 'kind' | 'groups' | 'tags' | 'os' | 'version';

/** Names that are none are left out where they are shown. */
export const chosenColumns = (search: string): ColumnName[] =>
  (new URLSearchParams(search).get('columns') ?? remembered('columns') ?? standardColumns.join())
    .split(',')
    .filter(Boolean) as ColumnName[];
