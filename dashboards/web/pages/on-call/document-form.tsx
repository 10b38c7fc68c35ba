/** What the forms of schedules and policies have in common: their name, saving, removing, one more row. */

import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { useBase, useSend } from '../../net/load.ts';
import { call } from '../../net/request.ts';
import { may } from '../../net/session.ts';
import { Box } from '../../parts/box.tsx';
import { Input } from '../../parts/field.tsx';
import { Form } from '../../parts/form.tsx';
import { type FaultAt, faultsOf } from '../../words/fault.ts';
import { t } from '../../words/words.ts';

/** Rows of a form that are changed, removed and added. */
export function useRows<Row extends object>(first: () => Row[]) {
  const [list, setList] = useState(first);
  return {
    list,
    setList,
    set: (n: number, part: Partial<Row>) =>
      setList((old) => old.map((row, i) => (i === n ? { ...row, ...part } : row))),
    remove: (n: number) => setList((old) => old.filter((_, i) => i !== n)),
    add: (row: Row) => setList((old) => [...old, row]),
  };
}

interface DocumentFormProps {
  folder: 'schedules' | 'policies';
  /** Names that a new one cannot have: it would take the place of what has it. */
  taken: readonly string[];
  /** Undefined: a new one, whose name is typed. */
  name: string | undefined;
  bodyOf: () => object;
  addWord: string;
  onAdd: () => void;
  onDone: () => void;
  /** Beside the buttons. */
  aside?: ComponentChildren;
  children: (faultAt: FaultAt) => ComponentChildren;
}

export function DocumentForm({
  folder,
  name,
  taken,
  bodyOf,
  addWord,
  onAdd,
  onDone,
  aside,
  children,
}: DocumentFormProps) {
  const [typed, setTyped] = useState(name ?? '');
  const { busy, problem, send } = useSend();
  const base = useBase(folder === 'policies' ? 'on-call/policies' : 'on-call');
  const isTaken = name === undefined && taken.includes(typed.trim());
  const put = async (method: 'PUT' | 'DELETE') => {
    if (isTaken) return;
    const body = method === 'PUT' ? { body: { ...bodyOf(), isNew: name === undefined } } : {};
    const address = `on-call/${folder}/${encodeURIComponent(typed.trim())}`;
    if (await send(() => call(address, { method, ...body, base }))) onDone();
  };
  return (
    <Form
      problem={problem}
      onSubmit={() => void put('PUT')}
      busy={busy}
      word={t('common.save')}
      onCancel={onDone}
      end={
        <>
          <button type="button" class="button" onClick={onAdd}>
            {addWord}
          </button>
          {aside}
          {name !== undefined && (
            <button type="button" class="button" disabled={busy} onClick={() => void put('DELETE')}>
              {t('onCall.removeNamed', { name })}
            </button>
          )}
        </>
      }
    >
      {name === undefined && (
        <div class="form-row">
          <Input
            label={t('onCall.name')}
            value={typed}
            onInput={setTyped}
            error={isTaken ? t('onCall.taken', { name: typed.trim() }) : undefined}
            required
            maxLength={64}
            autocomplete="off"
          />
        </div>
      )}
      {children(faultsOf(problem))}
    </Form>
  );
}

interface DocumentBoxProps {
  title: string;
  owner: 'file' | 'people' | 'default';
  isEditing: boolean;
  onEdit: () => void;
  children: ComponentChildren;
}

/** One of them, with its button to change it where that is done on the page. */
export const DocumentBox = ({ title, owner, isEditing, onEdit, children }: DocumentBoxProps) => (
  <Box
    title={title}
    aside={
      may('admin') &&
      owner !== 'file' &&
      !isEditing && (
        <button type="button" class="button slim" onClick={onEdit}>
          {t('onCall.change')}
          <span class="unseen"> {title}</span>
        </button>
      )
    }
  >
    {owner === 'file' && <p class="quiet">{t('onCall.inFile')}</p>}
    {children}
  </Box>
);
