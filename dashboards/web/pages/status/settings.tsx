/** Status pages in the settings: admins name and switch them, operators say what is wrong. */

import { useState } from 'preact/hooks';
import type { GroupRow, SiteRow, StatusPageRow } from '../../../../shared/api.ts';
import { useBase, useLoad, useSend } from '../../net/load.ts';
import { call, type Page } from '../../net/request.ts';
import { may } from '../../net/session.ts';
import { Box, Ready } from '../../parts/box.tsx';
import { Delete } from '../../parts/delete.tsx';
import { Field, Input, Select } from '../../parts/field.tsx';
import { Form } from '../../parts/form.tsx';
import { Moment } from '../../parts/moment.tsx';
import { actorName, t } from '../../words/words.ts';

interface StatusFormProps {
  onDone: () => void;
  onCancel: () => void;
}

function Words({ label, value, onInput }: { label: string; value: string; onInput: (text: string) => void }) {
  return (
    <Field label={label} help={t('status.settings.wordsHelp')}>
      {(ids) => (
        <textarea
          class="input"
          rows={3}
          maxLength={2000}
          required
          value={value}
          onInput={(event) => onInput(event.currentTarget.value)}
          {...ids}
        />
      )}
    </Field>
  );
}

/** `site:ID`, `group:ID`, `service:ID` or `target:ID`. */
function PlaceSelect({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const sites = useLoad<Page<SiteRow>>('sites');
  const groups = useLoad<Page<GroupRow>>('groups');
  const services = useLoad<Page<{ id: string; name: string }>>('services');
  const targets = useLoad<Page<{ id: string; name: string }>>('targets');
  const options = [
    ['', '—'] as const,
    ...(sites.data?.items ?? []).map(({ id, name }) => [`site:${id}`, `${t('page.site')}: ${name}`] as const),
    ...(groups.data?.items ?? []).map(({ id, name }) => [`group:${id}`, `${t('page.group')}: ${name}`] as const),
    ...(services.data?.items ?? []).map(({ id, name }) => [`service:${id}`, `${t('page.service')}: ${name}`] as const),
    ...(targets.data?.items ?? []).map(({ id, name }) => [`target:${id}`, `${t('page.target')}: ${name}`] as const),
  ];
  return (
    <Select
      label={t('status.settings.place')}
      value={value}
      onChange={onChange}
      options={options}
      help={t('status.settings.placeHelp')}
    />
  );
}

type PartDraft = { id: string; name: string; place: string };

const freeId = (parts: readonly PartDraft[]) =>
  ['1', ...parts.map((_, n) => String(n + 2))].find((id) => !parts.some((one) => one.id === id)) as string;

function PageForm({ page, onDone, onCancel }: StatusFormProps & { page: StatusPageRow | null }) {
  const [draft, setDraft] = useState({
    ...{ slug: page?.slug ?? '', title: page?.title ?? '', intro: page?.intro ?? '', access: page?.access ?? 'login' },
    ...{ enabled: page?.enabled ?? false, zone: page?.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone },
  });
  const [parts, setParts] = useState<PartDraft[]>(
    page?.components.map(({ id, name, of, target }) => ({ id, name, place: `${of}:${target}` })) ?? [
      { id: '1', name: '', place: '' },
    ],
  );
  const [reason, setReason] = useState('');
  const { busy, problem, send } = useSend();
  const base = useBase('status-pages');
  const set = (change: Partial<typeof draft>) => setDraft((old) => ({ ...old, ...change }));
  const setPart = (id: string, change: Partial<PartDraft>) =>
    setParts((old) => old.map((one) => (one.id === id ? { ...one, ...change } : one)));
  const submit = async () => {
    const components = parts.map(({ id, name, place }) => {
      const [of = '', target = ''] = place.split(':');
      return { id, name, of, target };
    });
    const body = { ...draft, components, reason };
    const address = page ? `status-pages/${page.id}` : 'status-pages';
    if (await send(() => call(address, { method: page ? 'PATCH' : 'POST', body, base }))) onDone();
  };
  return (
    <div class="stack">
      <Form busy={busy} problem={problem} onSubmit={submit} word={t('status.settings.save')} onCancel={onCancel}>
        <div class="form-row">
          <Input
            label={t('status.settings.title')}
            value={draft.title}
            onInput={(title) => set({ title })}
            required
            maxLength={120}
          />
          <Input
            label={t('status.settings.slug')}
            help={<code>{`${location.origin}/status/${draft.slug || '…'}`}</code>}
            value={draft.slug}
            onInput={(slug) => set({ slug })}
            required
            maxLength={64}
          />
          <Select
            label={t('status.settings.access')}
            value={draft.access}
            onChange={(access) => set({ access: access as 'login' })}
            options={(['login', 'public'] as const).map((one) => [one, t(`status.settings.accesses.${one}`)] as const)}
          />
          <Input label={t('place.zone')} value={draft.zone} onInput={(zone) => set({ zone })} required maxLength={64} />
        </div>
        <Input
          label={t('status.settings.intro')}
          value={draft.intro}
          onInput={(intro) => set({ intro })}
          maxLength={1000}
        />
        {parts.map((part) => (
          <div class="form-row" key={part.id}>
            <Input
              label={t('status.settings.partName')}
              value={part.name}
              onInput={(name) => setPart(part.id, { name })}
              required
              maxLength={80}
            />
            <PlaceSelect value={part.place} onChange={(place) => setPart(part.id, { place })} />
          </div>
        ))}
        <p class="row">
          <button
            type="button"
            class="button slim"
            onClick={() => setParts([...parts, { id: freeId(parts), name: '', place: '' }])}
          >
            {t('status.settings.addPart')}
          </button>
          {parts.length > 1 && (
            <button type="button" class="button slim" onClick={() => setParts(parts.slice(0, -1))}>
              {t('status.settings.removePart')}
            </button>
          )}
        </p>
        <label class="row">
          <input
            type="checkbox"
            checked={draft.enabled}
            onChange={(event) => set({ enabled: event.currentTarget.checked })}
          />
          {t('status.settings.enabled')}
        </label>
        <Input label={t('stability.reason')} value={reason} onInput={setReason} maxLength={500} />
      </Form>
      {page && (
        <Delete
          name={page.title}
          warning={t('status.settings.deleteWarning')}
          address={`status-pages/${page.id}?${new URLSearchParams({ reason })}`}
          onDone={onDone}
        />
      )}
    </div>
  );
}

const instantOf = (text: string) => (text === '' ? null : new Date(text).getTime());

/** A new notice, or with `notice` one more word on it. */
function WordsForm({
  page,
  notice,
  onDone,
  onCancel,
}: StatusFormProps & { page: StatusPageRow; notice: number | null }) {
  const [title, setTitle] = useState('');
  const [component, setComponent] = useState('');
  const [words, setWords] = useState('');
  const [next, setNext] = useState('');
  const [ended, setEnded] = useState(false);
  const { busy, problem, send } = useSend();
  const submit = async () => {
    const said = { words, nextAt: instantOf(next) };
    const address = `status-pages/${page.id}/notices${notice === null ? '' : `/${notice}/updates`}`;
    const body = notice === null ? { ...said, title, component } : { ...said, ended };
    if (await send(() => call(address, { method: 'POST', body }))) onDone();
  };
  return (
    <Form problem={problem} onSubmit={submit} busy={busy} word={t('status.settings.publish')} onCancel={onCancel}>
      {notice === null && (
        <div class="form-row">
          <Input label={t('status.settings.noticeTitle')} value={title} onInput={setTitle} required maxLength={120} />
          <Select
            label={t('status.settings.part')}
            value={component}
            onChange={setComponent}
            options={[['', t('status.allParts')], ...page.components.map(({ id, name }) => [id, name] as const)]}
          />
        </div>
      )}
      <Words label={t('status.settings.words')} value={words} onInput={setWords} />
      <Input label={t('status.settings.next')} type="datetime-local" value={next} onInput={setNext} />
      {notice !== null && (
        <label class="row">
          <input type="checkbox" checked={ended} onChange={(event) => setEnded(event.currentTarget.checked)} />
          {t('status.settings.over')}
        </label>
      )}
    </Form>
  );
}

function PageItem({ page, reload }: { page: StatusPageRow; reload: () => void }) {
  const [open, setOpen] = useState<'page' | 'notice' | number | null>(null);
  const done = () => {
    setOpen(null);
    reload();
  };
  const cancel = () => setOpen(null);
  return (
    <li class="box-body stack-2">
      <div class="spread">
        <span>
          {page.enabled ? <a href={`/status/${page.slug}`}>{page.title}</a> : <strong>{page.title}</strong>}{' '}
          <span class="tag">
            {page.enabled ? t(`status.settings.accesses.${page.access}`) : t('report.schedule.off')}
          </span>
          <div class="quiet small">
            /status/{page.slug} · {actorName(page.updatedBy)} <Moment at={page.updatedAt} />
          </div>
        </span>
        <span class="row">
          <button type="button" class="button slim" onClick={() => setOpen('notice')}>
            {t('status.settings.newNotice')}
            <span class="unseen"> {page.title}</span>
          </button>
          {may('admin') && (
            <button type="button" class="button slim" onClick={() => setOpen('page')}>
              {t('report.schedule.edit')}
              <span class="unseen"> {page.title}</span>
            </button>
          )}
        </span>
      </div>
      {open === 'page' && <PageForm page={page} onDone={done} onCancel={cancel} />}
      {open === 'notice' && <WordsForm page={page} notice={null} onDone={done} onCancel={cancel} />}
      {page.notices
        .filter(({ endedAt }) => endedAt === null)
        .map(({ id, title, updates }) => (
          <div key={id} class="stack-2">
            <div class="spread">
              <span>
                {title} <span class="quiet small">{updates.at(-1)?.by}</span>
              </span>
              <button type="button" class="button slim" onClick={() => setOpen(id)}>
                {t('status.settings.sayMore')}
                <span class="unseen"> {title}</span>
              </button>
            </div>
            {open === id && <WordsForm page={page} notice={id} onDone={done} onCancel={cancel} />}
          </div>
        ))}
    </li>
  );
}

export function StatusSettings() {
  const loaded = useLoad<Page<StatusPageRow>>('status-pages');
  const [isNew, setIsNew] = useState(false);
  const done = () => {
    setIsNew(false);
    loaded.reload();
  };
  return (
    <Box
      title={t('status.settings.pages')}
      aside={
        may('admin') &&
        !isNew && (
          <button type="button" class="button slim" onClick={() => setIsNew(true)}>
            {t('status.settings.newPage')}
          </button>
        )
      }
      flush
    >
      {isNew && (
        <div class="box-body">
          <PageForm page={null} onDone={done} onCancel={() => setIsNew(false)} />
        </div>
      )}
      <Ready of={loaded} lines={2}>
        {({ items }) =>
          items.length === 0 ? (
            <p class="box-body quiet">{t('status.settings.none')}</p>
          ) : (
            <ul>
              {items.map((page) => (
                <PageItem key={page.id} page={page} reload={loaded.reload} />
              ))}
            </ul>
          )
        }
      </Ready>
    </Box>
  );
}
