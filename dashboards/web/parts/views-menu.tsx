/** Saved views of a page: to go to one, to save what is shown, to rename, share and remove, and to choose the one that the page opens with. */

import { useState } from 'preact/hooks';
import type { SavedView, ViewPage, Views } from '../../../shared/view.ts';
import { useLoad, useSend } from '../net/load.ts';
import { call } from '../net/request.ts';
import { askMe, mayForAll, me } from '../net/session.ts';
import { path, search, withQuery } from '../router.ts';
import { t } from '../words/words.ts';
import { ProblemCallout, Ready } from './box.tsx';
import { Delete } from './delete.tsx';
import { Input, Select } from './field.tsx';
import { Form } from './form.tsx';

interface MenuProps {
  page: ViewPage;
  beside: Readonly<Record<string, string>>;
  onClose: () => void;
}

interface ViewFormProps {
  page: ViewPage;
  /** Left out: a new one, of what is shown. */
  view?: SavedView;
  shown: string;
  onDone: () => void;
  onCancel: () => void;
}

function ViewForm({ page, view, shown, onDone, onCancel }: ViewFormProps) {
  const [name, setName] = useState(view?.name ?? '');
  const [shared, setShared] = useState(view?.shared ?? false);
  const [isNew, setNew] = useState(view === undefined);
  const { busy, problem, send } = useSend();
  const submit = async () => {
    const body = { name, shared, ...(isNew ? { query: shown } : {}) };
    const save = () =>
      view
        ? call(`views/${view.id}`, { method: 'PATCH', body })
        : call('views', { method: 'POST', body: { page, ...body } });
    if (await send(save)) onDone();
  };
  const mayShare = mayForAll('operator') || view?.shared;
  return (
    <Form problem={problem} onSubmit={submit} busy={busy} word={t('common.save')} onCancel={onCancel}>
      <Input
        label={t('views.name')}
        value={name}
        onInput={setName}
        required
        maxLength={128}
        autocomplete="off"
        help={view ? undefined : t('views.nameHelp')}
      />
      {mayShare && (
        <label class="check">
          <input type="checkbox" checked={shared} onChange={(event) => setShared(event.currentTarget.checked)} />{' '}
          {t('views.share')}
        </label>
      )}
      {view && (
        <label class="check">
          <input type="checkbox" checked={isNew} onChange={(event) => setNew(event.currentTarget.checked)} />{' '}
          {t('views.replace')}
        </label>
      )}
    </Form>
  );
}

interface ListProps extends MenuProps {
  views: Views;
  shown: string;
  onChanged: () => void;
}

function List({ views: { items, start }, page, shown, onChanged, onClose }: ListProps) {
  const [open, setOpen] = useState<string | null>(null);
  const { problem, send } = useSend();
  const done = () => {
    setOpen(null);
    onChanged();
    void askMe();
  };
  const choose = async (id: string) => {
    const body = { page, view: id === '' ? null : id };
    if (await send(() => call('views/start-view', { method: 'PUT', body }))) done();
  };
  return (
    <>
      {items.length === 0 && <p class="quiet">{t('views.none')}</p>}
      <ul class="views">
        {items.map((view) => (
          <li key={view.id} class="stack-2">
            <div class="spread">
              <a
                href={`${path.value}?${view.query}`}
                aria-current={view.query === shown ? 'true' : undefined}
                onClick={onClose}
              >
                {view.name}
              </a>
              <span class="row">
                {view.shared && (
                  <span class="quiet small">
                    {view.owner === me.value?.user ? t('views.shared') : t('views.sharedBy', { name: view.owner })}
                  </span>
                )}
                {view.mayEdit && (
                  <button
                    type="button"
                    class="button slim"
                    aria-expanded={open === view.id}
                    onClick={() => setOpen(open === view.id ? null : view.id)}
                  >
                    {t('views.edit')}
                    <span class="unseen"> {view.name}</span>
                  </button>
                )}
              </span>
            </div>
            {open === view.id && (
              <>
                <ViewForm {...{ page, view, shown }} onDone={done} onCancel={() => setOpen(null)} />
                <Delete
                  name={view.name}
                  warning={t(view.shared ? 'views.removeShared' : 'views.removeOwn')}
                  address={`views/${view.id}`}
                  onDone={done}
                  slim
                />
              </>
            )}
          </li>
        ))}
      </ul>
      {items.length > 0 && (
        <Select
          label={t('views.start')}
          value={start ?? ''}
          onChange={(id) => void choose(id)}
          options={[['', t('views.startAll')], ...items.map(({ id, name }) => [id, name] as const)]}
        />
      )}
      {problem && <ProblemCallout problem={problem} />}
      {open === '' ? (
        <ViewForm {...{ page, shown }} onDone={done} onCancel={() => setOpen(null)} />
      ) : (
        <div>
          <button type="button" class="button" onClick={() => setOpen('')}>
            {t('views.save')}
          </button>
        </div>
      )}
    </>
  );
}

export function ViewsMenu(props: MenuProps) {
  const views = useLoad<Views>(`views?page=${props.page}`);
  const shown = withQuery(search.value, props.beside).slice(1);
  return (
    <Ready of={views} lines={2}>
      {(found) => <List views={found} shown={shown} onChanged={views.reload} {...props} />}
    </Ready>
  );
}
