/** Who asked: people whom the desk knows as suggestions, so that mail reaches them; any other name is taken as well. */
import type { DirectoryPerson } from '../../../../shared/directory.ts';
import { useKept, useLoad } from '../../net/load.ts';
import { Input } from '../../parts/field.tsx';
import { t } from '../../words/words.ts';
import { useRested } from '../knowledge/found.tsx';

interface RequesterInputProps {
  value: string;
  onInput: (value: string) => void;
  placeholder?: string;
  help?: string;
  /** Of the ticket; empty: none. Who works at it is suggested before anything is typed. */
  endpoint?: string;
}

const nameOf = ({ name, mail }: DirectoryPerson): string => (mail === null ? name : `${name} <${mail}>`);
const list = 'people-of-directory';
const leastTyped = 2;

export function RequesterInput({ endpoint = '', ...input }: RequesterInputProps) {
  const q = useRested(input.value).trim();
  const isTyped = q.length >= leastTyped;
  const query = new URLSearchParams(isTyped ? { q, limit: '8' } : { endpoint, limit: '8' });
  const asked = isTyped || endpoint !== '' ? `directory?${query}` : null;
  const data = useKept(useLoad<{ items: DirectoryPerson[] }>(asked));
  return (
    <>
      <Input label={t('ticket.requester')} maxLength={128} list={list} autocomplete="off" {...input} />
      <datalist id={list}>
        {data?.items.map((person) => (
          <option key={person.id} value={nameOf(person)}>
            {[person.site, ...person.machines.map(({ name }) => name)].filter(Boolean).join(' · ')}
          </option>
        ))}
      </datalist>
    </>
  );
}
